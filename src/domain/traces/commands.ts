import type { Assessment, AssessmentError, AssessmentKind, Span, TraceInfo, TraceState } from "./entities.ts";

import type { TraceImports } from "./import-commands.ts";
import type { IssueOrders } from "./issues.ts";

export type { ImportedTrace, ImportedTraceState, TraceImports } from "./import-commands.ts";

type Pairs = Readonly<Record<string, string>>;

/** A trace as its client describes it, its spans apart. */
export interface NewTraceInfo {
  readonly id: string;
  readonly experimentId: string;
  readonly state: TraceState;
  readonly startedAtMs: number;
  readonly durationMs: number | null;
  readonly clientRequestId: string | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly tags: Pairs;
  readonly metadata: Pairs;
  readonly assessments: readonly NewAssessment[];
}

export interface NewAssessment {
  /** Made here when absent. */
  readonly id?: string | undefined;
  readonly spanId: string | null;
  readonly kind: AssessmentKind;
  readonly name: string;
  readonly value: unknown;
  readonly error: AssessmentError | null;
  readonly rationale: string | null;
  readonly sourceType: string;
  readonly sourceId: string | null;
  readonly metadata: Pairs;
  readonly overrides: string | null;
  /** When the client made it; now when absent. */
  readonly createdAtMs?: number | undefined;
  readonly updatedAtMs?: number | undefined;
}

/** What changes of an assessment; absent members stay, and metadata is added to. */
export interface AssessmentChange {
  readonly name?: string | undefined;
  readonly value?:
    | { readonly kind: AssessmentKind; readonly value: unknown; readonly error: AssessmentError | null }
    | undefined;
  readonly rationale?: string | undefined;
  readonly metadata?: Pairs | undefined;
}

/** What of a batch of spans was kept, and why the rest was not. */
export interface SpansLogged {
  readonly kept: number;
  readonly refused: readonly string[];
}

/** The orders of traces. Each is one transaction; to send one again changes nothing but for those that create. */
export interface TracesCommands extends IssueOrders {
  readonly imports: TraceImports;
  /** Keeps spans of any traces, in any order. Those that cannot be kept are refused one by one. */
  logSpans(order: { experimentId: string; spans: readonly Span[]; actor: string }): Promise<SpansLogged>;
  /** Keeps what a client knows of a trace, before or after its spans. */
  recordTrace(order: { trace: NewTraceInfo; actor: string }): Promise<TraceInfo>;
  /** Begins a trace as old clients do: they end it later. */
  startTrace(order: {
    experimentId: string;
    startedAtMs: number;
    tags: Pairs;
    metadata: Pairs;
    actor: string;
  }): Promise<TraceInfo>;
  endTrace(order: {
    traceId: string;
    endedAtMs: number;
    state: TraceState;
    tags: Pairs;
    metadata: Pairs;
  }): Promise<TraceInfo>;
  /** Deletes the oldest traces first, or those named; gives their ids. */
  deleteTraces(order: {
    experimentId: string;
    untilMs?: number | undefined;
    most?: number | undefined;
    traceIds?: readonly string[] | undefined;
    actor: string;
  }): Promise<readonly string[]>;
  setTag(order: { traceId: string; key: string; value: string }): Promise<void>;
  deleteTag(order: { traceId: string; key: string }): Promise<void>;
  createAssessment(order: { traceId: string; assessment: NewAssessment; actor: string }): Promise<Assessment>;
  changeAssessment(order: {
    traceId: string;
    id: string;
    change: AssessmentChange;
    actor: string;
  }): Promise<Assessment>;
  /** Nothing happens when there is none. */
  deleteAssessment(order: { traceId: string; id: string; actor: string }): Promise<void>;
  /** A trace that has not come yet is linked once it has, if it comes to the project of the run. */
  linkToRun(order: {
    traceIds: readonly string[];
    runId: string;
    project: string | null;
    actor: string;
  }): Promise<void>;
  linkPrompts(order: {
    traceId: string;
    prompts: readonly { readonly name: string; readonly version: string }[];
    actor: string;
  }): Promise<void>;
}
