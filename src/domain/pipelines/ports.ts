import type { Digest } from "#kernel/digest";

import type { Failure, KeyParts, Stage } from "./entities.ts";

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

/** One attempt of a step, for those that hear what it reports on the way. */
export interface StepAttempt {
  readonly project: string;
  readonly execution: string;
  readonly step: string;
  readonly stage: Stage;
  /** The values of its parameters, by file and key. */
  readonly params: KeyParts["params"];
  readonly attempt: number;
  /** Whether it runs at another machine, which sees none of this one's folders. */
  readonly isElsewhere: boolean;
  /** The run that tracks it. */
  readonly runId: string;
  readonly actor: string;
  /** With which its processes sign in to this server; null where nobody must. A secret. */
  readonly token: string | null;
  /** The folder of the project's files in which it works; absolute. */
  readonly folder: string;
  /** A folder for this attempt alone, not made yet; it goes with the execution. */
  readonly scratchFolder: string;
  /** Adds a line to its log. */
  say(line: string): Promise<void>;
}

/** How the commands of an attempt ended, before that is written down. */
export interface StepEnding {
  readonly exitCode: number | null;
  /** Null when every command ended well. */
  readonly failure: Failure | null;
  readonly lastLines: readonly string[];
  readonly isCancelled: boolean;
}

/** Hears what steps report by a protocol of their own. What it throws is logged and changes nothing. */
export interface StepListener {
  /** Before the first command of each attempt. */
  listen(attempt: StepAttempt): Promise<ListeningToStep>;
}

export interface ListeningToStep {
  /** What the step's processes are told beside what all are told. */
  readonly variables: Readonly<Record<string, string>>;
  /** Each line it prints. */
  onLine?(line: string): void;
  /** After the last command: gives a truer word on why it failed, when there is one. */
  end(
    ending: StepEnding,
  ): Promise<{ readonly failure: Failure; readonly lastLines?: readonly string[] } | undefined>;
}

/**
 * The tokens with which the processes of a step sign in to this server, where everybody must. One for each
 * attempt, for the actor of its execution, within its project. All of them join the caller's transaction.
 */
export interface PassesPort {
  /** Replaces the step's earlier one. Undefined where nobody must sign in. */
  lend(pass: {
    readonly step: string;
    readonly project: string;
    readonly actor: string;
    /** As the ledger names it: `step train of execution exe_…`. */
    readonly through: string;
    readonly expiresAtMs: number;
  }): Promise<string | undefined>;
  limit(step: string, expiresAtMs: number): Promise<void>;
  end(step: string): Promise<void>;
}

/** The secrets of a project, whose values only a step's own process sees. */
export interface SecretsPort {
  /** The values by name; a name that is not set is missing. */
  valuesOf(project: string, names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
