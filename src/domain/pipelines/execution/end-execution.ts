import type { Failure } from "../entities.ts";
import { endExecution, purposeOf, readExecutionRow } from "../store/executions.ts";
import type { ExecutionRow } from "../store/schema.ts";
import { endWaitingSteps, readStepRow } from "../store/steps.ts";
import type { ExecutionParts } from "./parts.ts";

export interface Ending {
  readonly state: "succeeded" | "failed" | "cancelled";
  /** The step that failed first. */
  readonly failed?: { readonly id: string; readonly stage: string };
  readonly failure?: Failure;
}

/**
 * Ends an execution in the caller's transaction. Steps that were never begun get no row for it: why they
 * were not follows from what the execution ended with.
 */
export async function endInTransaction(
  parts: Pick<ExecutionParts, "db" | "ledger" | "clock">,
  row: ExecutionRow,
  ending: Ending,
  actor: string = row.actor,
): Promise<void> {
  const { db, clock } = parts;
  const nowMs = clock.nowMs();
  const isCancelled = ending.state === "cancelled";
  await endWaitingSteps(db, row.id, {
    state: isCancelled ? "cancelled" : "skipped",
    reason: isCancelled ? await reasonToCancel(parts, row.id) : reasonToSkip(ending),
    nowMs,
  });
  const failure =
    ending.failure ?? (ending.failed === undefined ? null : await failureOfStep(parts, ending.failed.id));
  await endExecution(db, row.id, { state: ending.state, failure, nowMs });
  await parts.ledger.append({
    kind: "execution.finished",
    subject: row.id,
    project: row.project,
    actor,
    data: {
      state: ending.state,
      purpose: purposeOf(row),
      complete: row.complete === 1,
      ...(ending.failed === undefined ? {} : { failedStage: ending.failed.stage }),
    },
  });
}

/** As it stands now: whoever cancels does so while somebody else works on the execution. */
async function reasonToCancel({ db }: Pick<ExecutionParts, "db">, id: string): Promise<string> {
  return (await readExecutionRow(db, id))?.cancel_reason ?? "The execution was cancelled.";
}

function reasonToSkip({ failed, failure }: Ending): string {
  if (failed !== undefined) return `It was not begun again, because "${failed.stage}" had failed.`;
  return failure === undefined ? "It was left out." : "The execution failed before it began.";
}

async function failureOfStep(parts: Pick<ExecutionParts, "db">, id: string): Promise<Failure | null> {
  const row = await readStepRow(parts.db, id);
  return row === undefined || row.failure === null ? null : JSON.parse(row.failure);
}
