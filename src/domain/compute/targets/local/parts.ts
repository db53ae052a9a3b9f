import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Log } from "#kernel/log";

import type { Compute, ProcessMark } from "../../index.ts";
import type { WorkChanges } from "../changes.ts";
import type { WorkLogs } from "../log-file.ts";
import type { Runner } from "../runner.ts";
import type { SealedVariables } from "../sealed-variables.ts";

/** What running work on this machine needs. */
export interface LocalParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly blobs: Blobs;
  readonly changes: WorkChanges;
  readonly logs: WorkLogs;
  readonly runner: Runner;
  readonly sealed: SealedVariables;
  /** Work gets a folder of its own below it. */
  readonly folder: string;
  readonly checkpointEveryMs?: number;
  runProcess: Compute["runProcess"];
  ensureEnvironment: Compute["ensureEnvironment"];
  endOrphan(mark: ProcessMark): Promise<boolean>;
}
