import type { Database } from "#kernel/db";

import type { ExecutionRecord, StepRecord } from "../entities.ts";
import { readExecutionRow, toExecution } from "./executions.ts";
import { stageOf, toStep } from "./steps.ts";

/** An execution without its steps, of which there may be very many. */
export async function readExecutionRecord(db: Database, id: string): Promise<ExecutionRecord | undefined> {
  const row = await readExecutionRow(db, id);
  if (row === undefined) return undefined;
  return toExecution(row);
}

export async function readStepRecord(db: Database, id: string): Promise<StepRecord | undefined> {
  const row = await db.query
    .selectFrom("execution_steps")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const execution = await readExecutionRecord(db, row.execution);
  if (execution === undefined) throw new Error(`the step ${id} has no execution`);
  return {
    execution,
    step: toStep(row),
    stage: stageOf(row),
    keyParts: row.key_parts === null ? null : JSON.parse(row.key_parts),
  };
}
