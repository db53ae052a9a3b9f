import { z } from "zod";

import { traceStates } from "#traces";
import type { TraceInfo } from "#traces";
import type { NewTraceInfo } from "#traces/commands";

import { invalid, toPairs } from "../wire.ts";
import { array, integer, keyValue, optionalText, text } from "../wire.ts";
import { assessmentInput, presentAssessment, readAssessment } from "./assessments.ts";
import { duration, enumeration, timestamp, toDuration, toTimestamp } from "./times.ts";

const textMap = z.record(text, z.coerce.string()).default({});

export const location = z.object({
  type: z.unknown().optional(),
  mlflow_experiment: z.object({ experiment_id: text }).optional(),
});

// The numbers of the protocol: 0 is unspecified.
export const state = enumeration(["STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"]);
const oldStatus = enumeration(["TRACE_STATUS_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"]);

export const traceInfoInput = z.object({
  trace_id: text,
  trace_location: location,
  client_request_id: optionalText,
  request_preview: optionalText,
  response_preview: optionalText,
  request_time: timestamp.default(0),
  execution_duration: duration.optional(),
  state: state.default("STATE_UNSPECIFIED"),
  trace_metadata: textMap,
  tags: textMap,
  assessments: array(assessmentInput),
});

export function readTraceInfo(input: z.output<typeof traceInfoInput>): NewTraceInfo {
  return {
    id: input.trace_id,
    experimentId: experimentIn(input.trace_location),
    state: input.state,
    startedAtMs: input.request_time,
    durationMs: input.execution_duration ?? null,
    clientRequestId: input.client_request_id ?? null,
    requestPreview: input.request_preview ?? null,
    responsePreview: input.response_preview ?? null,
    tags: input.tags,
    metadata: input.trace_metadata,
    assessments: input.assessments.map(readAssessment),
  };
}

export function experimentIn(place: z.output<typeof location>): string {
  const id = place.mlflow_experiment?.experiment_id;
  if (id === undefined) throw invalid("A trace's location must be an MLflow experiment.");
  return id;
}

/** A trace as new clients know it. */
export function presentTraceInfo(info: TraceInfo): object {
  return {
    trace_id: info.id,
    trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: info.experimentId } },
    request_time: toTimestamp(info.startedAtMs),
    state: info.state,
    trace_metadata: info.metadata,
    tags: info.tags,
    assessments: info.assessments.map(presentAssessment),
    ...(info.durationMs === null ? {} : { execution_duration: toDuration(info.durationMs) }),
    ...(info.clientRequestId === null ? {} : { client_request_id: info.clientRequestId }),
    ...(info.requestPreview === null ? {} : { request_preview: info.requestPreview }),
    ...(info.responsePreview === null ? {} : { response_preview: info.responsePreview }),
  };
}

export const oldEndInput = z.object({
  timestamp_ms: integer.default(0),
  status: oldStatus.default("TRACE_STATUS_UNSPECIFIED"),
  request_metadata: array(keyValue),
  tags: array(keyValue),
});

/** A trace as clients before 3.0 know it. */
export function presentOldTraceInfo(info: TraceInfo): object {
  return {
    request_id: info.id,
    experiment_id: info.experimentId,
    timestamp_ms: info.startedAtMs,
    execution_time_ms: info.durationMs ?? 0,
    status: info.state === "STATE_UNSPECIFIED" ? "TRACE_STATUS_UNSPECIFIED" : info.state,
    request_metadata: toPairs(info.metadata),
    tags: toPairs(info.tags),
  };
}

export function fromOldStatus(status: z.output<typeof oldStatus>): TraceInfo["state"] {
  return traceStates.find((one) => one === status) ?? "STATE_UNSPECIFIED";
}

export function toRecord(pairs: readonly z.output<typeof keyValue>[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}
