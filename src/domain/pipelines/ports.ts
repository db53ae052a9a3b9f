import type { Digest } from "#kernel/digest";

/** What pipelines must know of a project. */
export interface PipelineProject {
  readonly id: string;
  /** The absolute path of the folder with gyre.yaml. */
  readonly folder: string;
  /** The pipeline file from the folder, and where in it the pipeline stands when that is not its top. */
  readonly pipeline: { readonly file: string; readonly at?: readonly string[] };
  /** The requirements file from the folder, and the rule for Python's version; null for stages without Python. */
  readonly python: { readonly requirements: string; readonly version: string } | null;
}

export interface ProjectsPort {
  getProject(id: string): Promise<PipelineProject>;
}

/** A version of a data set that stands at a path of the project while its pipeline runs. */
export interface DatasetInput {
  readonly name: string;
  readonly versionId: string;
  /** From the project's folder, such as `data/messages.csv`. */
  readonly path: string;
  readonly digest: Digest;
  readonly state: "usable" | "quarantined";
  /** Why it is in quarantine, in whole sentences. */
  readonly reason?: string;
  /** Writes a copy that the pipeline may do with as it likes. */
  materialise(target: string): Promise<void>;
}

export interface DatasetsPort {
  /** For each data set of the project the version named by its id, or the latest usable one. */
  resolve(project: string, versions: Readonly<Record<string, string>>): Promise<readonly DatasetInput[]>;
}

/** The run that tracks a step. Both write to the database alone, and join the transaction they are called in. */
export interface RunsPort {
  start(run: {
    readonly project: string;
    readonly name: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly actor: string;
    readonly startedAtMs: number;
  }): Promise<{ readonly runId: string; readonly experimentId: string }>;
  finish(runId: string, status: "finished" | "failed" | "killed", actor: string): Promise<void>;
  /** Where clients of tracking reach the server; asked when a step starts. */
  trackingUri(): string;
}
