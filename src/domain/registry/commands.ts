import type { ModelVersion, NamedModel, NamedVersion, VersionFile } from "./index.ts";
import type { RegistryImports } from "./named-import.ts";

export type { ImportedModel, ImportedVersion, RegistryImports } from "./named-import.ts";

export interface RegistryCommands {
  /**
   * Registers what an execution left at the charter's `model.path`: digest of every file, signature,
   * conversion with its parity check, origin. An execution is registered once; a second order returns
   * the version there is. Throws `model_files_missing`, `model_unreadable`, `model_not_convertible`.
   */
  registerFromExecution(order: {
    readonly executionId: string;
    readonly actor: string;
  }): Promise<ModelVersion>;
  /** Registers the charter's rule without ML as a version of the model; the same text is registered once. */
  registerBaseline(order: { readonly project: string; readonly actor: string }): Promise<ModelVersion>;
  /** Points an alias at a version; the ledger keeps where it pointed before. Throws `model_alias_invalid`. */
  setAlias(order: {
    readonly versionId: string;
    readonly alias: string;
    readonly actor: string;
    /** Why, for the ledger. */
    readonly reason?: string | undefined;
  }): Promise<void>;
  readonly named: NamedModelCommands;
  readonly imports: RegistryImports;
}

/**
 * Orders about models by their flat names, as MLflow's clients give them. Throw `model_not_found` and
 * `model_version_not_found`; those that would change what a project made throw `model_kept`.
 */
export interface NamedModelCommands {
  /** Throws `model_exists`. */
  createModel(order: {
    readonly name: string;
    readonly description: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly actor: string;
  }): Promise<NamedModel>;
  /** Throws `model_exists`. */
  renameModel(order: {
    readonly name: string;
    readonly newName: string;
    readonly actor: string;
  }): Promise<NamedModel>;
  describeModel(order: {
    readonly name: string;
    readonly description: string;
    readonly actor: string;
  }): Promise<NamedModel>;
  deleteModel(order: { readonly name: string; readonly actor: string }): Promise<void>;
  /** An undefined value deletes the tag. */
  setModelTag(order: {
    readonly name: string;
    readonly key: string;
    readonly value: string | undefined;
    readonly actor: string;
  }): Promise<void>;
  /** An undefined number deletes the alias. */
  setAlias(order: {
    readonly name: string;
    readonly alias: string;
    readonly number: number | undefined;
    readonly actor: string;
    readonly reason?: string | undefined;
  }): Promise<void>;
  /**
   * Keeps files that a client logged as a version: by content, so that nothing done to the run changes it.
   * Files that are elsewhere stay there: the version then keeps their address, as text for clients.
   * Nothing here runs such a version, so it cannot be released.
   */
  createVersion(order: {
    readonly name: string;
    readonly source: string;
    readonly files: readonly VersionFile[];
    readonly address?: string | undefined;
    readonly runId: string | undefined;
    readonly loggedModelId: string | undefined;
    readonly runLink: string;
    readonly description: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly actor: string;
  }): Promise<NamedVersion>;
  describeVersion(order: {
    readonly name: string;
    readonly number: number;
    readonly description: string;
    readonly actor: string;
  }): Promise<NamedVersion>;
  /** A label only: releases are made elsewhere. Throws `model_stage_invalid`. */
  setStage(order: {
    readonly name: string;
    readonly number: number;
    readonly stage: string;
    readonly archiveExisting: boolean;
    readonly actor: string;
    readonly reason?: string | undefined;
  }): Promise<NamedVersion>;
  deleteVersion(order: {
    readonly name: string;
    readonly number: number;
    readonly actor: string;
  }): Promise<void>;
  /** An undefined value deletes the tag. */
  setVersionTag(order: {
    readonly name: string;
    readonly number: number;
    readonly key: string;
    readonly value: string | undefined;
    readonly actor: string;
  }): Promise<void>;
}
