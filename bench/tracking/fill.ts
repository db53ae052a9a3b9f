import { join } from "node:path";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { openDatabase } from "#kernel/db";
import { createLedger } from "#kernel/events";
import { migrations } from "#main";
import { createTracking } from "#tracking";

import { contentOf } from "./cases.ts";

/** Through tracking's own orders, many at once, so that the state is the one that clients would have left. */
export async function fillRuns({
  stateFolder,
  database,
  runCount,
}: {
  readonly stateFolder: string;
  readonly database: string | undefined;
  readonly runCount: number;
}): Promise<void> {
  const db = openDatabase({ location: database ?? join(stateFolder, "gyre.db") });
  await db.migrate(migrations);
  const clock = systemClock;
  const ledger = createLedger({ db, clock });
  const blobs = createDiskBlobs({ folder: join(stateFolder, "blobs") });
  const { commands } = createTracking({ db, ledger, blobs, clock, isProject: async () => false });
  const actor = "usr_bench";
  const { id: experimentId } = await commands.createExperiment({ name: "scale", actor });
  let next = 0;
  const write = async (): Promise<void> => {
    for (let number = next++; number < runCount; number = next++) {
      const run = await commands.createRun({ experimentId, actor, startedAtMs: 1_700_000_000_000 + number });
      const { metrics, params, tags } = contentOf(number);
      await commands.logBatch({
        runId: run.id,
        metrics: metrics.map(({ timestamp, ...metric }) => ({ ...metric, atMs: timestamp })),
        params,
        tags,
      });
      if (number % 3 > 0) await commands.finishRun(run.id, "finished", actor);
    }
  };
  try {
    await Promise.all(Array.from({ length: 64 }, write));
  } finally {
    await db.close();
  }
}
