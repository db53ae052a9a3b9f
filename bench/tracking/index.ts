import { mkdir } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";

import type { Figure, Measurement } from "../figures.ts";
import { compareTargets } from "./compare.ts";
import { findMlflow } from "./mlflow.ts";
import { measureScale } from "./scale.ts";
import { startGyre, startMlflow } from "./target.ts";
import type { Target } from "./target.ts";

/**
 * Tracking through MLflow's REST API: the whole of Gyre beside the real `mlflow server`, with one worker
 * and with its default of four, in turns in one run. The ratios count: servers and generator share the
 * machine, and on a busy one all of them are slower.
 *
 * Acknowledged means on the disk for both: Gyre syncs SQLite's write-ahead log before it answers, MLflow
 * its rollback journal and file.
 */
export const tracking: Measurement = {
  name: "tracking",
  title: "Tracking beside MLflow's own server (SQLite)",
  isLong: true,
  async measure({ folder }) {
    return await compareOn({ folder });
  },
};

/** Gyre alone with 100,000 runs: searches, start, memory. */
export const trackingAtScale: Measurement = {
  name: "tracking-scale",
  title: "Tracking with 100,000 runs (SQLite)",
  isLong: true,
  measure: ({ folder }) => measureScale(folder),
};

/** One worker, and MLflow's default; GYRE_BENCH_WORKERS names others (`1`), since each takes a core to start. */
function workerCounts(): readonly number[] {
  const given = process.env["GYRE_BENCH_WORKERS"] ?? "";
  return given === "" ? [1, 4] : given.split(",").map(Number);
}

/** GYRE_BENCH_ONLY names a piece of the names of the cases to measure. */
function isWanted(what: string): boolean {
  const only = process.env["GYRE_BENCH_ONLY"] ?? "";
  return only === "" || what.includes(only);
}

export async function compareOn(place: {
  readonly folder: string;
  /** An empty database for each server, by its number. */
  database?(index: number): Promise<string>;
}): Promise<readonly Figure[]> {
  const program = await findMlflow();
  const starts: readonly ((folder: string, database: string | undefined) => Promise<Target>)[] = [
    (folder, database) => startGyre({ folder, database }),
    ...(program === undefined
      ? []
      : workerCounts().map(
          (workers) => (folder: string, database: string | undefined) =>
            startMlflow({ program, folder, database, workers }),
        )),
  ];
  const targets: Target[] = [];
  try {
    for (const [index, start] of starts.entries()) {
      const folder = join(place.folder, `target-${index}`);
      await mkdir(folder, { recursive: true });
      targets.push(await start(folder, await place.database?.(index)));
    }
    const figures = await compareTargets(targets, isWanted);
    const load = { what: "load of the machine at the end", value: loadavg()[0] ?? 0, unit: "processes" };
    return [...figures, ...(await memoryOf(targets)), load];
  } finally {
    await Promise.all(targets.map((target) => target.stop()));
  }
}

async function memoryOf(targets: readonly Target[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { name, startMs, serverMb, residentMb } of targets) {
    const note = `with its children ${Math.round(await residentMb())} MB; first answer after ${Math.round(startMs)} ms`;
    figures.push({ what: `resident memory: ${name}`, value: await serverMb(), unit: "MB", note });
  }
  return figures;
}
