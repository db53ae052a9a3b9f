import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";

import type { SpansLogged, TracesCommands } from "./commands.ts";
import { costKeys, tokenKeys, understand, unwrap } from "./conventions.ts";
import { attributeKeys, metadataKeys, spansAreHere, tagKeys } from "./entities.ts";
import type { Span, TraceState } from "./entities.ts";
import type { Lookups } from "./lookups.ts";
import { traceElsewhere } from "./lookups.ts";
import { previewOf } from "./previews.ts";
import { takeLinks } from "./store/links.ts";
import { saveSpans, sumMeasures } from "./store/spans.ts";
import { ensureTrace, lockTrace, readPairs, saveMeasures, savePairs, updateTrace } from "./store/traces.ts";
import type { StoredTrace } from "./store/traces.ts";
import { checkTraceId, keepSpan, storable, whyRefused } from "./validation.ts";

export interface OrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly lookups: Lookups;
}

/**
 * Takes spans as they come: of several traces, in any order, before or after what their client says of
 * the trace itself, once or again. A trace's own times grow with its spans until the client has said
 * what they are; its state follows its root.
 */
export function createLogSpans({ db, ledger, lookups }: OrderParts): TracesCommands["logSpans"] {
  return async ({ experimentId, spans, actor }) => {
    const experiment = await lookups.activeExperiment(experimentId);
    const { kept, refused } = sortOut(spans);
    if (kept.length === 0) return { kept: 0, refused };
    const traces = Map.groupBy(kept, traceIdOf);
    const elsewhere: string[] = [];
    return await db.transaction(async () => {
      let saved = 0;
      // In one order: two batches that share traces then never wait for each other in a circle.
      for (const traceId of [...traces.keys()].toSorted()) {
        const of = traces.get(traceId) ?? [];
        const isHere = await addToTrace(
          db,
          { traceId, experiment: Number(experimentId), root: experiment.artifactLocation },
          of,
        );
        if (isHere) saved += of.length;
        else elsewhere.push(...of.map(() => traceElsewhere(traceId).message));
      }
      if (saved > 0) {
        await ledger.append({
          kind: "traces.logged",
          subject: experimentId,
          project: experiment.project,
          actor,
          data: { traces: traces.size, spans: saved },
        });
      }
      return { kept: saved, refused: [...refused, ...elsewhere] };
    });
  };
}

function sortOut(spans: readonly Span[]): { kept: readonly Span[]; refused: SpansLogged["refused"] } {
  const refused: string[] = [];
  const kept = spans.filter((span) => {
    const reason =
      whyRefused(span) ?? (isTraceId(traceIdOf(span)) ? undefined : "its trace has no usable id");
    if (reason !== undefined)
      refused.push(`The span '${storable(span.name).slice(0, 80)}' is refused: ${reason}.`);
    return reason === undefined;
  });
  return { kept: kept.map((span) => understand(unwrap(keepSpan(span)))), refused };
}

/** A client of MLflow names the trace in an attribute; every other means OpenTelemetry's id. */
export function traceIdOf(span: Span): string {
  const named = span.attributes[attributeKeys.traceId];
  return typeof named === "string" && named !== "" ? named : `tr-${span.otelTraceId}`;
}

function isTraceId(id: string): boolean {
  try {
    return checkTraceId(id) === id;
  } catch {
    return false;
  }
}

interface Target {
  readonly traceId: string;
  readonly experiment: number;
  /** The experiment's artifact location. */
  readonly root: string;
}

