import { CompiledQuery } from "kysely";

import type { Database } from "#kernel/db";
import { cellArrays } from "#kernel/search";

import type { NewMetricPoint } from "../entities.ts";
import { idOf, isLater, savePoints, unlessOlder } from "./batches.ts";
import type { Keys } from "./keys.ts";
import { readRuns } from "./runs.ts";

/** What somebody logs to a run. */
export interface LoggedPoints {
  readonly runId: string;
  readonly points: readonly NewMetricPoint[];
}

/** As much of a run as logging to it needs. */
export interface LoggedRun {
  readonly id: number;
  readonly run_id: string;
  readonly state: string;
}

/**
 * Adds points to those of the runs that are active. Gives the runs there are, by their ids.
 *
 * On SQLite it needs the caller's transaction. On PostgreSQL it is one statement, so that without a transaction
 * it is one way to the server and back, the commit with it. It may fail because the same points came from another
 * process at the same moment; `isCareful` takes longer and does not.
 */
export async function addPoints(
  db: Database,
  keys: Keys,
  logged: readonly LoggedPoints[],
  { isCareful }: { readonly isCareful: boolean },
): Promise<ReadonlyMap<string, LoggedRun>> {
  if (db.engine === "postgres") return await addWithOneStatement(db, keys, logged, isCareful);
  const runs = await readRuns(db, [...new Set(logged.map(({ runId }) => runId))]);
  const active = logged.flatMap(({ runId, points }) => {
    const run = runs.get(runId);
    return run?.state === "active" ? [{ run: run.id, points }] : [];
  });
  await savePoints(db, keys, active);
  return runs;
}

/** The points of one metric of one run, as a statement is told them. */
interface Series {
  /** The place of the run in the list of runs, from 1: its number is found by the statement itself. */
  readonly place: number;
  readonly key: number;
  firstStep: number;
  /** Whether each point has a later step than the one before, so that no two of them are alike. */
  isRising: boolean;
  latest: NewMetricPoint;
}

async function addWithOneStatement(
  db: Database,
  keys: Keys,
  logged: readonly LoggedPoints[],
  isCareful: boolean,
): Promise<ReadonlyMap<string, LoggedRun>> {
  const runIds = [...new Set(logged.map(({ runId }) => runId))];
  const ids = await keys.idsOf(logged.flatMap(({ points }) => points.map((point) => point.key)));
  const series: Series[] = [];
  const known = new Map<string, number>();
  const rows: number[][] = [];
  for (const { runId, points } of logged) {
    const place = runIds.indexOf(runId) + 1;
    for (const point of points) {
      const key = idOf(ids, point.key);
      const at = known.get(`${place} ${key}`);
      const before = at === undefined ? undefined : series[at];
      if (at === undefined || before === undefined) {
        known.set(`${place} ${key}`, series.length);
        rows.push(toRow(series.length, point));
        series.push({ place, key, firstStep: point.step, isRising: !isCareful, latest: point });
        continue;
      }
      rows.push(toRow(at, point));
      before.isRising &&= point.step > before.latest.step;
      before.firstStep = Math.min(before.firstStep, point.step);
      if (isLater(point, before.latest)) before.latest = point;
    }
  }
  const columns = [
    ...cellArrays(
      series.map(({ place, key, firstStep, isRising }, at) => [at, place, key, firstStep, isRising ? 1 : 0]),
    ),
    ...cellArrays(rows),
    ...cellArrays(series.map(({ latest }, at) => toRow(at, latest))),
  ];
  const text = textOf(columns.map(({ type }) => type));
  const parameters = [runIds, ...columns.map(({ value }) => value)];
  const { rows: runs } = await db.query.executeQuery<LoggedRun>(CompiledQuery.raw(text, parameters));
  return new Map(runs.map((run) => [run.run_id, run]));
}

function toRow(series: number, point: NewMetricPoint): number[] {
  const isNan = Number.isNaN(point.value);
  return [series, point.step, point.atMs, isNan ? 0 : point.value, isNan ? 1 : 0];
}

/**
 * Which columns hold whole numbers only differs from call to call; most calls are alike.
 *
 * A series is ahead when all of its points come behind the latest there is: none of them can be there already, and
 * asking the index for each was half of the time (measured: 8 ms of 1000 points, 4.4 without).
 */
function textOf(types: readonly string[]): string {
  const arrays = types.map((type, at) => `$${at + 2}::${type}`);
  const [series, points, latest] = [arrays.slice(0, 5), arrays.slice(5, 10), arrays.slice(10)];
  return `
    with found as (
      select runs.id, runs.run_id, runs.state, asked.place
      from unnest($1::text[]) with ordinality as asked (run_id, place) join runs on runs.run_id = asked.run_id
    ), series as materialized (
      select given.series, found.id as run, given.key, given.is_rising = 1 and not exists (
        select 1 from latest_metrics as known
        where known.run = found.id and known.key = given.key and known.step >= given.first_step
      ) as is_ahead
      from unnest(${series.join(", ")}) as given (series, place, key, first_step, is_rising)
      join found on found.place = given.place where found.state = 'active'
    ), points as materialized (
      select series.run, series.key, given.step, given.at_ms, given.value, given.is_nan, series.is_ahead
      from unnest(${points.join(", ")}) as given (series, step, at_ms, value, is_nan)
      join series on series.series = given.series
    ), ahead as (
      insert into metric_points (run, key, step, at_ms, value, is_nan)
      select run, key, step, at_ms, value, is_nan from points where is_ahead
    ), others as (
      insert into metric_points (run, key, step, at_ms, value, is_nan)
      select run, key, step, at_ms, value, is_nan from points where not is_ahead
      on conflict do nothing
    ), last as (
      insert into latest_metrics (run, key, step, at_ms, value, is_nan)
      select series.run, series.key, given.step, given.at_ms, given.value, given.is_nan
      from unnest(${latest.join(", ")}) as given (series, step, at_ms, value, is_nan)
      join series on series.series = given.series
      on conflict ${unlessOlder}
    )
    select id, run_id, state from found`;
}
