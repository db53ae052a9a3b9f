import { join } from "node:path";

import { systemClock } from "#kernel/clock";
import { openDatabase } from "#kernel/db";
import { createLedger, migrations } from "#kernel/events";

import type { Measurement } from "./figures.ts";

const durationMs = 2_000;

/** Appends to the ledger, hash chain and all, on SQLite in a file. */
export const ledger: Measurement = {
  name: "ledger",
  title: "Events appended to the ledger (SQLite)",
  async measure({ folder }) {
    const figures = [];
    for (const perTransaction of [1, 100]) {
      const value = await appendsPerSecond(join(folder, `ledger-${perTransaction}.db`), perTransaction);
      figures.push({ what: `${perTransaction} to a transaction`, value, unit: "/s" });
    }
    return figures;
  },
};

async function appendsPerSecond(location: string, perTransaction: number): Promise<number> {
  const db = openDatabase({ location });
  try {
    await db.migrate(migrations);
    const { append } = createLedger({ db, clock: systemClock });
    const startedMs = performance.now();
    let count = 0;
    while (performance.now() - startedMs < durationMs) {
      await db.transaction(async () => {
        for (let one = 0; one < perTransaction; one++) {
          const data = { handler: "bench", seq: count++ };
          await append({
            kind: "delivery.retried",
            subject: `bench_${one}`,
            project: "bench",
            actor: "system",
            data,
          });
        }
      });
    }
    return (count / (performance.now() - startedMs)) * 1_000;
  } finally {
    await db.close();
  }
}
