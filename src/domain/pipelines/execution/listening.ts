import { join } from "node:path";

import type { Failure, KeyParts } from "../entities.ts";
import type { ListeningToStep, StepAttempt, StepEnding } from "../ports.ts";
import type { ExecutionParts, OpenExecution, OpenStep } from "./parts.ts";
import { targetElsewhere } from "./place.ts";

/** All listeners of one attempt as one. */
export interface Listening {
  readonly variables: Readonly<Record<string, string>>;
  onLine(line: string): void;
  /** What the listeners know better of why it failed; undefined when they know nothing. */
  end(ending: StepEnding): Promise<BetterFailure | undefined>;
}

export interface BetterFailure {
  readonly failure: Failure;
  readonly lastLines?: readonly string[];
}

/**
 * Tells the listeners that an attempt begins. Whatever goes wrong in one of them is written to the
 * server's log and goes no further: what a step reports must not decide how it ends.
 */
export async function listenToStep(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
  of: {
    readonly runId: string;
    readonly token: string | null;
    readonly params: KeyParts["params"];
  },
): Promise<Listening> {
  const log = { step: step.id, attempt: step.attempt };
  const attempt: StepAttempt = {
    project: execution.project,
    execution: execution.id,
    step: step.id,
    stage: step.stage,
    attempt: step.attempt,
    isElsewhere: targetElsewhere(step.stage) !== undefined,
    ...of,
    actor: execution.actor,
    folder: execution.workspace.folder,
    scratchFolder: join(execution.workspace.folder, "..", "listening", `${step.id}.${step.attempt}`),
    say: async (line) => await parts.logs.append(execution.id, log, `${line}\n`),
  };
  const open: ListeningToStep[] = [];
  for (const listener of parts.listeners) {
    await guarded(parts, async () => void open.push(await listener.listen(attempt)));
  }
  return {
    variables: Object.assign({}, ...open.map(({ variables }) => variables)),
    onLine(line) {
      for (const listening of open) listening.onLine?.(line);
    },
    async end(ending) {
      let better: BetterFailure | undefined;
      for (const listening of open) {
        await guarded(parts, async () => {
          better = (await listening.end(ending)) ?? better;
        });
      }
      return better;
    },
  };
}

async function guarded(parts: ExecutionParts, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    parts.log.error("what a step reports could not be heard", { error });
  }
}
