import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { ExactJson } from "#kernel/exact-json";
import type { Blobs } from "#kernel/blobs";
import { createTracking, migrations as trackingMigrations } from "#tracking";

import type { NewAssessment, NewTraceInfo } from "./commands.ts";
import { attributeKeys } from "./entities.ts";
import type { Span } from "./entities.ts";
import { createTraces, migrations } from "./index.ts";

export const actor = "usr_ada";
export const startMs = Date.UTC(2027, 0, 1);

/** What an empty database for traces needs. */
export const testMigrations = [...trackingMigrations, ...migrations];

interface TestParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly blobs: Blobs;
}

/** Traces over an empty database with one experiment of the project `care`. */
export async function buildTraces<Parts extends TestParts>(kernel: Parts) {
  const tracking = createTracking({ ...kernel, isProject: async (name) => name === "care" });
  const experiment = await tracking.commands.ensureExperiment({ project: "care", actor });
  const traces = createTraces({ ...kernel, tracking });
  const logSpans = (spans: readonly Span[], experimentId = experiment.id) =>
    traces.commands.logSpans({ experimentId, spans, actor });
  const record = (id: string, given: Partial<NewTraceInfo> = {}) =>
    traces.commands.recordTrace({ trace: newTrace(id, { experimentId: experiment.id, ...given }), actor });
  const find = async (filter: string, orderBy: readonly string[] = []): Promise<string[]> => {
    const page = await traces.searchTraces({ project: "care", filter, orderBy, limit: 100 });
    return page.items.map((info) => info.id);
  };
  return { ...kernel, tracking, traces, experiment, logSpans, record, find };
}

export function newTrace(id: string, given: Partial<NewTraceInfo> & { experimentId: string }): NewTraceInfo {
  return {
    id,
    state: "OK",
    startedAtMs: startMs,
    durationMs: 10,
    clientRequestId: null,
    requestPreview: null,
    responsePreview: null,
    tags: {},
    metadata: {},
    assessments: [],
    ...given,
  };
}

/** A span of 5 milliseconds, `atMs` after the start. */
export function span(
  id: number,
  given: Partial<Omit<Span, "id" | "parentId">> & { parent?: number; traceId?: string; atMs?: number } = {},
): Span {
  const { parent, traceId, atMs = 0, ...rest } = given;
  const startedAtNs = BigInt(startMs + atMs) * 1_000_000n;
  const named: Record<string, ExactJson> = traceId === undefined ? {} : { [attributeKeys.traceId]: traceId };
  return {
    otelTraceId: "0af7651916cd43dd8448eb211c80319c",
    id: hex(id),
    parentId: parent === undefined ? null : hex(parent),
    name: `span ${id}`,
    status: "OK",
    statusMessage: "",
    startedAtNs,
    endedAtNs: startedAtNs + 5_000_000n,
    events: [],
    ...rest,
    attributes: { ...named, ...rest.attributes },
  };
}

export function hex(id: number): string {
  return id.toString(16).padStart(16, "0");
}

export function feedback(name: string, value: unknown, given: Partial<NewAssessment> = {}): NewAssessment {
  return {
    kind: "feedback",
    name,
    value,
    spanId: null,
    error: null,
    rationale: null,
    sourceType: "HUMAN",
    sourceId: "ada",
    metadata: {},
    overrides: null,
    ...given,
  };
}
