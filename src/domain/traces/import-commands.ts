import type { Assessment, Span, TraceState } from "./entities.ts";

type Pairs = Readonly<Record<string, string>>;

/** A trace as another server recorded it, without its spans: ids, times and states are kept. */
export interface ImportedTrace {
  readonly id: string;
  readonly state: TraceState;
  readonly startedAtMs: number;
  readonly durationMs: number | null;
  readonly clientRequestId: string | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly tags: Pairs;
  readonly metadata: Pairs;
  readonly assessments: readonly Omit<Assessment, "traceId">[];
  /** Runs it was made by or judged in. */
  readonly runIds: readonly string[];
  /** Prompts it used, each as `name/version`. */
  readonly prompts: readonly string[];
  /** Where its files are when they are not here: a foreign address, opaque to the server. */
  readonly artifactLocation?: string | undefined;
}

/** What there is of a trace that was to be imported. */
export interface ImportedTraceState {
  readonly id: string;
  readonly isNew: boolean;
  /** How many of its spans are here. */
  readonly spans: number;
}

/** Orders that take over what another server recorded. Each adds what is missing and changes nothing that is there. */
export interface TraceImports {
  /** The whole of traces but their spans, which come in pieces. Throws `trace_elsewhere`. */
  importTraces(order: {
    /** Where they come from, for the ledger: an address without its password. */
    readonly source: string;
    readonly experimentId: string;
    readonly traces: readonly ImportedTrace[];
    readonly actor: string;
  }): Promise<readonly ImportedTraceState[]>;
  /** Throws `trace_not_found`. */
  importSpans(order: {
    readonly spans: readonly { readonly traceId: string; readonly span: Span }[];
  }): Promise<void>;
}
