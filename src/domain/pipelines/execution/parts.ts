import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Log } from "#kernel/log";

import type { Compute, Environment } from "#compute";

import type { DatasetsPort, ProjectsPort, RunsPort, StepListener } from "../ports.ts";
import type { Logs } from "./logs.ts";
import type { Slots } from "./slots.ts";
import type { Workspace } from "./workspace.ts";

/** What the work on executions needs. */
export interface ExecutionParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly log: Log;
  readonly compute: Compute;
  readonly projects: ProjectsPort;
  readonly datasets: DatasetsPort;
  readonly runs: RunsPort;
  readonly listeners: readonly StepListener[];
  readonly logs: Logs;
  readonly slots: Slots;
  readonly slotCount: number;
  /** Holds one folder for each execution at work, and the last few that failed. */
  readonly executionsFolder: string;
  readonly maximumLogBytes: number;
  readonly stepTimeoutMs: number;
}

/** One execution while this process works on it. */
export interface OpenExecution {
  readonly id: string;
  readonly project: string;
  readonly actor: string;
  readonly workspace: Workspace;
  readonly environment: Environment | null;
  /** Aborts when its person cancels it. */
  readonly cancelled: AbortSignal;
  /** Aborts when it is cancelled, or this process must leave it. */
  readonly signal: AbortSignal;
  /** Runs the work in a transaction in which this process still holds the execution. Throws when it does not. */
  write<Result>(work: () => Promise<Result>): Promise<Result>;
}
