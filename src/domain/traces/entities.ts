import type { ExactJson } from "#kernel/exact-json";

/** As the field spells them: the same words are in tables, filters and on the wire. */
export const traceStates = ["OK", "ERROR", "IN_PROGRESS", "STATE_UNSPECIFIED"] as const;
export type TraceState = (typeof traceStates)[number];

/** What is known of a trace besides its spans. `project` is that of its experiment. */
export interface TraceInfo {
  /** Chosen by the client; `tr-` and the 32 hex digits of OpenTelemetry unless it had another idea. */
  readonly id: string;
  readonly experimentId: string;
  readonly project: string | null;
  readonly state: TraceState;
  readonly startedAtMs: number;
  /** Null while it goes on. */
  readonly durationMs: number | null;
  readonly clientRequestId: string | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  /** May change later. */
  readonly tags: Readonly<Record<string, string>>;
  /** Said once, by who recorded the trace. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly assessments: readonly Assessment[];
}

export type SpanStatus = "UNSET" | "OK" | "ERROR";
export type Attributes = Readonly<Record<string, ExactJson>>;

export interface SpanEvent {
  readonly name: string;
  readonly atNs: bigint;
  readonly attributes: Attributes;
}

/** One piece of work in a trace. Times are nanoseconds since 1970, too fine for a number. */
export interface Span {
  /** The trace's id in OpenTelemetry: 32 hex digits. */
  readonly otelTraceId: string;
  /** 16 hex digits. */
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  readonly startedAtNs: bigint;
  readonly endedAtNs: bigint | null;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
}

/** A trace with its spans: roots first, then by start. */
export interface Trace {
  readonly info: TraceInfo;
  readonly spans: readonly Span[];
}

export type AssessmentKind = "feedback" | "expectation" | "issue";

export interface AssessmentError {
  readonly code: string;
  readonly message: string | null;
  readonly stackTrace: string | null;
}

/** What somebody, or something, thinks of a trace or one of its spans. */
export interface Assessment {
  /** `a-` and 32 hex digits. */
  readonly id: string;
  readonly traceId: string;
  readonly spanId: string | null;
  readonly kind: AssessmentKind;
  /** Of a kind `issue`, the id. */
  readonly name: string;
  /** JSON. */
  readonly value: unknown;
  readonly error: AssessmentError | null;
  readonly rationale: string | null;
  /** `HUMAN`, `LLM_JUDGE`, `CODE`. */
  readonly sourceType: string;
  readonly sourceId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly runId: string | null;
  /** The assessment this one replaces; that one is then not valid any more. */
  readonly overrides: string | null;
  readonly isValid: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface TracePage {
  readonly items: readonly TraceInfo[];
  /** Opaque; absent on the last page. */
  readonly nextPageToken: string | undefined;
}

/** Names that clients give to what they know of a trace. */
export const tagKeys = {
  name: "mlflow.traceName",
  spansLocation: "mlflow.trace.spansLocation",
  artifactLocation: "mlflow.artifactLocation",
} as const;

export const metadataKeys = {
  run: "mlflow.sourceRun",
  tokenUsage: "mlflow.trace.tokenUsage",
  cost: "mlflow.trace.cost",
  session: "mlflow.trace.session",
  user: "mlflow.trace.user",
  sizeStats: "mlflow.trace.sizeStats",
  /** Set once the client has sent the trace's own values: spans that come later change them no more. */
  isFinal: "mlflow.trace.infoFinalized",
} as const;

export const attributeKeys = {
  traceId: "mlflow.traceRequestId",
  type: "mlflow.spanType",
  inputs: "mlflow.spanInputs",
  outputs: "mlflow.spanOutputs",
  tokenUsage: "mlflow.chat.tokenUsage",
  cost: "mlflow.llm.cost",
  model: "mlflow.llm.model",
  provider: "mlflow.llm.provider",
} as const;

/** Where the spans are, as the tag says it. */
export const spansAreHere = "TRACKING_STORE";
