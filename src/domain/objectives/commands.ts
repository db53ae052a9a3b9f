import type { Digest } from "#kernel/digest";

/** The orders of the objectives module. */
export interface ObjectivesCommands {
  /**
   * Makes the server agree with a project file: the project comes to be on first use. Throws
   * `project_file_invalid`, and `project_name_differs` when `project` is given and the text names another.
   * Applying the newest version again changes nothing.
   */
  applyCharter(order: ApplyCharter): Promise<AppliedCharter>;
}

export interface ApplyCharter {
  /** The whole text of the file. */
  readonly text: string;
  /** How its writer calls the file, for messages; `gyre.yaml` when absent. */
  readonly file?: string;
  /** The project it is meant for, where that is known beforehand. */
  readonly project?: string;
  /** The absolute path of the project's folder on this machine; the known one stays when absent. */
  readonly folder?: string;
  readonly actor: string;
}

export interface AppliedCharter {
  readonly project: string;
  readonly version: number;
  readonly digest: Digest;
  /** Whether the project is new. */
  readonly created: boolean;
  /** False when the server held this very text already. */
  readonly applied: boolean;
  /** Names as in the event `charter.applied`. */
  readonly changed: readonly string[];
}
