/** A pipeline on its way to an orchestrator. */
export interface ExportedPipeline {
  readonly project: string;
  /** Where the orchestrator reaches this server. */
  readonly url: string;
  /** In an order in which each comes after those it depends on. */
  readonly stages: readonly ExportedStage[];
}

export interface ExportedStage {
  /** Such as `train@small`. */
  readonly name: string;
  readonly description: string | null;
  readonly dependsOn: readonly string[];
}

/** What a format gives: a text, and the name its file usually has. */
export interface ExportedFile {
  readonly file: string;
  readonly text: string;
}
