import { sql } from "kysely";

import type { Database } from "#kernel/db";

import type { SeriesBucket } from "../entities.ts";

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
): Promise<SeriesExtent | undefined> {
  const { rows } = await sql<{
    points: number;
    from_step: number;
    to_step: number;
    from_ms: number;
    to_ms: number;
  }>`
    select count(*) as points, min(step) as from_step, max(step) as to_step, min(at_ms) as from_ms, max(at_ms) as to_ms
    from metric_points where ${within(where, range)}
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
      from metric_points where ${within(where, range)} group by 1
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

function within({ run, key }: SeriesKey, { axis, from, to }: SeriesRange) {
  const column = sql.ref(axis === "time" ? "at_ms" : "step");
  return sql`run = ${run} and key = ${key}
    ${from === undefined ? sql`` : sql`and ${column} >= ${from}`} ${to === undefined ? sql`` : sql`and ${column} <= ${to}`}`;
}
