import type { Extension } from "./extend.ts";
import type { DatasetVersion } from "./index.ts";

export interface ImportVersion {
  readonly project: string;
  readonly dataset: string;
  /** A CSV file with a header line, UTF-8. */
  readonly path: string;
  /** Where it comes from, in words. */
  readonly source: string;
  readonly parent?: string;
  /** The contract's text and the file it stands in, for messages with a line. */
  readonly contract?: { readonly text: string; readonly file: string };
  readonly actor: string;
}

export interface ExtendVersion {
  /** The version that gets rows behind it. */
  readonly versionId: string;
  readonly extension: Extension;
  readonly source: string;
  readonly contract?: ImportVersion["contract"];
  readonly actor: string;
}

/** The orders: only loops, protocols, the command line and the module's own routes give them. */
export interface DataCommands {
  /**
   * Keeps the file as the next version, checks its contract and profiles it. The same bytes under the
   * same contract as the newest version are that version, not a new one. A breach quarantines.
   * Throws `data_unreadable`, `data_file_missing`, or the contract's own mistakes.
   */
  importVersion(order: ImportVersion): Promise<DatasetVersion>;
  /** Makes the next version of a data set: an earlier one with further rows behind it. */
  extendVersion(order: ExtendVersion): Promise<DatasetVersion>;
}
