import { sql } from "kysely";

import type { Database } from "#kernel/db";

import type { SeriesBucket } from "../entities.ts";
import type { HistoryCursor } from "./history.ts";

export interface SeriesKey {
  readonly run: number;
  readonly key: number;
}

/** What part of a series is wanted: between two steps or two moments, both included; all of it when absent. */
export interface SeriesRange {
  readonly axis: "step" | "time";
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface SeriesExtent {
  readonly points: number;
  readonly fromStep: number;
  readonly toStep: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export async function readExtent(
  db: Database,
  where: SeriesKey,
  range: SeriesRange,
  bounds?: { readonly fromStep: number },
): Promise<SeriesExtent | undefined> {
  const { rows } = await sql<{
    points: number;
    from_step: number;
    to_step: number;
    from_ms: number;
    to_ms: number;
  }>`
    select count(*) as points, min(step) as from_step, max(step) as to_step, min(at_ms) as from_ms, max(at_ms) as to_ms
    from metric_points where ${within(where, range)} ${bounds === undefined ? sql`` : sql`and step >= ${bounds.fromStep}`}
  `.execute(db.query);
  const row = rows[0];
  if (row === undefined || row.points === 0) return undefined;
  return {
    points: row.points,
    fromStep: row.from_step,
    toStep: row.to_step,
    fromMs: row.from_ms,
    toMs: row.to_ms,
  };
}

interface BucketRow {
  count: number;
  from_step: number;
  to_step: number;
  from_ms: number;
  to_ms: number;
  min_value: number | null;
  max_value: number | null;
  last_value: number | null;
}

/** Cuts a series into at most `buckets` stretches of equal width and reduces each inside the database. */
export async function readBuckets(
  db: Database,
  where: SeriesKey,
  range: SeriesRange,
  extent: SeriesExtent,
  buckets: number,
): Promise<SeriesBucket[]> {
  const axis = sql.ref(range.axis === "time" ? "at_ms" : "step");
  const from = range.axis === "time" ? extent.fromMs : extent.fromStep;
  const to = range.axis === "time" ? extent.toMs : extent.toStep;
  const width = Math.max(1, Math.ceil((to - from + 1) / buckets));
  const { rows } = await sql<BucketRow>`
    with reduced as (
      select (${axis} - cast(${from} as bigint)) / cast(${width} as bigint) as bucket, count(*) as count, min(step) as from_step, max(step) as to_step,
        min(at_ms) as from_ms, max(at_ms) as to_ms, max(${axis}) as last_at,
        min(case when is_nan = 0 then value end) as min_value, max(case when is_nan = 0 then value end) as max_value
      from metric_points where ${within(where, range)} and step between ${extent.fromStep} and ${extent.toStep} group by 1
    )
    select reduced.*, (
      select value from metric_points as point
      where point.run = ${where.run} and point.key = ${where.key} and point.${axis} = reduced.last_at
        and is_nan = 0 and step between reduced.from_step and reduced.to_step
      order by step desc, at_ms desc, value desc limit 1
    ) as last_value
    from reduced order by bucket
  `.execute(db.query);
  return rows.map((row) => ({
    fromStep: row.from_step,
    toStep: row.to_step,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    count: row.count,
    min: row.min_value,
    max: row.max_value,
    last: row.last_value ?? row.max_value,
  }));
}

/** The points of a range, each as a stretch of its own: those within another stretch, or those behind a point. */
export async function readPoints(
  db: Database,
  where: SeriesKey,
  range: SeriesRange,
  which: { readonly within: SeriesBucket } | { readonly after: HistoryCursor },
): Promise<SeriesBucket[]> {
  const chosen =
    "within" in which
      ? sql`step between ${which.within.fromStep} and ${which.within.toStep}
          and at_ms between ${which.within.fromMs} and ${which.within.toMs}`
      : sql`(step, at_ms, value, is_nan) > (${which.after.step}, ${which.after.atMs}, ${which.after.value}, ${which.after.isNan})`;
  const { rows } = await sql<{ step: number; at_ms: number; value: number; is_nan: number }>`
    select step, at_ms, value, is_nan from metric_points where ${within(where, range)} and ${chosen}
    order by step, at_ms, value, is_nan
  `.execute(db.query);
  return rows.map(({ step, at_ms: atMs, value, is_nan: isNan }) => {
    const own = isNan === 1 ? null : value;
    return {
      fromStep: step,
      toStep: step,
      fromMs: atMs,
      toMs: atMs,
      count: 1,
      min: own,
      max: own,
      last: own,
    };
  });
}

/** Whether a series has more than so many points, or more than so many behind a point; counts no further. */
export async function hasMoreThan(
  db: Database,
  { run, key }: SeriesKey,
  after: HistoryCursor | undefined,
  points: number,
): Promise<boolean> {
  const beyond =
    after === undefined
      ? sql``
      : sql`and (step, at_ms, value, is_nan) > (${after.step}, ${after.atMs}, ${after.value}, ${after.isNan})`;
  const { rows } = await sql`
    select step from metric_points where run = ${run} and key = ${key} ${beyond}
    order by step, at_ms, value, is_nan limit 1 offset ${points}
  `.execute(db.query);
  return rows.length > 0;
}

function within({ run, key }: SeriesKey, { axis, from, to }: SeriesRange) {
  const column = sql.ref(axis === "time" ? "at_ms" : "step");
  return sql`run = ${run} and key = ${key}
    ${from === undefined ? sql`` : sql`and ${column} >= ${from}`} ${to === undefined ? sql`` : sql`and ${column} <= ${to}`}`;
}
