import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { and, byBytes } from "#kernel/search";
import type { Fragment } from "#kernel/search";

import { attributeKeys, tagKeys } from "../entities.ts";
import type { Aggregation, MetricFilter, MetricQuery, MetricView } from "../metrics.ts";
import { attributeText, numberIn } from "./conditions.ts";
import { inExperiments } from "./search.ts";

export interface MetricRow {
  /** Milliseconds at which the stretch of time begins; null when time was not divided. */
  readonly bucketMs: number | null;
  /** One cell for each dimension asked for. */
  readonly dimensions: readonly (string | null)[];
  /** One cell for each aggregation asked for. */
  readonly values: readonly (number | null)[];
}

/**
 * Aggregates a number over traces, spans or assessments. Percentiles are interpolated from ranks, which
 * both engines count alike; SQLite has no percentile of its own.
 */
export async function aggregate(
  db: Database,
  experiments: readonly number[],
  query: MetricQuery,
): Promise<MetricRow[]> {
  const groups = query.dimensions.map((dimension, index) => ({
    name: `dimension_${index}`,
    expression: dimensionOf(db, dimension),
  }));
  if (query.bucketMs !== undefined)
    groups.unshift({ name: "bucket", expression: bucketOf(query.view, query.bucketMs) });
  const names = groups.map(({ name }) => sql.ref(name));
  const partition = names.length === 0 ? sql`` : sql`partition by ${sql.join(names)}`;
  const cells = groups.map(({ name, expression }) => sql`${expression} as ${sql.ref(name)}, `);
  const comma = sql``;
  const outer = names.map((name) => sql`${name}, `);
  const values = query.aggregations.map(
    (aggregation, index) => sql`${aggregated(aggregation)} as ${sql.ref(`value_${index}`)}`,
  );
  const grouping =
    names.length === 0
      ? sql``
      : sql`group by ${sql.join(names)} order by ${sql.join(groups.map(({ name }) => (name === "bucket" ? sql.ref(name) : byBytes(db, sql.ref(name)))))}`;
  const { rows } = await sql<Record<string, string | number | null>>`
    select ${sql.join(outer, comma)} ${sql.join(values)} from (
      select chosen.*, row_number() over (${partition} order by number) - 1 as place, count(*) over (${partition}) as size
      from (
        select ${sql.join(cells, comma)} ${numberOf(query)} as number
        from ${sourceOf(query)}
        where ${and([inExperiments(db, experiments), ...whereOf(query)])}
      ) as chosen where number is not null
    ) as ranked ${grouping} limit ${query.limit}
  `.execute(db.query);
  return rows.map((row) => ({
    bucketMs: query.bucketMs === undefined ? null : Number(row["bucket"]),
    dimensions: query.dimensions.map((_, index) => toText(row[`dimension_${index}`])),
    values: query.aggregations.map((_, index) => toNumber(row[`value_${index}`])),
  }));
}

function sourceOf(query: MetricQuery): Fragment {
  switch (query.view) {
    case "TRACES":
      return isCounted(query)
        ? sql`traces join trace_measures as measured on measured.trace = traces.id and measured.key = ${query.metric}`
        : sql`traces`;
    case "SPANS":
      return isCounted(query)
        ? sql`traces join spans on spans.trace = traces.id join span_measures as measured
            on measured.trace = spans.trace and measured.span_id = spans.span_id and measured.key = ${query.metric}`
        : sql`traces join spans on spans.trace = traces.id`;
    case "ASSESSMENTS":
      return sql`traces join trace_assessments as given on given.trace = traces.id`;
  }
}

/** A token count or a cost: kept as a measure. */
function isCounted(query: MetricQuery): boolean {
  return /_(tokens|cost)$/.test(query.metric);
}

function numberOf(query: MetricQuery): Fragment {
  if (query.metric.endsWith("_count")) return sql`1.0`;
  if (isCounted(query)) return sql`measured.value`;
  if (query.metric === "assessment_value") {
    // The judges of MLflow say yes and no for true and false.
    return sql`case when given.value in ('true', '"yes"') then 1.0 when given.value in ('false', '"no"') then 0.0
      else ${numberIn(sql`given.value`)} end`;
  }
  return query.view === "SPANS"
    ? sql`cast(spans.duration_ns / 1000000 as double precision)`
    : sql`cast(traces.duration_ms as double precision)`;
}

function aggregated(aggregation: Aggregation): Fragment {
  switch (aggregation.kind) {
    case "COUNT":
      return sql`count(*)`;
    case "SUM":
      return sql`sum(number)`;
    case "AVG":
      return sql`avg(number)`;
    case "MIN":
      return sql`min(number)`;
    case "MAX":
      return sql`max(number)`;
    case "PERCENTILE": {
      const at = sql`(size - 1) * cast(${aggregation.percentile / 100} as double precision)`;
      return sql`sum(case when place = floor(${at}) then number * (1 - (${at} - floor(${at})))
        when place = floor(${at}) + 1 then number * (${at} - floor(${at})) else 0 end)`;
    }
  }
}

function bucketOf(view: MetricView, bucketMs: number): Fragment {
  const at = {
    TRACES: sql`traces.started_at_ms`,
    SPANS: sql`spans.started_at_us / 1000`,
    ASSESSMENTS: sql`given.created_at_ms`,
  }[view];
  // A literal: the same expression must be recognised as the same in every clause.
  return sql`(${at}) / ${sql.lit(bucketMs)} * ${sql.lit(bucketMs)}`;
}

function dimensionOf(db: Database, dimension: string): Fragment {
  switch (dimension) {
    case "trace_name":
      return sql`(select kept.value from trace_tags as kept where kept.trace = traces.id and kept.key = ${tagKeys.name})`;
    case "trace_status":
      return sql`traces.state`;
    case "span_name":
      return sql`spans.name`;
    case "span_type":
      return sql`spans.type`;
    case "span_status":
      return sql`spans.status`;
    case "span_model_name":
      return attributeText(db, attributeKeys.model);
    case "span_model_provider":
      return attributeText(db, attributeKeys.provider);
    case "assessment_name":
      return sql`given.name`;
    case "assessment_value":
      return sql`given.value`;
    default:
      throw new Error(`the dimension ${dimension} has no column`);
  }
}

function whereOf(query: MetricQuery): Fragment[] {
  return [
    ...(query.fromMs === undefined ? [] : [sql`traces.started_at_ms >= ${query.fromMs}`]),
    ...(query.toMs === undefined ? [] : [sql`traces.started_at_ms <= ${query.toMs}`]),
    ...query.filters.map(filterFragment),
  ];
}

function filterFragment(filter: MetricFilter): Fragment {
  if (filter.on === "trace.tag" || filter.on === "trace.metadata") {
    const table = sql.table(filter.on === "trace.tag" ? "trace_tags" : "trace_metadata");
    return sql`exists (select 1 from ${table} as kept
      where kept.trace = traces.id and kept.key = ${filter.key} and kept.value = ${filter.value})`;
  }
  const column = {
    "trace.status": sql`traces.state`,
    "span.name": sql`spans.name`,
    "span.status": sql`spans.status`,
    "span.type": sql`spans.type`,
    "assessment.name": sql`given.name`,
    "assessment.type": sql`given.kind`,
  }[filter.on];
  return sql`${column} = ${filter.value}`;
}

function toText(cell: string | number | null | undefined): string | null {
  return cell === null || cell === undefined ? null : String(cell);
}

function toNumber(cell: string | number | null | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
