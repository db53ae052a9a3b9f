import { CompiledQuery } from "kysely";

import type { Database } from "#kernel/db";
import { cellArrays } from "#kernel/search";

import type { NewMetricPoint } from "../entities.ts";
import { latestOf, savePoints, toCells, unlessOlder } from "./batches.ts";
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
 * it is one way to the server and back, the commit with it.
 */
export async function addPoints(
  db: Database,
  keys: Keys,
  logged: readonly LoggedPoints[],
): Promise<ReadonlyMap<string, LoggedRun>> {
  if (db.engine === "postgres") return await addWithOneStatement(db, keys, logged);
  const runs = await readRuns(db, [...new Set(logged.map(({ runId }) => runId))]);
  const active = logged.flatMap(({ runId, points }) => {
    const run = runs.get(runId);
    return run?.state === "active" ? [{ run: run.id, points }] : [];
  });
  await savePoints(db, keys, active);
  return runs;
}

async function addWithOneStatement(
  db: Database,
  keys: Keys,
  logged: readonly LoggedPoints[],
): Promise<ReadonlyMap<string, LoggedRun>> {
  const runIds = [...new Set(logged.map(({ runId }) => runId))];
  const ids = await keys.idsOf(logged.flatMap(({ points }) => points.map((point) => point.key)));
  // The statement calls a run by its place in `runIds`, from 1, until it has found its number.
  const places = new Map(runIds.map((runId, at) => [runId, at + 1]));
  const placed = logged.map(({ runId, points }) => ({ run: places.get(runId) ?? 0, points }));
  const points = cellArrays(
    placed.flatMap(({ run, points }) => points.map((point) => toCells(run, point, ids))),
  );
  const latest = cellArrays(latestOf(placed).map(({ run, point }) => toCells(run, point, ids)));
  const types = [...points, ...latest].map(({ type }) => type);
  const parameters = [runIds, ...[...points, ...latest].map(({ value }) => value)];
  const { rows } = await db.query.executeQuery<LoggedRun>(CompiledQuery.raw(textOf(types), parameters));
  return new Map(rows.map((run) => [run.run_id, run]));
}

/** Which columns hold whole numbers only differs from call to call; most calls are alike. */
function textOf(types: readonly string[]): string {
  const arrays = types.map((type, at) => `$${at + 2}::${type}`);
  const given = (part: readonly string[]): string =>
    `select found.id, given.key, given.step, given.at_ms, given.value, given.is_nan
      from unnest(${part.join(", ")}) as given (place, key, step, at_ms, value, is_nan)
      join found on found.place = given.place where found.state = 'active'`;
  return `
    with found as (
      select runs.id, runs.run_id, runs.state, asked.place
      from unnest($1::text[]) with ordinality as asked (run_id, place) join runs on runs.run_id = asked.run_id
    ), added as (
      insert into metric_points (run, key, step, at_ms, value, is_nan) ${given(arrays.slice(0, 6))}
      on conflict do nothing
    ), last as (
      insert into latest_metrics (run, key, step, at_ms, value, is_nan) ${given(arrays.slice(6))}
      on conflict ${unlessOlder}
    )
    select id, run_id, state from found`;
}
