import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { isRecord, parseExactJson } from "#kernel/exact-json";

import { assessmentNotFound } from "./assessment-orders.ts";
import { correlate } from "./correlation.ts";
import type { Correlation } from "./correlation.ts";
import { metadataKeys, spansAreHere, tagKeys } from "./entities.ts";
import type { Assessment, Trace, TraceInfo, TracePage } from "./entities.ts";
import { parseTraceFilter, parseTraceOrderings } from "./filter.ts";
import type { Lookups } from "./lookups.ts";
import { checkMetricQuery, parseMetricFilter } from "./metrics.ts";
import type { MetricQuery } from "./metrics.ts";
import { problems } from "./problems.ts";
import { aggregate } from "./store/metrics.ts";
import type { MetricRow } from "./store/metrics.ts";
import { countTraces, experimentsOf, searchTraces } from "./store/search.ts";
import { readSpans } from "./store/spans.ts";
import { completeTraces, readTraces } from "./store/traces.ts";

export interface TraceSearch {
  /** The traces of all experiments of a project; `experimentIds` narrows or replaces it. */
  readonly project?: string;
  readonly experimentIds?: readonly string[];
  /** MLflow's grammar: `status = 'ERROR' and span.name like '%search%'`. */
  readonly filter?: string;
  /** `execution_time DESC`; newest first after all of them. */
  readonly orderBy?: readonly string[];
  readonly limit: number;
  readonly pageToken?: string | undefined;
}

export type MetricsAsked = Omit<MetricQuery, "filters"> & {
  readonly experimentIds: readonly string[];
  /** Each one condition, such as `trace.tag.team = 'care'`. */
  readonly filters: readonly string[];
};

/** What can be asked of traces. Absent things throw `…_not_found`. */
export interface TracesQuestions {
  getTraceInfo(traceId: string): Promise<TraceInfo>;
  /** A trace with the spans there are, or, unless `allowPartial`, with all of them. */
  getTrace(traceId: string, options: { readonly allowPartial: boolean }): Promise<Trace>;
  /** Whole traces, those there are, in the order asked. */
  getTraces(traceIds: readonly string[]): Promise<readonly Trace[]>;
  getTraceInfos(traceIds: readonly string[]): Promise<readonly TraceInfo[]>;
  searchTraces(search: TraceSearch): Promise<TracePage>;
  getAssessment(traceId: string, id: string): Promise<Assessment>;
  /** Whether two filters tend to hold for the same traces. */
  correlateFilters(asked: {
    readonly experimentIds: readonly string[];
    readonly first: string;
    readonly second: string;
    readonly base: string;
  }): Promise<Correlation>;
  traceMetrics(asked: MetricsAsked): Promise<readonly MetricRow[]>;
  /** For the gate: the project and the experiment of each of these traces that there is. */
  placesOfTraces(traceIds: readonly string[]): Promise<readonly TracePlace[]>;
}

export interface TracePlace {
  readonly id: string;
  readonly experimentId: string;
  readonly project: string | null;
}

export function createQuestions(parts: {
  readonly db: Database;
  readonly lookups: Lookups;
}): TracesQuestions {
  const { db, lookups } = parts;

  const withSpans = async (traceIds: readonly string[]): Promise<Trace[]> => {
    const rows = await readTraces(db, traceIds);
    const infos = await completeTraces(db, rows);
    const spans = await readSpans(
      db,
      rows.map((row) => row.id),
    );
    return rows.flatMap((row, index) => {
      const info = infos[index];
      return info === undefined ? [] : [{ info, spans: spans.get(row.id) ?? [] }];
    });
  };

  return {
    getTraceInfo: (traceId) => lookups.info(traceId),
    async getTrace(traceId, { allowPartial }) {
      const [trace] = await withSpans([traceId]);
      if (trace === undefined)
        throw new Problem(problems.trace_not_found, {
          message: `Trace with ID ${traceId.slice(0, 200)} is not found.`,
        });
      if (allowPartial || isWhole(trace)) return trace;
      throw new Problem(problems.trace_incomplete, {
        message: `Trace with ID ${traceId} is not fully exported yet, please try again later.`,
      });
    },
    getTraces: async (traceIds) => (await withSpans(traceIds)).filter(isWhole),
    getTraceInfos: async (traceIds) => await completeTraces(db, await readTraces(db, traceIds)),
    async searchTraces(search) {
      const conditions = parseTraceFilter(search.filter ?? "");
      const orderings = parseTraceOrderings(search.orderBy ?? []);
      const chosen = search.experimentIds === undefined ? undefined : toNumbers(search.experimentIds);
      const own = search.project === undefined ? undefined : await experimentsOf(db, search.project);
      const experiments =
        chosen === undefined ? (own ?? []) : chosen.filter((id) => own?.includes(id) ?? true);
      return await searchTraces(db, {
        experiments: [...new Set(experiments)].toSorted((a, b) => a - b),
        conditions,
        orderings,
        limit: search.limit,
        pageToken: search.pageToken,
      });
    },
    async getAssessment(traceId, id) {
      const { assessments } = await lookups.info(traceId);
      const found = assessments.find((assessment) => assessment.id === id);
      if (found === undefined) throw assessmentNotFound(traceId, id);
      return found;
    },
    async correlateFilters({ experimentIds, first, second, base }) {
      return correlate(
        await countTraces(db, {
          experiments: toNumbers(experimentIds),
          base: parseTraceFilter(base),
          first: parseTraceFilter(first),
          second: parseTraceFilter(second),
        }),
      );
    },
    async traceMetrics({ experimentIds, filters, ...asked }) {
      const query = { ...asked, filters: filters.map(parseMetricFilter) };
      checkMetricQuery(query);
      return await aggregate(db, toNumbers(experimentIds), query);
    },
    async placesOfTraces(traceIds) {
      const rows = await readTraces(db, traceIds);
      return rows.map((row) => ({
        id: row.trace_id,
        experimentId: String(row.experiment),
        project: row.project,
      }));
    },
  };
}

function toNumbers(ids: readonly string[]): number[] {
  return ids.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
}

/** Whether its spans are kept here, and as many have come as the client said there are. */
function isWhole({ info, spans }: Trace): boolean {
  if (info.tags[tagKeys.spansLocation] !== spansAreHere) return false;
  return spans.length > 0 && spans.length >= announced(info);
}

function announced(info: TraceInfo): number {
  try {
    const stats = parseExactJson(info.metadata[metadataKeys.sizeStats] ?? "null");
    return isRecord(stats) ? Number(stats["num_spans"] ?? 0) : 0;
  } catch {
    return 0;
  }
}
