import type { ModelVersion } from "./index.ts";

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
  /** Points an alias at a version; the ledger keeps where it pointed before. */
  setAlias(order: {
    readonly versionId: string;
    readonly alias: string;
    readonly actor: string;
  }): Promise<void>;
}
