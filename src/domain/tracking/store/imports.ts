import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongTexts } from "#kernel/search";

import { insertExperiment, readExperiment } from "./experiments.ts";
import type { StoredExperiment } from "./experiments.ts";

/** Inserts an experiment under the id it had elsewhere where that is a number and free; gives the id it has. */
export async function insertImportedExperiment(
  db: Database,
  wanted: string,
  row: Omit<StoredExperiment, "id" | "artifact_location">,
): Promise<number> {
  const id = /^\d{1,15}$/.test(wanted) ? Number(wanted) : undefined;
  if (id === undefined || (await readExperiment(db, id)) !== undefined) {
    return await insertExperiment(db, { ...row, artifact_location: null });
  }
  const artifact_location = `mlflow-artifacts:/${id}`;
  await db.query
    .insertInto("experiments")
    .values({ ...row, id, artifact_location })
    .execute();
  // PostgreSQL counts for itself: the next id it gives out must be above those given by hand.
  if (db.engine === "postgres") {
    await sql`
      select setval(pg_get_serial_sequence('experiments', 'id'), (select greatest(max(id), 1) from experiments))
    `.execute(db.query);
  }
  return id;
}

/** Of these runs those that are there, with the number of their experiment. */
export async function readKnownRuns(
  db: Database,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ run_id: string; experiment: number }>`
    select run_id, experiment from runs where ${amongTexts(db, sql`run_id`, runIds)}
  `.execute(db.query);
  return new Map(rows.map((row) => [row.run_id, row.experiment]));
}

export async function readKnownModels(
  db: Database,
  modelIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ model_id: string }>`
    select model_id from logged_models where ${amongTexts(db, sql`model_id`, modelIds)}
  `.execute(db.query);
  return new Set(rows.map((row) => row.model_id));
}

/** How many points each of these runs has; runs without any are absent. */
export async function countPoints(
  db: Database,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ run_id: string; points: number }>`
    select runs.run_id, count(*) as points from metric_points join runs on runs.id = metric_points.run
    where ${amongTexts(db, sql`runs.run_id`, runIds)} group by runs.run_id
  `.execute(db.query);
  return new Map(rows.map((row) => [row.run_id, Number(row.points)]));
}

export interface PointOfKey {
  readonly key: number;
  readonly step: number;
  readonly at_ms: number;
  readonly value: number;
  readonly is_nan: number;
}

/** All points of a run in pages, in no order that means anything to a reader. */
export async function* readAllPoints(db: Database, run: number): AsyncIterable<readonly PointOfKey[]> {
  let last: PointOfKey | undefined;
  for (;;) {
    const after =
      last === undefined
        ? sql``
        : sql`and (key, step, at_ms, value, is_nan) > (${last.key}, ${last.step}, ${last.at_ms}, ${last.value}, ${last.is_nan})`;
    const { rows } = await sql<PointOfKey>`
      select key, step, at_ms, value, is_nan from metric_points where run = ${run} ${after}
      order by key, step, at_ms, value, is_nan limit ${pageRows}
    `.execute(db.query);
    if (rows.length > 0) yield rows;
    if (rows.length < pageRows) return;
    last = rows.at(-1);
  }
}

const pageRows = 10_000;
