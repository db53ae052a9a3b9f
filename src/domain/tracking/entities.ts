import type { Digest } from "#kernel/digest";

export type RunStatus = "running" | "scheduled" | "finished" | "failed" | "killed";
export type LifecycleState = "active" | "deleted";

/** A named group of runs. `project` is null for experiments that no project owns. */
export interface Experiment {
  /** A whole number as text, as MLflow clients expect. */
  readonly id: string;
  readonly project: string | null;
  readonly name: string;
  /** Opaque: the server never opens it. */
  readonly artifactLocation: string;
  readonly state: LifecycleState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** One measurement. `value` may be NaN; infinite values are kept as the largest finite ones. */
export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  readonly atMs: number;
  readonly step: number;
}

/** A measurement as it comes in; it may also belong to a logged model and name the data it was made on. */
export interface NewMetricPoint extends MetricPoint {
  readonly modelId?: string | undefined;
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

export interface TrackedDataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema?: string | undefined;
  readonly profile?: string | undefined;
}

export interface DatasetInput {
  readonly dataset: TrackedDataset;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ModelOutput {
  readonly modelId: string;
  readonly step: number;
}

/** One tracked piece of work. */
export interface Run {
  /** 32 lower-case hex digits when made here. */
  readonly id: string;
  readonly project: string | null;
  readonly experimentId: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly state: LifecycleState;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** The principal that made the run. */
  readonly actor: string;
  /** Who the client says it is; a display name, not an identity. */
  readonly userName: string;
  readonly params: Readonly<Record<string, string>>;
  /** The latest value of each metric: the greatest by (step, time, value). */
  readonly metrics: Readonly<Record<string, number>>;
  readonly latestMetrics: readonly MetricPoint[];
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly DatasetInput[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly ModelOutput[];
  readonly artifactRoot: string;
}

export type LoggedModelStatus = "pending" | "ready" | "upload_failed";

export interface LoggedModelMetric extends MetricPoint {
  readonly runId: string;
  readonly datasetName: string;
  readonly datasetDigest: string;
}

/** A model as a client logged it, before anyone registers it. */
export interface LoggedModel {
  /** `m-` and 32 hex digits. */
  readonly id: string;
  readonly project: string | null;
  readonly experimentId: string;
  readonly name: string;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly status: LoggedModelStatus;
  readonly state: LifecycleState;
  readonly artifactRoot: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly LoggedModelMetric[];
}

/** A stored file of a run or a logged model. */
export interface ArtifactFile {
  /** Relative to its owner, `/` between folders. */
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** One line of a folder: a file, or a folder with `isFolder`. */
export interface ArtifactEntry {
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number | null;
  readonly digest: Digest | null;
}

/** Whose files: a run's, a logged model's, or a trace's, which is known further on, in `traces`. */
export type ArtifactOwner =
  | { readonly run: string }
  | { readonly model: string }
  | { readonly trace: string; readonly experiment: string };

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; absent on the last page. */
  readonly nextPageToken: string | undefined;
}

/** A stretch of a metric's series, in order of step (of time where all steps are equal). */
export interface SeriesBucket {
  readonly fromStep: number;
  readonly toStep: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Points in it, NaN ones included; the three values are null when all are NaN. */
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly last: number | null;
}

export interface MetricSeries {
  readonly key: string;
  readonly axis: "step" | "time";
  readonly points: number;
  readonly buckets: readonly SeriesBucket[];
}
