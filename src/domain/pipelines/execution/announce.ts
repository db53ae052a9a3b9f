import type { StepState } from "../entities.ts";
import type { PlannedStep } from "../store/steps.ts";
import type { ExecutionParts, OpenExecution } from "./parts.ts";

/** Writes into the ledger that a step has ended. */
export async function announce(
  parts: Pick<ExecutionParts, "ledger">,
  execution: Pick<OpenExecution, "id" | "project" | "actor">,
  step: Pick<PlannedStep, "id" | "stage">,
  data: { readonly state: StepState; readonly durationMs: number; readonly reason: string },
): Promise<void> {
  await parts.ledger.append({
    kind: "step.finished",
    subject: step.id,
    project: execution.project,
    actor: execution.actor,
    data: { execution: execution.id, stage: step.stage.name, ...data },
  });
}
