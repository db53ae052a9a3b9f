import type { Database } from "#kernel/db";

import type { Trial, TrialCounts, TrialState } from "../entities.ts";
import type { TrialRow } from "./schema.ts";

export async function insertTrial(
  db: Database,
  trial: Pick<Trial, "study" | "number" | "parameters" | "runId" | "createdAtMs">,
): Promise<void> {
  await db.query
    .insertInto("study_trials")
    .values({
      study: trial.study,
      number: trial.number,
      state: "running",
      parameters: JSON.stringify(trial.parameters),
      execution: null,
      run_id: trial.runId,
      objective_values: null,
      curve: "[]",
      rungs: "[]",
      reason: "",
      created_at_ms: trial.createdAtMs,
      ended_at_ms: null,
    })
    .execute();
}

/** By their numbers. */
export async function listTrials(db: Database, study: string): Promise<readonly Trial[]> {
  const rows = await db.query
    .selectFrom("study_trials")
    .selectAll()
    .where("study", "=", study)
    .orderBy("number")
    .execute();
  return rows.map(toTrial);
}

export async function setExecution(db: Database, trial: TrialName, execution: string): Promise<void> {
  await update(db, trial, { execution });
}

export async function setCurve(
  db: Database,
  trial: TrialName,
  { curve, rungs }: Pick<Trial, "curve" | "rungs">,
): Promise<void> {
  await update(db, trial, { curve: writeCurve(curve), rungs: JSON.stringify(rungs) });
}

/** False when it had ended already. */
export async function endTrial(
  db: Database,
  trial: TrialName,
  end: Pick<Trial, "state" | "values" | "reason"> & { readonly nowMs: number },
): Promise<boolean> {
  return await update(db, trial, {
    state: end.state,
    objective_values: end.values === null ? null : JSON.stringify(end.values),
    reason: end.reason,
    ended_at_ms: end.nowMs,
  });
}

/** For each study how many of its trials are in which state. */
export async function countTrials(
  db: Database,
  studies: readonly string[],
): Promise<ReadonlyMap<string, TrialCounts>> {
  if (studies.length === 0) return new Map();
  const rows = await db.query
    .selectFrom("study_trials")
    .select(["study", "state", (build) => build.fn.countAll<number>().as("count")])
    .where("study", "in", studies)
    .groupBy(["study", "state"])
    .execute();
  return new Map(
    studies.map((study) => {
      const countOf = (state: TrialState): number =>
        Number(rows.find((row) => row.study === study && row.state === state)?.count ?? 0);
      return [
        study,
        {
          running: countOf("running"),
          complete: countOf("complete"),
          pruned: countOf("pruned"),
          failed: countOf("failed"),
          cancelled: countOf("cancelled"),
        },
      ];
    }),
  );
}

type TrialName = Pick<Trial, "study" | "number">;

async function update(db: Database, { study, number }: TrialName, set: Partial<TrialRow>): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("study_trials")
    .set(set)
    .where("study", "=", study)
    .where("number", "=", number)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

const states: readonly TrialState[] = ["running", "complete", "pruned", "failed", "cancelled"];

function toTrial(row: TrialRow): Trial {
  const state = states.find((known) => known === row.state);
  if (state === undefined) throw new Error(`a trial has the unknown state ${row.state}`);
  return {
    study: row.study,
    number: row.number,
    state,
    parameters: JSON.parse(row.parameters),
    execution: row.execution,
    runId: row.run_id,
    values: row.objective_values === null ? null : JSON.parse(row.objective_values),
    curve: readCurve(row.curve),
    rungs: JSON.parse(row.rungs),
    reason: row.reason,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}

// JSON has no NaN, and a diverged step is worth keeping: it is null in the row.
function writeCurve(curve: Trial["curve"]): string {
  return JSON.stringify(curve.map(([step, value]) => [step, Number.isNaN(value) ? null : value]));
}

function readCurve(text: string): Trial["curve"] {
  const points: readonly (readonly [number, number | null])[] = JSON.parse(text);
  return points.map(([step, value]) => [step, value ?? Number.NaN]);
}
