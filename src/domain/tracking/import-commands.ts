import type {
  DatasetInput,
  LifecycleState,
  LoggedModelMetric,
  LoggedModelStatus,
  MetricPoint,
  ModelOutput,
  RunStatus,
} from "./entities.ts";

/** Something that comes from another tracking server, as it was there: ids, times and states are kept. */
export interface ImportedExperiment {
  readonly id: string;
  readonly name: string;
  readonly state: LifecycleState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ImportedRun {
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly state: LifecycleState;
  readonly userName: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly DatasetInput[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly ModelOutput[];
  /** A foreign address, opaque to the server; without it the server keeps the artifacts. */
  readonly artifactLocation?: string | undefined;
}

export interface ImportedLoggedModel {
  readonly id: string;
  readonly name: string;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly status: LoggedModelStatus;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Of runs that are there already. */
  readonly metrics: readonly LoggedModelMetric[];
  readonly artifactLocation?: string | undefined;
}

/** What there is of a run that was to be imported. */
export interface ImportedRunState {
  readonly id: string;
  readonly isNew: boolean;
  /** The experiment it is in, which for a run that was there before may be another. */
  readonly experimentId: string;
  readonly points: number;
}

interface ImportOrder {
  /** Where it comes from, for the ledger: an address without its password. */
  readonly source: string;
  readonly actor: string;
}

/**
 * Orders that take over what another server recorded. Each adds what is missing and changes nothing that
 * is there, so all may be given again: after an interruption, or when the source has grown.
 */
export interface ImportCommands {
  /** An experiment is known by its name; a new one keeps its id where that is free. */
  importExperiment(
    order: ImportOrder & { readonly experiment: ImportedExperiment },
  ): Promise<{ readonly id: string; readonly isNew: boolean }>;
  /** The whole of a run but its measurements, which come in pieces. */
  importRuns(
    order: ImportOrder & { readonly experimentId: string; readonly runs: readonly ImportedRun[] },
  ): Promise<readonly ImportedRunState[]>;
  importPoints(order: { readonly runId: string; readonly points: readonly MetricPoint[] }): Promise<void>;
  /** How many were new. */
  importLoggedModels(
    order: ImportOrder & { readonly experimentId: string; readonly models: readonly ImportedLoggedModel[] },
  ): Promise<number>;
}
