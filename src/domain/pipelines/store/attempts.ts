import type { Database } from "#kernel/db";

import type { EarlierAttempt } from "../entities.ts";
import type { AttemptRow } from "./schema.ts";

export async function insertAttempt(
  db: Database,
  attempt: EarlierAttempt & { readonly step: string; readonly execution: string },
): Promise<void> {
  const row: AttemptRow = {
    step: attempt.step,
    attempt: attempt.attempt,
    execution: attempt.execution,
    outcome: attempt.outcome,
    exit_code: attempt.exitCode,
    reason: attempt.reason,
    run_id: attempt.runId,
    started_at_ms: attempt.startedAtMs,
    ended_at_ms: attempt.endedAtMs,
  };
  await db.query
    .insertInto("step_attempts")
    .values(row)
    .onConflict((conflict) => conflict.columns(["step", "attempt"]).doNothing())
    .execute();
}

/** By step, in their order. */
export async function listAttempts(
  db: Database,
  execution: string,
): Promise<ReadonlyMap<string, readonly EarlierAttempt[]>> {
  const rows = await db.query
    .selectFrom("step_attempts")
    .selectAll()
    .where("execution", "=", execution)
    .orderBy("step")
    .orderBy("attempt")
    .execute();
  const found = new Map<string, EarlierAttempt[]>();
  for (const row of rows) found.set(row.step, [...(found.get(row.step) ?? []), toAttempt(row)]);
  return found;
}

function toAttempt(row: AttemptRow): EarlierAttempt {
  return {
    attempt: row.attempt,
    outcome: row.outcome === "preempted" || row.outcome === "lost" ? row.outcome : "failed",
    exitCode: row.exit_code,
    reason: row.reason,
    runId: row.run_id,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}
