import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { migrations as columnarMigrations } from "#kernel/columnar";
import { openDatabase } from "#kernel/db";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createJobQueue, migrations as jobMigrations } from "#kernel/jobs";
import { migrations } from "#pipelines";
import { migrations as trackingMigrations } from "#tracking";

import { openTestProject } from "../src/domain/pipelines/test-project.ts";

// What the engine adds to a step: `node bench/pipeline-steps.ts [folder]`. A chain of steps whose
// command only writes a file of a few bytes, in a state folder on a real disk, everything durable: a
// run, the result, its bytes and three transactions a step. The second time every step is taken over.

const stepCount = 100;
const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), "gyre-bench-"));
const db = openDatabase({ location: join(folder, "state.db") });
await db.migrate([
  ...eventMigrations,
  ...jobMigrations,
  ...columnarMigrations,
  ...trackingMigrations,
  ...migrations,
]);
const clock = systemClock;
const jobs = createJobQueue({ db, clock });
const blobs = createDiskBlobs({ folder: join(folder, "blobs") });
const ledger = createLedger({ db, clock });
const projectFolder = await mkdtemp(join(folder, "project-"));
const project = openTestProject({ db, clock, jobs, blobs, ledger, folder }, projectFolder);
const stages = Array.from(
  { length: stepCount },
  (_, index) =>
    `  s${index}: {cmd: echo ${index} > o${index}, deps: [${index === 0 ? "in" : `o${index - 1}`}], outs: [o${index}]}`,
);
await project.write({ "dvc.yaml": `stages:\n${stages.join("\n")}\n`, in: "1" });

const measure = async (label: string): Promise<void> => {
  const startedMs = performance.now();
  const execution = await project.run();
  const elapsedMs = performance.now() - startedMs;
  const states = [...new Set(execution.steps.map((step) => step.state))].join();
  console.log(`${label}: ${(elapsedMs / stepCount).toFixed(1)} ms a step (${stepCount} steps, ${states})`);
};
await measure("first run, with the processes");
await measure("second run, taken over");
await jobs.stop();
await db.close();
await rm(folder, { recursive: true });