/** Whether the trace is of this experiment; otherwise nothing was kept. */
async function addToTrace(db: Database, target: Target, spans: readonly Span[]): Promise<boolean> {
  const { traceId, experiment } = target;
  const seen = spanTimes(spans);
  const root = spans.find((span) => span.parentId === null);
  const { isNew } = await ensureTrace(db, {
    trace_id: traceId,
    experiment,
    state: "IN_PROGRESS",
    started_at_ms: seen.startedAtMs,
    duration_ms: null,
    client_request_id: null,
    request_preview: null,
    response_preview: null,
  });
  const trace = await lockTrace(db, traceId);
  if (trace === undefined) throw new Error(`the trace ${traceId} vanished`);
  if (trace.experiment !== experiment) return false;
  if (isNew) await takeLinks(db, trace);
  if (isNew)
    await savePairs(db, "trace_tags", trace.id, {
      [tagKeys.artifactLocation]: artifactLocation(target.root, traceId),
    });
  await saveSpans(db, trace.id, spans);
  await savePairs(db, "trace_tags", trace.id, { [tagKeys.spansLocation]: spansAreHere });
  const metadata = (await readPairs(db, "trace_metadata", [trace.id])).get(trace.id) ?? {};
  const isFinal = metadataKeys.isFinal in metadata;
  await updateTrace(db, trace.id, {
    ...(isFinal ? {} : growTimes(trace, seen)),
    ...stateAfter(trace, root),
    ...previewsAfter(trace, root),
  });
  await recount(db, trace.id, metadata, isFinal);
  await savePairs(db, "trace_metadata", trace.id, saidBySpans(spans), "keep");
  return true;
}

export function artifactLocation(experimentRoot: string, traceId: string): string {
  return `${experimentRoot.replace(/\/$/, "")}/traces/${traceId}/artifacts`;
}

interface Times {
  readonly startedAtMs: number;
  /** Null when no span has ended. */
  readonly endedAtMs: number | null;
}

function spanTimes(spans: readonly Span[]): Times {
  const starts = spans.map((span) => Number(span.startedAtNs / 1_000_000n));
  const ends = spans.flatMap((span) =>
    span.endedAtNs === null ? [] : [Number(span.endedAtNs / 1_000_000n)],
  );
  return {
    startedAtMs: starts.reduce((a, b) => Math.min(a, b)),
    endedAtMs: ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b)),
  };
}

function growTimes(trace: StoredTrace, seen: Times): { started_at_ms: number; duration_ms: number | null } {
  const started = Math.min(trace.started_at_ms, seen.startedAtMs);
  const endedBefore = trace.duration_ms === null ? null : trace.started_at_ms + trace.duration_ms;
  const ends = [endedBefore, seen.endedAtMs].filter((end) => end !== null);
  return { started_at_ms: started, duration_ms: ends.length === 0 ? null : Math.max(...ends) - started };
}

/** The root says how it went, unless the client already has. */
function stateAfter(trace: StoredTrace, root: Span | undefined): { state?: TraceState } {
  if (root === undefined || (trace.state !== "IN_PROGRESS" && trace.state !== "STATE_UNSPECIFIED")) return {};
  return { state: root.status === "ERROR" ? "ERROR" : "OK" };
}

function previewsAfter(
  trace: StoredTrace,
  root: Span | undefined,
): { request_preview?: string | null; response_preview?: string | null } {
  if (root === undefined) return {};
  return {
    request_preview: trace.request_preview ?? previewOf(root.attributes[attributeKeys.inputs], "user"),
    response_preview:
      trace.response_preview ?? previewOf(root.attributes[attributeKeys.outputs], "assistant"),
  };
}

/** Sums tokens and costs over the spans, unless the client has said what they come to. */
async function recount(
  db: Database,
  trace: number,
  metadata: Readonly<Record<string, string>>,
  isFinal: boolean,
): Promise<void> {
  const sums = await sumMeasures(db, trace);
  for (const [metadataKey, keys] of [
    [metadataKeys.tokenUsage, tokenKeys],
    [metadataKeys.cost, costKeys],
  ] as const) {
    if (isFinal && metadataKey in metadata) continue;
    const found = keys.flatMap((key) => {
      const sum = sums.get(key);
      return sum === undefined ? [] : [[key, sum] as const];
    });
    if (found.length === 0) continue;
    await savePairs(db, "trace_metadata", trace, {
      [metadataKey]: JSON.stringify(Object.fromEntries(found)),
    });
    await saveMeasures(db, trace, found);
  }
}

/** The session and the user, in OpenTelemetry's words. */
function saidBySpans(spans: readonly Span[]): Readonly<Record<string, string>> {
  const said = (name: string): string | undefined => {
    const value = spans
      .map((span) => span.attributes[name])
      .find((one) => one !== undefined && one !== null && one !== "");
    return value === undefined || value === null ? undefined : String(value);
  };
  const [session, user] = [said("session.id"), said("user.id")];
  return {
    ...(session === undefined ? {} : { [metadataKeys.session]: session }),
    ...(user === undefined ? {} : { [metadataKeys.user]: user }),
  };
}
