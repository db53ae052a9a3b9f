import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers } from "#kernel/search";

import type { MetricPoint } from "../entities.ts";
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
    where run = ${where.run} and key = ${where.key} and ${amongNumbers(db, sql`step`, steps)}
    order by step, at_ms, value, is_nan
  `.execute(db.query);
  return rows.map((row) => toPoint(row, where.name));
}
