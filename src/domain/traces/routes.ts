import { z } from "zod";

import { experimentThing } from "#access";
import { Problem } from "#kernel/errors";
import { toPlainJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { TrackingQuestions } from "#tracking";

import { attributeKeys, metadataKeys, tagKeys, traceStates } from "./entities.ts";
import type { Assessment, SpanEvent, TraceInfo } from "./entities.ts";
import { traceNotFound } from "./lookups.ts";
import type { TracesQuestions } from "./questions.ts";
import { problems } from "./problems.ts";
import { toTree } from "./span-tree.ts";
import type { PlacedSpan } from "./span-tree.ts";

const assessment = z
  .object({
    id: z.string(),
    spanId: z.string().nullable(),
    kind: z.enum(["feedback", "expectation", "issue"]),
    name: z.string(),
    value: z.unknown(),
    error: z.string().nullable(),
    rationale: z.string().nullable(),
    sourceType: z.string(),
    sourceId: z.string().nullable(),
    isValid: z.boolean(),
    createdAtMs: z.number(),
    updatedAtMs: z.number(),
  })
  .meta({ id: "TraceAssessment" });

const summary = z
  .object({
    id: z.string(),
    experimentId: z.string(),
    name: z.string(),
    state: z.enum(traceStates),
    startedAtMs: z.number(),
    durationMs: z.number().nullable(),
    requestPreview: z.string().nullable(),
    responsePreview: z.string().nullable(),
    runId: z.string().nullable(),
    session: z.string().nullable(),
    user: z.string().nullable(),
    tokens: z.number().nullable(),
    assessments: z.array(assessment),
  })
  .meta({ id: "TraceSummary" });

const span = z
  .object({
    id: z.string(),
    parentId: z.string().nullable(),
    depth: z.number(),
    children: z.number(),
    name: z.string(),
    type: z.string().nullable(),
    status: z.enum(["UNSET", "OK", "ERROR"]),
    statusMessage: z.string(),
    /** From the first start of any span of the trace. */
    offsetMs: z.number(),
    /** Null while it goes on. */
    durationMs: z.number().nullable(),
    inputs: z.unknown(),
    outputs: z.unknown(),
    attributes: z.record(z.string(), z.unknown()),
    events: z.array(
      z.object({ name: z.string(), offsetMs: z.number(), attributes: z.record(z.string(), z.unknown()) }),
    ),
  })
  .meta({ id: "TraceSpan" });

const detail = summary
  .extend({
    clientRequestId: z.string().nullable(),
    tags: z.record(z.string(), z.string()),
    metadata: z.record(z.string(), z.string()),
    /** Each before its children; `depth` says how deep. */
    spans: z.array(span),
  })
  .meta({ id: "Trace" });

const base = "/api/v1/projects/:project/traces";

/** The routes of the product's own interface; MLflow's are in `protocols/mlflow`. */
export function createRoutes(
  traces: TracesQuestions,
  tracking: Pick<TrackingQuestions, "experimentIdsOf">,
): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: base,
      permission: "run:read",
      scope: "handler",
      summary: "Lists the traces of a project, newest first: filtered and ordered in MLflow's words.",
      query: z.object({
        filter: z.string().default(""),
        order: z.string().optional(),
        experiment: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(50),
        cursor: z.string().optional(),
      }),
      response: z.object({ traces: z.array(summary), cursor: z.string().nullable() }),
      async handler({ params: { project }, query, allow, onlyAllowed }) {
        // Roles in the project and grants on single experiments decide together, as for MLflow's clients.
        const all = await tracking.experimentIdsOf(project);
        const visible = await onlyAllowed(all, () => project, experimentThing);
        if (visible.length === 0) await allow(project);
        const page = await traces.searchTraces({
          project,
          filter: query.filter,
          orderBy: query.order === undefined ? [] : [query.order],
          experimentIds: visible.filter((id) => query.experiment === undefined || id === query.experiment),
          limit: query.limit,
          pageToken: query.cursor,
        });
        return { traces: page.items.map(toSummary), cursor: page.nextPageToken ?? null };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:trace`,
      permission: "run:read",
      scope: "handler",
      summary: "Shows one trace: its spans as a tree, and what was thought of it.",
      response: detail,
      async handler({ params, allow }) {
        const [place] = await traces.placesOfTraces([params.trace]);
        const isHere = place?.project === params.project;
        await allow(params.project, isHere ? experimentThing(place.experimentId) : undefined);
        if (!isHere) throw elsewhere(params.trace, params.project);
        const { info, spans } = await traces.getTrace(params.trace, { allowPartial: true });
        const placed = toTree(spans);
        const originNs = placed.map(({ span: one }) => one.startedAtNs).reduce(earlier, latest);
        return {
          ...toSummary(info),
          clientRequestId: info.clientRequestId,
          tags: info.tags,
          metadata: info.metadata,
          spans: placed.map((one) => toSpan(one, originNs)),
        };
      },
    }),
  ];
}

function elsewhere(traceId: string, project: string): Problem {
  return new Problem(problems.trace_not_found, {
    message: `${traceNotFound(traceId).message.replace(/\.$/, "")} in the project ${project}.`,
  });
}

function toSummary(info: TraceInfo): z.input<typeof summary> {
  return {
    id: info.id,
    experimentId: info.experimentId,
    name: info.tags[tagKeys.name] ?? "",
    state: info.state,
    startedAtMs: info.startedAtMs,
    durationMs: info.durationMs,
    requestPreview: info.requestPreview,
    responsePreview: info.responsePreview,
    runId: info.metadata[metadataKeys.run] ?? null,
    session: info.metadata[metadataKeys.session] ?? null,
    user: info.metadata[metadataKeys.user] ?? null,
    tokens: tokensIn(info.metadata[metadataKeys.tokenUsage]),
    assessments: info.assessments.map(toAssessment),
  };
}

const tokenUsage = z.object({ total_tokens: z.number() });

function tokensIn(text: string | undefined): number | null {
  try {
    return tokenUsage.safeParse(JSON.parse(text ?? "null")).data?.total_tokens ?? null;
  } catch {
    return null;
  }
}

function toAssessment(one: Assessment): z.input<typeof assessment> {
  const { id, spanId, kind, name, value, rationale, sourceType, sourceId, isValid } = one;
  const error = one.error === null ? null : (one.error.message ?? one.error.code);
  const { createdAtMs, updatedAtMs } = one;
  return {
    id,
    spanId,
    kind,
    name,
    value,
    error,
    rationale,
    sourceType,
    sourceId,
    isValid,
    createdAtMs,
    updatedAtMs,
  };
}

function toSpan({ span: one, depth, children }: PlacedSpan, originNs: bigint): z.input<typeof span> {
  const type = one.attributes[attributeKeys.type];
  return {
    id: one.id,
    parentId: one.parentId,
    depth,
    children,
    name: one.name,
    type: typeof type === "string" ? type : null,
    status: one.status,
    statusMessage: one.statusMessage,
    offsetMs: toMs(one.startedAtNs - originNs),
    durationMs: one.endedAtNs === null ? null : toMs(one.endedAtNs - one.startedAtNs),
    inputs: plain(one.attributes[attributeKeys.inputs]),
    outputs: plain(one.attributes[attributeKeys.outputs]),
    attributes: plainRecord(one.attributes, shownElsewhere),
    events: one.events.map((event) => toEvent(event, originNs)),
  };
}

const shownElsewhere: readonly string[] = [
  attributeKeys.inputs,
  attributeKeys.outputs,
  attributeKeys.type,
  attributeKeys.traceId,
];

function toEvent(event: SpanEvent, originNs: bigint): z.input<typeof span>["events"][number] {
  return {
    name: event.name,
    offsetMs: toMs(event.atNs - originNs),
    attributes: plainRecord(event.attributes, []),
  };
}

function plain(value: ExactJson | undefined): unknown {
  return value === undefined ? null : toPlainJson(value);
}

function plainRecord(
  attributes: Readonly<Record<string, ExactJson>>,
  without: readonly string[],
): Record<string, unknown> {
  const kept = Object.entries(attributes).filter(([key]) => !without.includes(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, toPlainJson(value)]));
}

const latest = 2n ** 63n;

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function toMs(ns: bigint): number {
  return Number(ns) / 1_000_000;
}
