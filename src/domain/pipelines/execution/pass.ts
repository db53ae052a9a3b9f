import { dayMs, minuteMs } from "#kernel/clock";

import type { PassesPort } from "../ports.ts";
import type { ExecutionParts, OpenExecution, OpenStep } from "./parts.ts";
import { targetElsewhere } from "./place.ts";

// After its time is over a step still has its grace, and says what it has to say.
const graceMs = 5 * minuteMs;
// In the line of a cluster. From its start on the time of the step counts.
const longestWaitMs = 7 * dayMs;

/** Where nobody signs in, nobody needs a pass. */
export const noPasses: PassesPort = {
  lend: async () => undefined,
  limit: async () => {},
  end: async () => {},
};

/** The token of an attempt, in the transaction that begins it; null where it needs none. */
export async function lendPass(
  parts: ExecutionParts,
  execution: Pick<OpenExecution, "id" | "project" | "actor">,
  step: Pick<OpenStep, "id" | "stage">,
): Promise<string | null> {
  const { stage } = step;
  const isHere = targetElsewhere(stage) === undefined;
  const token = await parts.passes.lend({
    step: step.id,
    project: execution.project,
    actor: execution.actor,
    through: `step ${stage.name} of execution ${execution.id}`,
    expiresAtMs: isHere
      ? endOfPass(parts, stage.settings.timeoutMs, parts.clock.nowMs())
      : parts.clock.nowMs() + longestWaitMs,
  });
  return token ?? null;
}

/** When the pass of an attempt ends whose first command began then. */
export function endOfPass(
  { stepTimeoutMs }: Pick<ExecutionParts, "stepTimeoutMs">,
  timeoutMs: number | null,
  startedAtMs: number,
): number {
  return startedAtMs + (timeoutMs ?? stepTimeoutMs) + graceMs;
}
