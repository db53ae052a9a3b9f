import { z } from "zod";

import type { Query } from "./table.ts";
import { quoteName } from "./table.ts";

export type ColumnType = "text" | "integer" | "number" | "boolean" | "time";

/** What the values of a column look like. Numbers and times carry the numeric part, text the lengths. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: ColumnType;
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** As text, so that times and numbers read alike. */
  readonly minimum: string | null;
  readonly maximum: string | null;
  readonly mean: number | null;
  readonly standardDeviation: number | null;
  /** 5, 25, 50, 75 and 95 %. */
  readonly quantiles: readonly number[] | null;
  /** `edges` has one more entry than `counts`; the last bin includes its upper edge. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] } | null;
  /** The most frequent values, when there are few enough to mean something. */
  readonly top: readonly { readonly value: string; readonly count: number }[] | null;
}

const describeRow = z.object({ column_name: z.string(), column_type: z.string() });

/** The columns of a table and their types, mapped from DuckDB's. */
export async function readColumns(
  table: string,
  query: Query,
): Promise<{ readonly name: string; readonly type: ColumnType }[]> {
  const rows = await query(`describe select * from ${table}`, describeRow);
  return rows.map((row) => ({ name: row.column_name, type: columnType(row.column_type) }));
}

function columnType(duckdbType: string): ColumnType {
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT)/.test(duckdbType))
    return "integer";
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(duckdbType)) return "number";
  if (duckdbType === "BOOLEAN") return "boolean";
  if (/^(TIMESTAMP|DATE)/.test(duckdbType)) return "time";
  return "text";
}

const histogramBins = 24;
const topValues = 12;
const mostDistinctForTop = 200;

const summaryRow = z.object({
  count: z.number(),
  distinct_values: z.number(),
  minimum: z.string().nullable(),
  maximum: z.string().nullable(),
  mean: z.number().nullable(),
  standard_deviation: z.number().nullable(),
  quantiles: z.array(z.number()).nullable(),
  lowest: z.number().nullable(),
  highest: z.number().nullable(),
});

/** Profiles every column of a Parquet (or other) table of `rows` rows. */
export async function profileColumns(
  table: string,
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
  rows: number,
  query: Query,
): Promise<ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  for (const column of columns) profiles.push(await profileColumn(table, column, rows, query));
  return profiles;
}

async function profileColumn(
  table: string,
  column: { readonly name: string; readonly type: ColumnType },
  rows: number,
  query: Query,
): Promise<ColumnProfile> {
  const value = quoteName(column.name);
  const measure = measureOf(column.type, value);
  const [summary] = await query(
    `select count(${value}) as count, count(distinct ${value}) as distinct_values,
       min(${value})::varchar as minimum, max(${value})::varchar as maximum,
       avg(${measure}) as mean, stddev_samp(${measure}) as standard_deviation,
       quantile_cont(${measure}, [0.05, 0.25, 0.5, 0.75, 0.95]) as quantiles,
       min(${measure}) as lowest, max(${measure}) as highest
     from ${table}`,
    summaryRow,
  );
  if (summary === undefined) throw new Error(`no summary of ${column.name}`);
  const showsTop =
    column.type === "text" || column.type === "boolean"
      ? summary.distinct_values <= mostDistinctForTop
      : false;
  return {
    name: column.name,
    type: column.type,
    count: summary.count,
    missing: rows - summary.count,
    distinct: summary.distinct_values,
    minimum: column.type === "text" ? null : summary.minimum,
    maximum: column.type === "text" ? null : summary.maximum,
    mean: summary.mean,
    standardDeviation: summary.standard_deviation,
    quantiles: summary.quantiles,
    histogram:
      showsTop || summary.lowest === null || summary.highest === null
        ? null
        : await countBins(table, measure, summary.lowest, summary.highest, query),
    top: showsTop ? await countTop(table, value, query) : null,
  };
}

/** What is averaged and binned: the number itself, a time's milliseconds, a text's length in characters. */
function measureOf(type: ColumnType, value: string): string {
  switch (type) {
    case "integer":
    case "number":
      return `${value}::double`;
    case "time":
      return `epoch_ms(${value}::timestamp)::double`;
    case "text":
      return `length(${value})::double`;
    case "boolean":
      return `${value}::integer::double`;
  }
}

const binRow = z.object({ bin: z.number(), count: z.number() });

async function countBins(
  table: string,
  measure: string,
  lowest: number,
  highest: number,
  query: Query,
): Promise<{ edges: number[]; counts: number[] }> {
  const width = highest > lowest ? (highest - lowest) / histogramBins : 1;
  const rows = await query(
    `select least(floor((${measure} - ${lowest}) / ${width}), ${histogramBins - 1})::integer as bin, count(*) as count
     from ${table} where ${measure} is not null group by bin order by bin`,
    binRow,
  );
  const counts = Array.from({ length: histogramBins }, () => 0);
  for (const row of rows) counts[row.bin] = row.count;
  return { edges: Array.from({ length: histogramBins + 1 }, (_, index) => lowest + index * width), counts };
}

const topRow = z.object({ value: z.string(), count: z.number() });

async function countTop(
  table: string,
  value: string,
  query: Query,
): Promise<{ value: string; count: number }[]> {
  return await query(
    `select ${value}::varchar as value, count(*) as count from ${table}
     where ${value} is not null group by 1 order by count desc, value limit ${topValues}`,
    topRow,
  );
}
