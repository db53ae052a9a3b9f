import { setTimeout as sleep } from "node:timers/promises";

import type { Execution, StepState } from "./entities.ts";
import type { PipelinesQuestions } from "./questions.ts";

/** What happens in an execution, as it happens. */
export type ExecutionNews =
  | {
      readonly event: "log";
      /** `environment` while the Python environment is built. */
      readonly data: {
        readonly stage: string;
        readonly step: string | null;
        readonly text: string;
        readonly nextByte: number;
      };
    }
  | {
      readonly event: "step";
      readonly data: {
        readonly stage: string;
        readonly step: string;
        readonly state: StepState;
        readonly reason: string;
      };
    }
  | { readonly event: "end"; readonly data: { readonly state: Execution["state"] } };

// The logs are files and another process may write them, so they are looked at rather than waited for.
const lookEveryMs = 200;

/** Follows an execution from its beginning to its end: every change of a step, and all that is printed. */
export async function* followExecution(
  questions: Pick<PipelinesQuestions, "getExecution" | "readLog" | "readEnvironmentLog">,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ExecutionNews> {
  const seen = new Map<string, { state: StepState; attempt: number; nextByte: number }>();
  let environmentByte = 0;
  while (!signal.aborted) {
    const execution = await questions.getExecution(id);
    const hasEnded = execution.state !== "queued" && execution.state !== "running";
    const environment = await questions.readEnvironmentLog(id, { fromByte: environmentByte });
    if (environment.text !== "") {
      environmentByte = environment.nextByte;
      yield { event: "log", data: { stage: "environment", step: null, ...environment } };
    }
    for (const step of execution.steps) {
      const before = seen.get(step.id) ?? { state: "waiting", attempt: 0, nextByte: 0 };
      const now = {
        state: step.state,
        attempt: step.attempt,
        nextByte: before.attempt === step.attempt ? before.nextByte : 0,
      };
      // Also when it ended between two looks: whoever follows sees every attempt begin.
      if (step.attempt > before.attempt) yield stepNews({ ...step, state: "running" });
      if (step.attempt > 0 && (step.state === "running" || before.state !== step.state)) {
        for (;;) {
          const part = await questions.readLog(step.id, { fromByte: now.nextByte });
          if (part.text === "") break;
          now.nextByte = part.nextByte;
          yield { event: "log", data: { stage: step.stage, step: step.id, ...part } };
        }
      }
      if (step.state !== before.state && step.state !== "running") yield stepNews(step);
      seen.set(step.id, now);
    }
    if (hasEnded) {
      yield { event: "end", data: { state: execution.state } };
      return;
    }
    // An execution of very many steps is not read five times a second.
    const restMs = Math.max(lookEveryMs, execution.steps.length / 4);
    await sleep(restMs, undefined, { signal }).catch(() => {});
  }
}

function stepNews(step: Execution["steps"][number]): ExecutionNews {
  return {
    event: "step",
    data: { stage: step.stage, step: step.id, state: step.state, reason: step.reason },
  };
}
