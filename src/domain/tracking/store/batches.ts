import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { insertRows, amongNumbers } from "#kernel/search";

import type { NewMetricPoint } from "../entities.ts";
import { problems } from "../problems.ts";
import type { Batch, KeyValue } from "../validation.ts";
import type { Keys } from "./keys.ts";
import type { StoredRun } from "./runs.ts";

/**
 * Adds a batch to a run, inside the caller's transaction. Sending it again changes nothing: points are
 * one row per distinct value, parameters must agree, tags are set.
 */
export async function saveBatch(db: Database, keys: Keys, run: StoredRun, batch: Batch): Promise<void> {
  const names = [...batch.metrics, ...batch.params, ...batch.tags].map((item) => item.key);
  const ids = await keys.idsOf(names);
  // Parameters last: they alone wait for an answer, and the rest goes out with them.
  await saveMetrics(db, [{ run: run.id, points: batch.metrics }], ids);
  await saveTags(db, run.id, batch.tags, ids);
  await saveParams(db, run, batch.params, ids);
}

/** Points of one run. */
export interface RunPoints {
  readonly run: number;
  readonly points: readonly NewMetricPoint[];
}

/** Adds points to several runs at once, inside the caller's transaction. */
export async function savePoints(db: Database, keys: Keys, runs: readonly RunPoints[]): Promise<void> {
  const names = runs.flatMap(({ points }) => points.map((point) => point.key));
  await saveMetrics(db, runs, await keys.idsOf(names));
}

type Ids = ReadonlyMap<string, number>;

export function idOf(ids: Ids, name: string): number {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`the key ${name} has no number`);
  return id;
}

async function saveMetrics(db: Database, runs: readonly RunPoints[], ids: Ids): Promise<void> {
  const rows = runs.flatMap(({ run, points }) => points.map((point) => toCells(run, point, ids)));
  if (rows.length === 0) return;
  await insertRows(db, "metric_points (run, key, step, at_ms, value, is_nan)", rows, "do nothing");
  await insertRows(
    db,
    "latest_metrics (run, key, step, at_ms, value, is_nan)",
    latestOf(runs).map(({ run, point }) => toCells(run, point, ids)),
    unlessOlder,
  );
}

/** What becomes of a latest point where there is one already. */
export const unlessOlder = `(run, key) do update set
  step = excluded.step, at_ms = excluded.at_ms, value = excluded.value, is_nan = excluded.is_nan
  where (excluded.step, excluded.at_ms, excluded.value)
    > (latest_metrics.step, latest_metrics.at_ms, latest_metrics.value)`;

/** One point for each run and key: a statement must not touch a row twice. */
function latestOf(runs: readonly RunPoints[]): readonly { run: number; point: NewMetricPoint }[] {
  const latest = new Map<number, Map<string, NewMetricPoint>>();
  for (const { run, points } of runs) {
    const ofRun = latest.get(run) ?? new Map<string, NewMetricPoint>();
    latest.set(run, ofRun);
    for (const point of points) {
      const before = ofRun.get(point.key);
      if (before === undefined || isLater(point, before)) ofRun.set(point.key, point);
    }
  }
  return [...latest].flatMap(([run, ofRun]) => [...ofRun.values()].map((point) => ({ run, point })));
}

function toCells(run: number, metric: NewMetricPoint, ids: Ids): number[] {
  const isNan = Number.isNaN(metric.value);
  return [run, idOf(ids, metric.key), metric.step, metric.atMs, isNan ? 0 : metric.value, isNan ? 1 : 0];
}

export function isLater(a: NewMetricPoint, b: NewMetricPoint): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.atMs !== b.atMs) return a.atMs > b.atMs;
  return (Number.isNaN(a.value) ? 0 : a.value) > (Number.isNaN(b.value) ? 0 : b.value);
}

async function saveParams(
  db: Database,
  run: StoredRun,
  params: readonly KeyValue[],
  ids: Ids,
): Promise<void> {
  if (params.length === 0) return;
  const wanted = new Map(params.map((param) => [idOf(ids, param.key), param]));
  const rows = [...wanted].map(([key, param]) => [run.id, key, param.value]);
  await insertRows(db, "run_params (run, key, value)", rows, "(run, key) do nothing");
  const kept = await sql<{ key: number; value: string }>`
    select key, value from run_params where run = ${run.id} and ${amongNumbers(db, sql`key`, [...wanted.keys()])}
  `.execute(db.query);
  for (const { key, value } of kept.rows) {
    const param = wanted.get(key);
    if (param === undefined || param.value === value) continue;
    throw new Problem(problems.param_immutable, {
      message:
        `Changing param values is not allowed. Param with key='${param.key}' was already logged with ` +
        `value='${value}' for run ID='${run.run_id}'. Attempted logging new value '${param.value}'.`,
    });
  }
}

async function saveTags(db: Database, run: number, tags: readonly KeyValue[], ids: Ids): Promise<void> {
  const last = new Map(tags.map((tag) => [tag.key, tag.value]));
  const rows = [...last].map(([key, value]) => [run, idOf(ids, key), value]);
  await insertRows(db, "run_tags (run, key, value)", rows, "(run, key) do update set value = excluded.value");
}

/** Whether there was one. */
export async function deleteTag(db: Database, run: number, key: number): Promise<boolean> {
  const deleted = await db.query
    .deleteFrom("run_tags")
    .where("run", "=", run)
    .where("key", "=", key)
    .returning("key")
    .execute();
  return deleted.length > 0;
}
