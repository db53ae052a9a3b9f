import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers, and, byBytes, isBeyond, orderBy, packToken, unpackToken } from "#kernel/search";
import type { Fragment, SortColumn } from "#kernel/search";

import type { TracePage } from "../entities.ts";
import { isNumeric } from "../grammar.ts";
import type { TraceCondition, TraceOrdering } from "../grammar.ts";
import { attributeColumns, toFragments } from "./conditions.ts";
import { completeTraces } from "./traces.ts";
import type { StoredTrace } from "./traces.ts";

export interface TraceQuery {
  readonly experiments: readonly number[];
  readonly conditions: readonly TraceCondition[];
  readonly orderings: readonly TraceOrdering[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

/** Finds traces, newest first after all orderings. */
export async function searchTraces(db: Database, query: TraceQuery): Promise<TracePage> {
  const signature = [query.experiments, query.conditions, query.orderings];
  const columns = toColumns(db, query.orderings);
  const key =
    query.pageToken === undefined ? undefined : unpackToken(signature, query.pageToken, columns.length);
  if (query.experiments.length === 0) return { items: [], nextPageToken: undefined };
  const where = and([
    inExperiments(db, query.experiments),
    ...toFragments(db, query.conditions),
    ...(key === undefined ? [] : [isBeyond(columns, key)]),
  ]);
  const sortCells = columns.map((column, index) => sql`${column.expression} as ${sql.ref(`sort_${index}`)}`);
  const { rows } = await sql<StoredTrace & Record<string, string | number | null>>`
    select traces.*, experiments.project, ${sql.join(sortCells)}
    from traces join experiments on experiments.id = traces.experiment
    where ${where} order by ${orderBy(columns)} limit ${query.limit + 1}
  `.execute(db.query);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const isLast = rows.length <= query.limit || last === undefined;
  return {
    items: await completeTraces(db, page),
    nextPageToken: isLast
      ? undefined
      : packToken(
          signature,
          columns.map((_, index) => last[`sort_${index}`] ?? 0),
        ),
  };
}

/** The experiments whose traces a project shows. */
export async function experimentsOf(db: Database, project: string): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from experiments where project = ${project} and state = 'active' order by id
  `.execute(db.query);
  return rows.map((row) => row.id);
}

/** One experiment is compared, not looked up in a list: only so the index gives the order too. */
export function inExperiments(db: Database, experiments: readonly number[]): Fragment {
  const [only, ...others] = experiments;
  return others.length === 0
    ? sql`traces.experiment = ${only ?? -1}`
    : amongNumbers(db, sql`traces.experiment`, experiments);
}

function toColumns(db: Database, orderings: readonly TraceOrdering[]): SortColumn[] {
  const columns = orderings.flatMap((ordering) => orderingColumns(db, ordering));
  const isOrdered = (key: string): boolean =>
    orderings.some(({ field }) => field.of === "attribute" && field.key === key);
  if (!isOrdered("timestamp_ms"))
    columns.push({ expression: attributeColumns.timestamp_ms, descending: true });
  if (!isOrdered("request_id"))
    columns.push({ expression: byBytes(db, attributeColumns.request_id), descending: false });
  return columns;
}

const neverNull: readonly string[] = ["request_id", "timestamp_ms", "end_time_ms", "status", "experiment_id"];

/** Traces without the value come last in both directions. */
function orderingColumns(db: Database, { field, descending }: TraceOrdering): SortColumn[] {
  const value = orderingValue(field);
  const comparable = isNumeric(field) ? value : byBytes(db, value);
  if (field.of === "attribute" && neverNull.includes(field.key))
    return [{ expression: comparable, descending }];
  const filled = isNumeric(field) ? sql`coalesce(${value}, 0)` : byBytes(db, sql`coalesce(${value}, '')`);
  return [
    { expression: sql`case when ${value} is null then 1 else 0 end`, descending: false },
    { expression: filled, descending },
  ];
}

function orderingValue(field: TraceOrdering["field"]): Fragment {
  if (field.of === "attribute") return attributeColumns[field.key];
  if (field.of !== "tag" && field.of !== "metadata")
    throw new Error(`traces are not ordered by a ${field.of}`);
  const table = sql.table(field.of === "tag" ? "trace_tags" : "trace_metadata");
  return sql`(select kept.value from ${table} as kept where kept.trace = traces.id and kept.key = ${field.key})`;
}

/** How many traces meet each of two filters, both, and the base they are looked at in. */
export async function countTraces(
  db: Database,
  query: {
    readonly experiments: readonly number[];
    readonly base: readonly TraceCondition[];
    readonly first: readonly TraceCondition[];
    readonly second: readonly TraceCondition[];
  },
): Promise<{ total: number; first: number; second: number; both: number }> {
  const count = (fragments: readonly Fragment[]): Fragment =>
    sql`coalesce(sum(case when ${and(fragments)} then 1 else 0 end), 0)`;
  const first = toFragments(db, query.first);
  const second = toFragments(db, query.second);
  const where = and([inExperiments(db, query.experiments), ...toFragments(db, query.base)]);
  const { rows } = await sql<{ total: number; first: number; second: number; both: number }>`
    select count(*) as total, ${count(first)} as "first", ${count(second)} as "second",
      ${count([...first, ...second])} as "both"
    from traces where ${where}
  `.execute(db.query);
  const [row] = rows;
  if (row === undefined) throw new Error("a count gave no row");
  return {
    total: Number(row.total),
    first: Number(row.first),
    second: Number(row.second),
    both: Number(row.both),
  };
}
