import type {
  ArtifactFile,
  ArtifactOwner,
  DatasetInput,
  Experiment,
  LoggedModel,
  LoggedModelStatus,
  ModelOutput,
  NewMetricPoint,
  Run,
  RunStatus,
} from "./entities.ts";
import type { ImportCommands } from "./import-commands.ts";
import type { KeyValue } from "./validation.ts";

export type {
  ImportCommands,
  ImportedExperiment,
  ImportedLoggedModel,
  ImportedRun,
  ImportedRunState,
} from "./import-commands.ts";

export interface NewExperiment {
  readonly name: string;
  /** Without it, the project of the same name, if there is one. */
  readonly project?: string;
  /** A foreign address, opaque to the server; without it the server keeps the artifacts. */
  readonly artifactLocation?: string | undefined;
  readonly tags?: readonly KeyValue[];
  readonly actor: string;
}

export interface NewRun {
  /** One of `experimentId`, or `project` with or without `experiment` (its name, the project's when absent). */
  readonly experimentId?: string;
  readonly project?: string;
  readonly experiment?: string;
  readonly name?: string | undefined;
  readonly tags?: readonly KeyValue[];
  readonly parentRunId?: string;
  readonly actor: string;
  /** What the client says its user is called. */
  readonly userName?: string | undefined;
  readonly startedAtMs: number;
}

export interface NewLoggedModel {
  readonly experimentId: string;
  readonly name?: string | undefined;
  readonly modelType?: string | undefined;
  readonly sourceRunId?: string | undefined;
  readonly params?: readonly KeyValue[];
  readonly tags?: readonly KeyValue[];
  readonly actor: string;
}

/** The orders of tracking. Each is one transaction, and may be sent again without further effect, but for those that create. */
export interface TrackingCommands {
  createExperiment(experiment: NewExperiment): Promise<Experiment>;
  /** The project's experiment of this name (the project's own when absent), made when it is missing. */
  ensureExperiment(wanted: { project: string; name?: string; actor: string }): Promise<Experiment>;
  renameExperiment(order: { id: string; name: string; actor: string }): Promise<void>;
  deleteExperiment(order: { id: string; actor: string }): Promise<void>;
  restoreExperiment(order: { id: string; actor: string }): Promise<void>;
  setExperimentTag(order: { id: string; tag: KeyValue }): Promise<void>;
  deleteExperimentTag(order: { id: string; key: string }): Promise<void>;
  createRun(run: NewRun): Promise<Run>;
  updateRun(order: {
    runId: string;
    status?: RunStatus | undefined;
    endedAtMs?: number | undefined;
    name?: string | undefined;
    actor: string;
  }): Promise<Run>;
  /** Ends a run now. Repeating it changes nothing. */
  finishRun(runId: string, status: RunStatus, actor: string): Promise<Run>;
  deleteRun(order: { runId: string; actor: string }): Promise<void>;
  restoreRun(order: { runId: string; actor: string }): Promise<void>;
  logBatch(order: {
    runId: string;
    metrics?: readonly NewMetricPoint[];
    params?: readonly KeyValue[];
    tags?: readonly KeyValue[];
    /** Whether it is one thing logged alone: then a refusal names it without its place in a list. */
    isSingle?: boolean;
  }): Promise<void>;
  deleteRunTag(order: { runId: string; key: string }): Promise<void>;
  logInputs(order: {
    runId: string;
    datasets?: readonly DatasetInput[];
    modelIds?: readonly string[];
  }): Promise<void>;
  logOutputs(order: { runId: string; models: readonly ModelOutput[] }): Promise<void>;
  createLoggedModel(model: NewLoggedModel): Promise<LoggedModel>;
  finishLoggedModel(order: {
    modelId: string;
    status: LoggedModelStatus;
    actor: string;
  }): Promise<LoggedModel>;
  deleteLoggedModel(order: { modelId: string; actor: string }): Promise<void>;
  setLoggedModelTags(order: { modelId: string; tags: readonly KeyValue[] }): Promise<LoggedModel>;
  deleteLoggedModelTag(order: { modelId: string; key: string }): Promise<void>;
  logLoggedModelParams(order: { modelId: string; params: readonly KeyValue[] }): Promise<void>;
  /** Stores bytes under a path of a run (its id) or a logged model; replaces what the path named. */
  putArtifact(
    owner: ArtifactOwner | string,
    path: string,
    bytes: Uint8Array | AsyncIterable<Uint8Array>,
  ): Promise<ArtifactFile>;
  /** Deletes a file, or all files below a folder ("" for all); gives how many. */
  deleteArtifacts(order: { owner: ArtifactOwner | string; path: string; actor: string }): Promise<number>;
  readonly imports: ImportCommands;
}
