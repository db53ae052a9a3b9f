import type { Digest } from "#kernel/digest";

import type { Stage } from "./definition/stages.ts";

export type { Stage, StageOut, StageParameters } from "./definition/stages.ts";

/**
 * An execution: queued → running → succeeded | failed | cancelled. A server that was killed leaves it
 * running; the next one goes on with it.
 */
export type ExecutionState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/**
 * A step: waiting → cached, or waiting → running → succeeded | failed | cancelled, or waiting → skipped
 * | cancelled. Only the death of its server puts a running step back to waiting.
 */
export type StepState = "waiting" | "running" | "succeeded" | "cached" | "failed" | "skipped" | "cancelled";

export interface Purpose {
  readonly kind: "requested" | "retrain" | "schedule";
  readonly reason: string;
  readonly incident?: string;
}

/** What stopped an execution or a step, in words for its reader. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  /** The end of what was printed, where no step has it. */
  readonly lastLines?: readonly string[];
}

/** One run of a pipeline, or of a part of it. */
export interface Execution {
  readonly id: string;
  readonly project: string;
  readonly state: ExecutionState;
  readonly purpose: Purpose;
  /** What was set for this run: a key of params.yaml, or `file:key`, to its value. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Empty for the whole pipeline. */
  readonly targets: readonly string[];
  /** Whether every stage of the pipeline took part. */
  readonly complete: boolean;
  /** Of the tree of the project's files, without data and results. */
  readonly codeDigest: Digest;
  /** The id of the version used, by data set. */
  readonly datasetVersions: Readonly<Record<string, string>>;
  /** Null until it is known, and where the project names no Python. */
  readonly environmentDigest: Digest | null;
  readonly actor: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly failure: Failure | null;
  /** In an order in which each comes after those it depends on. */
  readonly steps: readonly Step[];
}

/** One stage within one execution. */
export interface Step {
  readonly id: string;
  /** Such as `train`, or `train@small`. */
  readonly stage: string;
  readonly command: string;
  readonly state: StepState;
  /** How often it was started: more than once only after a server was killed. */
  readonly attempt: number;
  readonly cacheKey: Digest | null;
  /** One sentence: why it ran, or why not, naming what differed. */
  readonly reason: string;
  /** The run that tracked it; for a cached step that of the step whose results it took. */
  readonly runId: string | null;
  readonly exitCode: number | null;
  readonly failure: Failure | null;
  /** The end of its log. */
  readonly lastLines: readonly string[];
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly dependsOn: readonly string[];
  readonly outs: readonly StepOut[];
  /** The numbers of its metrics files, by path within them. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** An execution without its steps. */
export type ExecutionRecord = Omit<Execution, "steps">;

/** A step with the stage it was and what it was made from: for whoever tells of steps one at a time. */
export interface StepRecord {
  readonly execution: ExecutionRecord;
  readonly step: Step;
  readonly stage: Stage;
  /** Null until they were computed. */
  readonly keyParts: KeyParts | null;
}

/** A path a step produced, and what it held. */
export interface StepOut {
  readonly path: string;
  /** Of the bytes of a file, or of the listing of a folder. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly kind: "out" | "metrics" | "plots";
  readonly isFolder: boolean;
}

/** What the result of a step depends on. Two steps with equal parts have the same cache key and share results. */
export interface KeyParts {
  readonly commands: readonly string[];
  readonly wdir: string;
  readonly deps: Readonly<Record<string, Digest>>;
  /** The values by file and key; the key is empty for a whole file. */
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly environment: Digest | null;
  readonly outs: readonly string[];
}

/** A part in which two sets of parts differ. */
export interface Difference {
  readonly part: "command" | "wdir" | "dependency" | "parameter" | "environment" | "outs";
  /** The path, or `key in file`; empty where there is one only. */
  readonly name: string;
  readonly before: string | null;
  readonly now: string | null;
}

/** Whether a stage would run now, and why. */
export interface StepExplanation {
  readonly stage: string;
  readonly verdict: "cached" | "runs";
  readonly sentence: string;
  readonly differences: readonly Difference[];
  /** Null when an earlier stage runs first, whose results are not known yet. */
  readonly cacheKey: Digest | null;
  readonly now: KeyParts | null;
  readonly last: KeyParts | null;
  /** The step whose result is compared with. */
  readonly lastStep: { readonly execution: string; readonly step: string; readonly atMs: number } | null;
}

/** The pipeline as it stands in the project's folder. */
export interface PlannedGraph {
  readonly file: string;
  readonly codeDigest: Digest | null;
  readonly stages: readonly PlannedStage[];
}

export interface PlannedStage extends Stage {
  readonly dependsOn: readonly string[];
}
