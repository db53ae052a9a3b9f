import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { migrations as columnarMigrations } from "#kernel/columnar";
import { openDatabase } from "#kernel/db";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createJobQueue, migrations as jobMigrations } from "#kernel/jobs";
import { migrations } from "#pipelines";
import { migrations as trackingMigrations } from "#tracking";

import { openTestProject } from "../src/domain/pipelines/test-project.ts";
import type { Figure, Measurement } from "./figures.ts";

const run = promisify(execFile);
const stepCount = 100;

/**
 * What the engine adds to a step: a chain of steps whose command only writes a file of a few bytes,
 * everything durable: a run, the result, its bytes and three transactions a step. The second time every
 * step is taken from the cache. The peer is DVC on the same `dvc.yaml`, where a `dvc` is in PATH.
 */
export const pipeline: Measurement = {
  name: "pipeline",
  title: `Pipeline: a chain of ${stepCount} steps, each an echo into a file`,
  async measure({ folder }) {
    const [first, second] = await measureOurs(folder);
    const peer = await measureDvc(await mkdtemp(join(folder, "dvc-")));
    const ratio = (ours: number, theirs: number | undefined) =>
      theirs === undefined ? {} : { ratio: ours / theirs };
    const absent = peer === undefined ? { note: "no dvc in PATH to compare with" } : {};
    const figures: Figure[] = [
      {
        what: "first run, with its process",
        value: first,
        unit: "ms a step",
        ...ratio(first, peer?.first),
        ...absent,
      },
      {
        what: "second run, all from the cache",
        value: second,
        unit: "ms a step",
        ...ratio(second, peer?.second),
      },
    ];
    if (peer !== undefined) {
      figures.push({ what: "peer: dvc repro, first run", value: peer.first, unit: "ms a step" });
      figures.push({ what: "peer: dvc repro, nothing to do", value: peer.second, unit: "ms a step" });
    }
    return figures;
  },
};

const definition = `stages:\n${Array.from({ length: stepCount }, (_, index) => {
  const dependency = index === 0 ? "in" : `o${index - 1}`;
  return `  s${index}: {cmd: echo ${index} > o${index}, deps: [${dependency}], outs: [o${index}]}`;
}).join("\n")}\n`;

async function measureOurs(folder: string): Promise<readonly [first: number, second: number]> {
  const db = openDatabase({ location: join(folder, "state.db") });
  await db.migrate(
    [eventMigrations, jobMigrations, columnarMigrations, trackingMigrations, migrations].flat(),
  );
  const clock = systemClock;
  const jobs = createJobQueue({ db, clock });
  const blobs = createDiskBlobs({ folder: join(folder, "blobs") });
  const ledger = createLedger({ db, clock });
  const projectFolder = await mkdtemp(join(folder, "project-"));
  const project = openTestProject({ db, clock, jobs, blobs, ledger, folder }, projectFolder);
  await project.write({ "dvc.yaml": definition, in: "1" });
  const measured = async (state: string): Promise<number> => {
    const startedMs = performance.now();
    const execution = await project.run();
    const elapsedMs = performance.now() - startedMs;
    const other = execution.steps.find((step) => step.state !== state);
    if (other !== undefined) throw new Error(`the step ${other.stage} is ${other.state}, not ${state}`);
    return elapsedMs / stepCount;
  };
  try {
    return [await measured("succeeded"), await measured("cached")];
  } finally {
    await jobs.stop();
    await db.close();
  }
}

/** Undefined where there is no `dvc`. */
async function measureDvc(folder: string): Promise<{ first: number; second: number } | undefined> {
  const dvc = async (...words: string[]): Promise<number> => {
    const startedMs = performance.now();
    await run("dvc", words, { cwd: folder, env: { ...process.env, DVC_NO_ANALYTICS: "1" } });
    return (performance.now() - startedMs) / stepCount;
  };
  try {
    await dvc("version");
  } catch {
    return undefined;
  }
  await writeFile(join(folder, "dvc.yaml"), definition);
  await writeFile(join(folder, "in"), "1");
  await dvc("init", "--no-scm", "--quiet");
  const first = await dvc("repro", "--quiet");
  return { first, second: await dvc("repro", "--quiet") };
}
