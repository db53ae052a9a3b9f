import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { JobQueue } from "#kernel/jobs";
import type { Log } from "#kernel/log";

import type { Compute } from "#compute";
import type { StudyDeclaration } from "#objectives";

import type { Pipelines } from "../module.ts";
import type { DatasetsPort, ProjectsPort } from "../ports.ts";
import type { StudyRunsPort } from "./ports.ts";

/** What the work on studies needs. */
export interface StudyParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly log: Log;
  readonly compute: Pick<Compute, "ensureEnvironment">;
  readonly pipelines: Pick<Pipelines, "getExecution" | "getExecutionRecord" | "outputs" | "readOutput"> & {
    readonly commands: Pick<Pipelines["commands"], "execute" | "cancelExecution">;
  };
  readonly projects: ProjectsPort;
  readonly datasets: DatasetsPort;
  readonly runs: StudyRunsPort;
  /** The studies that the project declares, by name. */
  readonly declared: (project: string) => Promise<Readonly<Record<string, StudyDeclaration>>>;
  /** Remembers the digests of unchanged files, one file for each project. */
  readonly snapshotsFolder: string;
}

/** One study while this process works on it. */
export interface OpenStudy {
  readonly id: string;
  /** Runs the work in a transaction in which this process still holds the study. Throws when it does not. */
  write<Result>(work: () => Promise<Result>): Promise<Result>;
}
