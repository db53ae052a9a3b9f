import { join } from "node:path";
import { after } from "node:test";

import { createDiskBlobs } from "../blobs/index.ts";
import type { Blobs } from "../blobs/index.ts";
import { createManualClock } from "../clock.ts";
import type { ManualClock } from "../clock.ts";
import { migrations as columnarMigrations } from "../columnar/index.ts";
import { openDatabase } from "../db/index.ts";
import type { Database, Migration } from "../db/index.ts";
import { createLedger, migrations as eventMigrations } from "../events/index.ts";
import type { Ledger } from "../events/index.ts";
import { createJobQueue, migrations as jobMigrations } from "../jobs/index.ts";
import type { JobQueue } from "../jobs/index.ts";
import { silentLog } from "../log.ts";
import type { Log } from "../log.ts";
import { temporaryFolder } from "./folders.ts";

/** The kernel's parts over a folder of the test's own. */
export interface TestKernel {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: ManualClock;
  readonly blobs: Blobs;
  readonly jobs: JobQueue;
  readonly log: Log;
  readonly folder: string;
}

/**
 * Builds what a module's factory is given, on SQLite or the given database, whose migrations then must
 * include the module's own. Nothing is started: `jobs.settle()` and `ledger.start()` are the test's to
 * call. All is closed when the test ends.
 */
export async function createTestKernel(
  options: {
    /** The module's own and those it needs; the kernel's are added. */
    readonly migrations?: readonly Migration[];
    /** An open database, from `describeOnEveryEngine`; a new SQLite file when absent. */
    readonly db?: Database;
    readonly startMs?: number;
  } = {},
): Promise<TestKernel> {
  const folder = await temporaryFolder();
  const db = options.db ?? openDatabase({ location: join(folder, "state.db") });
  await db.migrate([...kernelMigrations, ...(options.migrations ?? [])]);
  const clock = createManualClock(options.startMs ?? Date.UTC(2027, 0, 1));
  const ledger = createLedger({ db, clock });
  const jobs = createJobQueue({ db, clock, retryDelayMs: 1 });
  const blobs = createDiskBlobs({ folder: join(folder, "blobs") });
  after(async () => {
    await jobs.stop({ graceMs: 0 });
    await ledger.stop();
    if (options.db === undefined) await db.close();
  });
  return { db, ledger, clock, blobs, jobs, log: silentLog, folder };
}

const kernelMigrations: readonly Migration[] = [...eventMigrations, ...jobMigrations, ...columnarMigrations];
