import { z } from "zod";

import type { MetricPoint } from "#tracking";
import type { Span } from "#traces";

import type {
  ExperimentRecord,
  LoggedModelRecord,
  ModelRecord,
  OwnerRecord,
  RunRecord,
  TraceRecord,
  VersionRecord,
} from "./records.ts";

/** A record with the address at which its source keeps its files. */
export type Located<Entry> = Entry & { readonly artifactUri: string };

export interface SourceModel {
  readonly model: ModelRecord;
  readonly aliases: Readonly<Record<string, number>>;
  readonly versions: readonly VersionRecord[];
}

/** Something the source has and an import leaves behind. */
export interface Unmapped {
  readonly what: string;
  readonly count: number;
  readonly why: string;
}

export interface SourceFile {
  /** Relative to its owner. */
  readonly path: string;
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

/** A file that is there and cannot be taken, with the reason. */
export interface SkippedFile {
  readonly path: string;
  readonly why: string;
}

/** Where the bytes of a source are read from. */
export interface SourceFiles {
  /** Why the files kept at this address cannot be read; undefined when they can. */
  whyNot(owner: OwnerRecord, experimentId: string, artifactUri: string): string | undefined;
  list(
    owner: OwnerRecord,
    experimentId: string,
    artifactUri: string,
  ): AsyncIterable<SourceFile | SkippedFile>;
}

/** What an import reads, however it is kept. Everything comes in pages, so that no source is too large. */
export interface MlflowSource {
  /** For reports and the ledger: without a password. */
  readonly label: string;
  /** The version of its schema, in words. */
  readonly version: string;
  experiments(): AsyncIterable<ExperimentRecord>;
  /** Deleted ones too. */
  runs(experimentId: string): AsyncIterable<readonly Located<RunRecord>[]>;
  points(runId: string): AsyncIterable<readonly MetricPoint[]>;
  loggedModels(experimentId: string): AsyncIterable<readonly Located<LoggedModelRecord>[]>;
  models(): AsyncIterable<SourceModel>;
  traces(experimentId: string): AsyncIterable<readonly Located<TraceRecord>[]>;
  /** The spans that are kept with these traces; those of other traces are in their files. */
  spans(traceIds: readonly string[]): AsyncIterable<readonly SpanOfTrace[]>;
  unmapped(): Promise<readonly Unmapped[]>;
  /** Those it can give itself; otherwise they are read from the folder a person names. */
  readonly files?: SourceFiles;
  close(): Promise<void>;
}

export interface SpanOfTrace {
  readonly traceId: string;
  readonly span: Span;
}

const linkedPrompts = z.array(z.object({ name: z.string(), version: z.coerce.string() }));

/** The prompts a trace used, as clients write them into a tag; each is `name/version`. */
export function promptsIn(tags: Readonly<Record<string, string>>): string[] {
  try {
    const prompts = linkedPrompts.parse(JSON.parse(tags["mlflow.linkedPrompts"] ?? "[]"));
    return prompts.map(({ name, version }) => `${name}/${version}`);
  } catch {
    return [];
  }
}

/** A version's logged model, which MLflow's own databases tell by the address alone. */
export function loggedModelOf(source: string): string {
  return /^models:\/(m-[\w-]{1,255})$/.exec(source)?.[1] ?? "";
}
