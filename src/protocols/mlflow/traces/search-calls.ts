import { z } from "zod";

import type { Aggregation, MetricRow } from "#traces";

import { defineCall } from "../calls.ts";
import type { Call } from "../calls.ts";
import { nextToken, pageSize } from "../experiments.ts";
import { array, double, integer, invalid, list, missingParameter, text, wireNumber } from "../wire.ts";
import { location, presentOldTraceInfo, presentTraceInfo } from "./infos.ts";
import { visibleExperiments } from "./parts.ts";
import type { TraceParts } from "./parts.ts";
import { enumeration } from "./times.ts";

const mostPerPage = 500;
const search = {
  filter: text.default(""),
  max_results: integer.default(100),
  order_by: list(text),
  page_token: text.default(""),
};

/** What is asked about many traces. */
export function createTraceSearchCalls(parts: TraceParts): readonly Call[] {
  const { traces } = parts;
  return [
    defineCall({
      version: "3.0",
      method: "POST",
      path: "/mlflow/traces/search",
      permission: "run:read",
      summary: "Searches traces.",
      input: z.object({ ...search, locations: array(location) }),
      async handler(input, caller) {
        const limit = pageSize(input.max_results, mostPerPage);
        if (input.locations.length === 0) throw missingParameter("locations");
        const asked = input.locations.flatMap((place) => place.mlflow_experiment?.experiment_id ?? []);
        const experimentIds = await visibleExperiments(parts, asked, caller);
        const page = await traces.searchTraces({ ...toSearch(input), experimentIds, limit });
        return { traces: page.items.map(presentTraceInfo), ...nextToken(page.nextPageToken) };
      },
    }),
    defineCall({
      method: "GET",
      path: "/mlflow/traces",
      permission: "run:read",
      summary: "Searches traces, for clients before 3.0.",
      input: z.object({ ...search, experiment_ids: list(text) }),
      async handler(input, caller) {
        const limit = pageSize(input.max_results, mostPerPage);
        if (input.experiment_ids.length === 0) throw missingParameter("experiment_ids");
        const experimentIds = await visibleExperiments(parts, input.experiment_ids, caller);
        const page = await traces.searchTraces({ ...toSearch(input), experimentIds, limit });
        return { traces: page.items.map(presentOldTraceInfo), ...nextToken(page.nextPageToken) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "POST",
      path: "/mlflow/traces/calculate-filter-correlation",
      permission: "run:read",
      summary: "Says whether two filters tend to hold for the same traces.",
      input: z.object({
        experiment_ids: array(text),
        filter_string1: text,
        filter_string2: text,
        base_filter: text.default(""),
      }),
      async handler(input, caller) {
        const found = await traces.correlateFilters({
          experimentIds: await visibleExperiments(parts, input.experiment_ids, caller),
          first: input.filter_string1,
          second: input.filter_string2,
          base: input.base_filter,
        });
        return {
          npmi: wireNumber(found.npmi),
          npmi_smoothed: wireNumber(found.npmiSmoothed),
          filter1_count: found.first,
          filter2_count: found.second,
          joint_count: found.both,
          total_count: found.total,
        };
      },
    }),
    createMetricCall(parts),
  ];
}

function toSearch(input: { filter: string; order_by: readonly string[]; page_token: string }) {
  return {
    filter: input.filter,
    orderBy: input.order_by,
    pageToken: input.page_token === "" ? undefined : input.page_token,
  };
}

// The numbers of the protocol begin at 1.
const view = enumeration(["", "TRACES", "SPANS", "ASSESSMENTS"]);
const aggregationType = enumeration(["", "COUNT", "SUM", "AVG", "PERCENTILE", "MIN", "MAX"]);
const mostPoints = 1_000;

function createMetricCall(parts: TraceParts): Call {
  return defineCall({
    version: "3.0",
    method: "POST",
    path: "/mlflow/traces/metrics",
    permission: "run:read",
    summary: "Counts, sums and averages over traces, spans or assessments.",
    input: z.object({
      experiment_ids: array(text),
      view_type: view,
      metric_name: text,
      aggregations: array(
        z.object({ aggregation_type: aggregationType, percentile_value: double.optional() }),
      ),
      dimensions: array(text),
      filters: array(text),
      time_interval_seconds: integer.optional(),
      start_time_ms: integer.optional(),
      end_time_ms: integer.optional(),
      max_results: integer.default(mostPoints),
    }),
    async handler(input, caller) {
      if (input.experiment_ids.length === 0) throw missingParameter("experiment_ids");
      if (input.aggregations.length === 0) throw missingParameter("aggregations");
      if (input.view_type === "") throw missingParameter("view_type");
      const aggregations = input.aggregations.map(readAggregation);
      const rows = await parts.traces.traceMetrics({
        experimentIds: await visibleExperiments(parts, input.experiment_ids, caller),
        view: input.view_type,
        metric: input.metric_name,
        aggregations,
        dimensions: input.dimensions,
        filters: input.filters,
        bucketMs: bucketOf(input),
        fromMs: input.start_time_ms,
        toMs: input.end_time_ms,
        limit: pageSize(input.max_results, mostPoints),
      });
      const labels = aggregations.map(labelOf);
      return {
        data_points: rows.flatMap((row) => presentPoint(input.metric_name, input.dimensions, labels, row)),
      };
    },
  });
}

function bucketOf(input: {
  time_interval_seconds?: number | undefined;
  start_time_ms?: number | undefined;
  end_time_ms?: number | undefined;
}): number | undefined {
  const seconds = input.time_interval_seconds;
  if (seconds === undefined || seconds === 0) return undefined;
  if (input.start_time_ms === undefined || input.end_time_ms === undefined)
    throw invalid("start_time_ms and end_time_ms are required if time_interval_seconds is set");
  if (seconds < 0 || seconds > 1e9)
    throw invalid("time_interval_seconds must be a positive number of seconds");
  return seconds * 1_000;
}

function readAggregation(input: {
  aggregation_type: string;
  percentile_value?: number | undefined;
}): Aggregation {
  const { aggregation_type: kind, percentile_value: percentile } = input;
  switch (kind) {
    case "COUNT":
    case "SUM":
    case "AVG":
    case "MIN":
    case "MAX":
      return { kind };
    case "PERCENTILE":
      if (percentile === undefined) throw invalid("Percentile value is required for PERCENTILE aggregation");
      if (!(percentile >= 0 && percentile <= 100))
        throw invalid(`Percentile value must be between 0 and 100, got ${percentile}`);
      return { kind, percentile };
    default:
      throw missingParameter("aggregations[0].aggregation_type");
  }
}

/** As clients look it up: `P95.0`, with the decimals that Python gives a real number. */
function labelOf(aggregation: Aggregation): string {
  if (aggregation.kind !== "PERCENTILE") return aggregation.kind;
  return `P${Number.isInteger(aggregation.percentile) ? aggregation.percentile.toFixed(1) : aggregation.percentile}`;
}

/** A point without a value, or outside a dimension asked for, is left out. */
function presentPoint(
  name: string,
  dimensions: readonly string[],
  labels: readonly string[],
  row: MetricRow,
): object[] {
  if (row.dimensions.includes(null)) return [];
  const values = labels.flatMap((label, index) => {
    const value = row.values[index] ?? null;
    return value === null ? [] : [[label, value] as const];
  });
  if (values.length === 0) return [];
  const named = dimensions.map((dimension, index) => [dimension, row.dimensions[index] ?? ""] as const);
  const bucket = row.bucketMs === null ? [] : [["time_bucket", isoformat(row.bucketMs)] as const];
  return [
    {
      metric_name: name,
      dimensions: Object.fromEntries([...bucket, ...named]),
      values: Object.fromEntries(values),
    },
  ];
}

/** As Python writes a time: `2027-01-01T00:00:00+00:00`. */
function isoformat(ms: number): string {
  const [seconds = "", fraction = ""] = new Date(ms).toISOString().replace("Z", "").split(".");
  return `${seconds}${fraction === "000" ? "" : `.${fraction}000`}+00:00`;
}
