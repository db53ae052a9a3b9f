import { sql } from "kysely";

import type { Database } from "#kernel/db";

import type { MetricPoint, SeriesBucket } from "../entities.ts";
import { numberList } from "./bulk.ts";
import { toPoint } from "./runs.ts";

/** Where a page of a history begins: after this point. */
export interface HistoryCursor {
  readonly step: number;
  readonly atMs: number;
  readonly value: number;
  readonly isNan: number;
}

interface PointRow {
  step: number;
  at_ms: number;
  value: number;
  is_nan: number;
}

/** The points of one metric in order of (step, time, value). */
export async function readHistory(
  db: Database,
  where: { readonly run: number; readonly key: number; readonly name: string },
  page: { readonly after: HistoryCursor | undefined; readonly limit: number },
): Promise<{ points: MetricPoint[]; cursor: HistoryCursor | undefined }> {
  const { after } = page;
  const beyond =
    after === undefined
      ? sql``
      : sql`and (step, at_ms, value, is_nan) > (${after.step}, ${after.atMs}, ${after.value}, ${after.isNan})`;
  const { rows } = await sql<PointRow>`
    select step, at_ms, value, is_nan from metric_points where run = ${where.run} and key = ${where.key} ${beyond}
    order by step, at_ms, value, is_nan limit ${page.limit + 1}
  `.execute(db.query);
  const kept = rows.length > page.limit ? rows.slice(0, page.limit) : rows;
  const last = kept.at(-1);
  const cursor =
    rows.length > page.limit && last !== undefined
      ? { step: last.step, atMs: last.at_ms, value: last.value, isNan: last.is_nan }
      : undefined;
  return { points: kept.map((row) => toPoint(row, where.name)), cursor };
}

export interface HistoryExtent {
  readonly points: number;
  readonly fromStep: number;
  readonly toStep: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export async function readExtent(db: Database, run: number, key: number): Promise<HistoryExtent | undefined> {
  const { rows } = await sql<{
    points: number;
    from_step: number;
    to_step: number;
    from_ms: number;
    to_ms: number;
  }>`
    select count(*) as points, min(step) as from_step, max(step) as to_step, min(at_ms) as from_ms, max(at_ms) as to_ms
    from metric_points where run = ${run} and key = ${key}
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
  where: { readonly run: number; readonly key: number },
  extent: HistoryExtent,
  buckets: number,
): Promise<SeriesBucket[]> {
  // Where all steps are equal, the primary key goes on with the time, so both axes read in key order.
  const axis = extent.fromStep === extent.toStep ? sql.ref("at_ms") : sql.ref("step");
  const from = extent.fromStep === extent.toStep ? extent.fromMs : extent.fromStep;
  const to = extent.fromStep === extent.toStep ? extent.toMs : extent.toStep;
  const width = Math.max(1, Math.ceil((to - from + 1) / buckets));
  const { rows } = await sql<BucketRow>`
    with reduced as (
      select (${axis} - cast(${from} as bigint)) / cast(${width} as bigint) as bucket, count(*) as count, min(step) as from_step, max(step) as to_step,
        min(at_ms) as from_ms, max(at_ms) as to_ms, max(${axis}) as last_at,
        min(case when is_nan = 0 then value end) as min_value, max(case when is_nan = 0 then value end) as max_value
      from metric_points where run = ${where.run} and key = ${where.key} group by 1
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

/** The distinct steps of one metric. */
export async function readSteps(
  db: Database,
  where: { readonly run: number; readonly key: number },
  range: { readonly fromStep: number | undefined; readonly toStep: number | undefined },
): Promise<number[]> {
  const from = range.fromStep === undefined ? sql`` : sql`and step >= ${range.fromStep}`;
  const to = range.toStep === undefined ? sql`` : sql`and step <= ${range.toStep}`;
  const { rows } = await sql<{ step: number }>`
    select distinct step from metric_points where run = ${where.run} and key = ${where.key} ${from} ${to} order by step
  `.execute(db.query);
  return rows.map((row) => row.step);
}

export async function readAtSteps(
  db: Database,
  where: { readonly run: number; readonly key: number; readonly name: string },
  steps: readonly number[],
): Promise<MetricPoint[]> {
  const { rows } = await sql<PointRow>`
    select step, at_ms, value, is_nan from metric_points
    where run = ${where.run} and key = ${where.key} and step in ${numberList(db, steps)}
    order by step, at_ms, value, is_nan
  `.execute(db.query);
  return rows.map((row) => toPoint(row, where.name));
}
