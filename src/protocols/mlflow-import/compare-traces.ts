import { writeExactJson } from "#kernel/exact-json";
import { tagKeys } from "#traces";
import type { Span } from "#traces";

import type { Destination } from "./destination.ts";
import { comparable, difference } from "./difference.ts";
import type { TraceRecord } from "./records.ts";
import { emptyEquality, judge } from "./report.ts";
import type { Equality } from "./report.ts";
import type { Located, MlflowSource } from "./source.ts";
import { traceInfos, wholeTrace } from "./wire-traces.ts";

const api = "/api/3.0/mlflow/traces";

/** Compares traces, and every value of their spans, with the answers that MLflow's clients get here. */
export function createTraceComparison(source: MlflowSource, destination: Destination) {
  const traces = emptyEquality("traces: tags, metadata, assessments");
  const spans = emptyEquality("spans of traces");

  async function compareSpans(page: readonly TraceRecord[]): Promise<void> {
    const there = new Map<string, Span[]>();
    for await (const part of source.spans(page.map((trace) => trace.id))) {
      for (const { traceId, span } of part) there.set(traceId, [...(there.get(traceId) ?? []), span]);
    }
    for (const [traceId, expected] of there) {
      const path = `${api}/get?trace_id=${encodeURIComponent(traceId)}&allow_partial=true`;
      const { trace } = await destination.get(path, wholeTrace);
      const here = new Map(trace.spans.map((span) => [span.id, span]));
      const different = expected.find((span) => !isKept(span, here.get(span.id)));
      const isEqual = different === undefined && expected.length === here.size;
      const what = different?.name ?? `${expected.length} spans there, ${here.size} here`;
      judge(spans, traceId, isEqual ? undefined : `not equal: ${what}`);
    }
  }

  return {
    equalities: [traces, spans] as const satisfies readonly Equality[],
    async compare(page: readonly Located<TraceRecord>[]): Promise<void> {
      const body = { trace_ids: page.map((trace) => trace.id) };
      const found = await destination.post(`${api}/batchGetInfos`, traceInfos, body);
      const here = new Map(found.map((trace) => [trace.id, trace]));
      for (const trace of page) {
        judge(traces, trace.id, difference(withoutPlaces(trace), withoutPlaces(here.get(trace.id))));
      }
      await compareSpans(page);
    },
  };
}

/** Where files and spans are kept is another place here; links are asked for by searching, not told. */
function withoutPlaces(trace: Located<TraceRecord> | undefined): object | undefined {
  if (trace === undefined) return undefined;
  const { tags, runIds: _runIds, prompts: _prompts, assessments, ...rest } = trace;
  const places: readonly string[] = [tagKeys.artifactLocation, tagKeys.spansLocation];
  return comparable({
    ...rest,
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !places.includes(key))),
    assessments: assessments.map(({ runId: _runId, ...assessment }) => assessment),
  });
}

/** Whether all that is there is here. There may be more: what Gyre reads out of other instrumentations. */
function isKept(there: Span, here: Span | undefined): boolean {
  if (here === undefined) return false;
  const { attributes, ...rest } = there;
  const { attributes: own, ...ownRest } = here;
  const written = (span: Omit<Span, "attributes">): string =>
    writeExactJson({ ...span, events: span.events.map((event) => ({ ...event })) }, { sorted: true });
  return (
    written(rest) === written(ownRest) &&
    Object.entries(attributes).every(([key, value]) => {
      const kept = own[key];
      return kept !== undefined && sameValue(value) === sameValue(kept);
    })
  );
}

const sameValue = (value: Span["attributes"][string]): string => writeExactJson(value, { sorted: true });
