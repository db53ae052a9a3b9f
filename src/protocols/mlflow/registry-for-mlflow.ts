import type { Page } from "#tracking";

/** A registered model as MLflow's clients see it. */
export interface ForeignModel {
  readonly name: string;
  readonly project: string | null;
  readonly description: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Alias to version number. */
  readonly aliases: Readonly<Record<string, number>>;
  readonly latestVersions: readonly ForeignVersion[];
}

export interface ForeignVersion {
  readonly name: string;
  readonly project: string | null;
  readonly number: number;
  readonly description: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly actor: string;
  /** Where the client said the files are: `models:/m-…` or an artifact address of this server. */
  readonly source: string;
  /** Where a client may download the files. */
  readonly downloadAddress: string;
  readonly runId: string;
  readonly runLink: string;
  readonly loggedModelId: string;
  readonly state: "registering" | "ready" | "rejected";
  readonly stateMessage: string;
  /** None, Staging, Production or Archived: a label, it decides nothing. */
  readonly stage: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
}

export interface ModelSearch {
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

/**
 * What the routes of registered models need of a registry. MLflow's names are one flat space; which
 * project a name belongs to is the registry's to say. Absent things are Problems of kind `not_found`
 * whose messages contain what clients look for (`Registered Model with name=… not found`, `Model
 * Version (name=…, version=…) not found`), an existing name is the code `model_exists`.
 */
export interface RegistryForMlflow {
  /** The project a model has, or would have if it were made now: asked before every call. */
  projectOfModel(name: string): Promise<string | null>;
  getModel(name: string): Promise<ForeignModel>;
  searchModels(search: ModelSearch): Promise<Page<ForeignModel>>;
  createModel(order: {
    name: string;
    description: string;
    tags: Readonly<Record<string, string>>;
    actor: string;
  }): Promise<ForeignModel>;
  renameModel(order: { name: string; newName: string; actor: string }): Promise<ForeignModel>;
  describeModel(order: { name: string; description: string; actor: string }): Promise<ForeignModel>;
  deleteModel(order: { name: string; actor: string }): Promise<void>;
  /** An undefined value deletes the tag. */
  setModelTag(order: { name: string; key: string; value: string | undefined; actor: string }): Promise<void>;
  /** An undefined number deletes the alias. */
  setAlias(order: { name: string; alias: string; number: number | undefined; actor: string }): Promise<void>;
  getVersion(name: string, number: number): Promise<ForeignVersion>;
  findByAlias(name: string, alias: string): Promise<ForeignVersion>;
  searchVersions(search: ModelSearch): Promise<Page<ForeignVersion>>;
  /** `files` are the artifacts that `source` names: content, so that nothing done to the run changes the version. */
  createVersion(order: {
    name: string;
    source: string;
    files: readonly { path: string; digest: string; sizeBytes: number }[];
    runId: string | undefined;
    loggedModelId: string | undefined;
    runLink: string;
    description: string;
    tags: Readonly<Record<string, string>>;
    actor: string;
  }): Promise<ForeignVersion>;
  describeVersion(order: {
    name: string;
    number: number;
    description: string;
    actor: string;
  }): Promise<ForeignVersion>;
  setStage(order: {
    name: string;
    number: number;
    stage: string;
    archiveExisting: boolean;
    actor: string;
  }): Promise<ForeignVersion>;
  deleteVersion(order: { name: string; number: number; actor: string }): Promise<void>;
  setVersionTag(order: {
    name: string;
    number: number;
    key: string;
    value: string | undefined;
    actor: string;
  }): Promise<void>;
}
