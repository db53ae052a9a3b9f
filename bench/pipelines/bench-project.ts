import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { migrations as columnarMigrations } from "#kernel/columnar";
import { openDatabase } from "#kernel/db";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createJobQueue, migrations as jobMigrations } from "#kernel/jobs";
import { migrations } from "#pipelines";
import type { Execution, PipelinesParts } from "#pipelines";
import { migrations as trackingMigrations } from "#tracking";

import { openTestProject } from "../../src/domain/pipelines/test-project.ts";
import type { TestProject } from "../../src/domain/pipelines/test-project.ts";

export interface BenchProject extends TestProject {
  /** Runs it and gives the milliseconds it took; throws unless every step ended so. */
  timed(
    state: "succeeded" | "cached",
  ): Promise<{ readonly elapsedMs: number; readonly execution: Execution }>;
  close(): Promise<void>;
}

/** Pipelines over one project, with everything durable as in a server: database, ledger, jobs, blobs on the disk. */
export async function openBenchProject(
  folder: string,
  options: Partial<PipelinesParts> = {},
): Promise<BenchProject> {
  const own = await mkdtemp(join(folder, "bench-"));
  const db = openDatabase({ location: join(own, "state.db") });
  await db.migrate(
    [eventMigrations, jobMigrations, columnarMigrations, trackingMigrations, migrations].flat(),
  );
  const clock = systemClock;
  const jobs = createJobQueue({ db, clock });
  const blobs = createDiskBlobs({ folder: join(own, "blobs") });
  const ledger = createLedger({ db, clock });
  const parts = { db, clock, jobs, blobs, ledger, folder: own };
  const project = openTestProject(parts, await mkdtemp(join(own, "project-")), options);
  return {
    ...project,
    async timed(state) {
      const startedMs = performance.now();
      const execution = await project.run();
      const elapsedMs = performance.now() - startedMs;
      const other = execution.steps.find((step) => step.state !== state);
      if (other === undefined) return { elapsedMs, execution };
      throw new Error(`the step ${other.stage} is ${other.state}, not ${state}: ${other.reason}`);
    },
    async close() {
      await jobs.stop();
      await db.close();
    },
  };
}

/** A chain of stages, each of which reads what the one before it wrote. */
export function chainOf(stages: number, command: (index: number) => string): string {
  const lines = Array.from({ length: stages }, (_, index) => {
    const dependency = index === 0 ? "in" : `o${index - 1}`;
    return `  s${index}: {cmd: '${command(index)} > o${index}', deps: [${dependency}], outs: [o${index}]}`;
  });
  return `stages:\n${lines.join("\n")}\n`;
}

/** Stages that read nothing of each other. */
export function besideEachOther(stages: number, command: string): string {
  const lines = Array.from(
    { length: stages },
    (_, index) =>
      `  s${index}: {cmd: '${command}; echo ${index} > o${index}', deps: [in], outs: [o${index}]}`,
  );
  return `stages:\n${lines.join("\n")}\n`;
}

/** A template that gives so many stages, ten to the power of its axes. */
export function fanOut(axes: number): string {
  const names = Array.from({ length: axes }, (_, index) => `a${index}`);
  const matrix = names.map((name) => `${name}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]`).join(", ");
  const key = names.map((name) => `\${item.${name}}`).join("");
  return `stages:\n  s:\n    matrix: {${matrix}}\n    cmd: echo ${key} > out/${key}\n    deps: [in]\n    outs: ["out/${key}"]\n`;
}

/** The value below which that share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
