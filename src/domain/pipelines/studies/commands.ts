import type { StudyDeclaration } from "#objectives";

import type { Study } from "./entities.ts";

/** The orders of studies. */
export interface StudyCommands {
  /**
   * Begins a study: the one that the charter declares by this name, or the declaration given. The code and the
   * data are those of now. Throws `study_not_declared`, `study_parameter_unused`, and what is wrong with the
   * pipeline, its parameters or its data.
   */
  startStudy(order: {
    readonly project: string;
    readonly name: string;
    readonly declaration?: StudyDeclaration;
    readonly actor: string;
  }): Promise<Study>;
  /** Ends a running study and cancels its running trials; one that has ended stays as it is. Throws `study_not_found`. */
  stopStudy(id: string, actor: string): Promise<Study>;
  /**
   * Goes on with a study that has ended, perhaps up to more trials; failures are counted anew. Throws
   * `study_not_found`, `study_is_running`, `study_complete`.
   */
  resumeStudy(order: {
    readonly id: string;
    readonly actor: string;
    /** How many trials there will be altogether. */
    readonly trials?: number;
  }): Promise<Study>;
}
