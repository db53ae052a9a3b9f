import type { Page } from "#tracking";

import type { VersionFile } from "./index.ts";

/** A registered model under its flat name, as MLflow's clients see it. */
export interface NamedModel {
  readonly name: string;
  readonly project: string | null;
  readonly description: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Alias to version number. */
  readonly aliases: Readonly<Record<string, number>>;
  /** The newest of each stage. */
  readonly latestVersions: readonly NamedVersion[];
}

export interface NamedVersion {
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

export interface NamedSearch {
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

/** The files of a version, and whose permission it takes to read them. */
export interface VersionFileAccess {
  /** The flat name. */
  readonly name: string;
  readonly project: string | null;
  readonly files: readonly VersionFile[];
}

/**
 * The registry under one flat space of names: what a project made has its model's name there, or
 * `<project>.<model>` where another project took that first. Absent things are Problems whose messages
 * contain what MLflow's clients look for.
 */
export interface NamedModels {
  /** The project a model has, or would have if it were made now. */
  projectOfModel(name: string): Promise<string | null>;
  /** Throws `model_not_found`. */
  getModel(name: string): Promise<NamedModel>;
  searchModels(search: NamedSearch): Promise<Page<NamedModel>>;
  /** Throws `model_not_found`, `model_version_not_found`. */
  getVersion(name: string, number: number): Promise<NamedVersion>;
  /** `latest` is the newest. */
  findByAlias(name: string, alias: string): Promise<NamedVersion>;
  searchVersions(search: NamedSearch): Promise<Page<NamedVersion>>;
  /** By its id; undefined when it was deleted. */
  findVersion(versionId: string): Promise<NamedVersion | undefined>;
  filesOfVersion(name: string, number: number): Promise<VersionFileAccess>;
  /** By the id in a version's download address. Throws `model_version_not_found`. */
  filesOf(versionId: string): Promise<VersionFileAccess>;
}
