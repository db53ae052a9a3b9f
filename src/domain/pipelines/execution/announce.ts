import type { StepState } from "../entities.ts";
import type { PlannedStep } from "../store/steps.ts";
import type { ExecutionParts, OpenExecution } from "./parts.ts";

type Announcer = Pick<ExecutionParts, "ledger">;
type Announced = Pick<OpenExecution, "id" | "project" | "actor">;
type Ended = Pick<PlannedStep, "id" | "stage">;

export interface StepNews {
  readonly state: StepState;
  readonly durationMs: number;
  readonly reason: string;
}

/** Writes into the ledger that a step has ended. */
export async function announce(
  parts: Announcer,
  execution: Announced,
  step: Ended,
  news: StepNews,
): Promise<void> {
  await announceAll(parts, execution, [[step, news]]);
}

/** As `announce`, for many steps that ended together. */
export async function announceAll(
  parts: Announcer,
  execution: Announced,
  ended: readonly (readonly [step: Ended, news: StepNews])[],
): Promise<void> {
  await parts.ledger.appendAll(
    ended.map(([step, news]) => ({
      kind: "step.finished",
      subject: step.id,
      project: execution.project,
      actor: execution.actor,
      data: { execution: execution.id, stage: step.stage.name, ...news },
    })),
  );
}
