import { z } from "zod";

import { toExact } from "#kernel/exact-json";

import type { TraceRecord } from "./records.ts";
import { promptsIn } from "./source.ts";
import type { Located } from "./source.ts";
import { readWireSpan } from "./wire-spans.ts";

/* What MLflow's servers say of traces, as records. Times are texts in the answers of version 3, milliseconds before. */

const text = z.string().default("");
const optionalText = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value === "" ? null : value));
const texts = z.record(z.string(), z.string()).default({});
const instant = z
  .string()
  .optional()
  .transform((value) => (value === undefined ? 0 : Date.parse(value)));

/** `1.5s`: whole milliseconds, as MLflow counts them. */
const duration = z
  .string()
  .optional()
  .transform((value) => (value === undefined ? null : Math.round(Number(value.replace(/s$/, "")) * 1_000)));

const states = ["OK", "ERROR", "IN_PROGRESS"] as const;
const state = z
  .string()
  .optional()
  .transform((word) => states.find((known) => known === word) ?? ("STATE_UNSPECIFIED" as const));

const failure = z
  .object({ error_code: text, error_message: optionalText, stack_trace: optionalText })
  .transform((one) => ({ code: one.error_code, message: one.error_message, stackTrace: one.stack_trace }));

const assessment = z
  .object({
    assessment_id: z.string(),
    assessment_name: text,
    span_id: optionalText,
    source: z.object({ source_type: text, source_id: optionalText }),
    create_time: instant,
    last_update_time: instant,
    feedback: z.object({ value: z.unknown().optional(), error: failure.optional() }).optional(),
    expectation: z
      .object({ value: z.unknown().optional(), serialized_value: z.object({ value: text }).optional() })
      .optional(),
    issue: z.object({ issue_name: optionalText }).optional(),
    rationale: optionalText,
    metadata: texts,
    overrides: optionalText,
    valid: z.boolean().default(true),
  })
  .transform((one) => ({
    id: one.assessment_id,
    name: one.assessment_name,
    ...valueOf(one),
    spanId: one.span_id,
    rationale: one.rationale,
    sourceType: one.source.source_type,
    sourceId: one.source.source_id,
    metadata: one.metadata,
    runId: one.metadata["mlflow.assessment.sourceRunId"] ?? null,
    overrides: one.overrides,
    isValid: one.valid,
    createdAtMs: one.create_time,
    updatedAtMs: one.last_update_time,
  }));

type Assessed = Pick<TraceRecord["assessments"][number], "kind" | "value" | "error">;

function valueOf(one: {
  readonly feedback?:
    | { readonly value?: unknown; readonly error?: Assessed["error"] | undefined }
    | undefined;
  readonly expectation?:
    | { readonly value?: unknown; readonly serialized_value?: { readonly value: string } | undefined }
    | undefined;
  readonly issue?: { readonly issue_name: string | null } | undefined;
}): Assessed {
  const { feedback, expectation, issue } = one;
  if (feedback !== undefined)
    return { kind: "feedback", value: feedback.value ?? null, error: feedback.error ?? null };
  if (issue !== undefined) return { kind: "issue", value: { issue_name: issue.issue_name }, error: null };
  const serialized = expectation?.serialized_value?.value;
  const value: unknown = serialized === undefined ? (expectation?.value ?? null) : JSON.parse(serialized);
  return { kind: "expectation", value, error: null };
}

const info = z
  .object({
    trace_id: z.string(),
    request_time: instant,
    execution_duration: duration,
    state,
    client_request_id: optionalText,
    request_preview: optionalText,
    response_preview: optionalText,
    trace_metadata: texts,
    tags: texts,
    assessments: z.array(assessment).default([]),
  })
  .transform((one) => ({
    id: one.trace_id,
    state: one.state,
    startedAtMs: one.request_time,
    durationMs: one.execution_duration,
    clientRequestId: one.client_request_id,
    requestPreview: one.request_preview,
    responsePreview: one.response_preview,
    tags: one.tags,
    metadata: one.trace_metadata,
    assessments: one.assessments,
  }));

const pairs = z
  .array(z.object({ key: z.string(), value: text }))
  .default([])
  .transform((all) => Object.fromEntries(all.map((pair) => [pair.key, pair.value])));

const oldInfo = z
  .object({
    request_id: z.string(),
    timestamp_ms: z.coerce.number().default(0),
    execution_time_ms: z.coerce.number().optional(),
    status: state,
    request_metadata: pairs,
    tags: pairs,
  })
  .transform((one) => ({
    id: one.request_id,
    state: one.status,
    startedAtMs: one.timestamp_ms,
    durationMs: one.execution_time_ms ?? null,
    clientRequestId: null,
    requestPreview: null,
    responsePreview: null,
    tags: one.tags,
    metadata: one.request_metadata,
    assessments: [],
  }));

function located(one: z.output<typeof info>): Located<TraceRecord> {
  return {
    ...one,
    runIds: [],
    prompts: promptsIn(one.tags),
    artifactUri: one.tags["mlflow.artifactLocation"] ?? "",
  };
}

/** Of `POST /api/3.0/mlflow/traces/search`. */
export const tracePage = z
  .object({ traces: z.array(info).default([]), next_page_token: text })
  .transform((page) => ({ entries: page.traces.map(located), token: page.next_page_token }));

/** Of `GET /api/2.0/mlflow/traces`, which servers before version 3 answer. */
export const oldTracePage = z
  .object({ traces: z.array(oldInfo).default([]), next_page_token: text })
  .transform((page) => ({ entries: page.traces.map(located), token: page.next_page_token }));

/** Of `POST /api/3.0/mlflow/traces/batchGetInfos`. */
export const traceInfos = z
  .object({ trace_infos: z.array(info).default([]) })
  .transform((answer) => answer.trace_infos.map(located));

const whole = z
  .object({
    trace_info: z.object({ trace_id: z.string() }),
    spans: z.array(z.unknown()).default([]),
  })
  .transform((one) => ({
    traceId: one.trace_info.trace_id,
    spans: one.spans.map((span) => readWireSpan(toExact(span))).filter((span) => span !== undefined),
  }));

/** Of `GET /api/3.0/mlflow/traces/get`. */
export const wholeTrace = z.object({ trace: whole });
/** Of `GET /api/3.0/mlflow/traces/batchGet`, read exactly: times in nanoseconds may be numbers. */
export const wholeTraces = z.object({ traces: z.array(whole).default([]) });
