import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { JobQueue } from "#kernel/jobs";

import { createCompute } from "#compute";
import { createTracking } from "#tracking";
import type { Tracking } from "#tracking";

import type { ExecuteOrder } from "./commands.ts";
import type { Execution } from "./entities.ts";
import { createPipelines } from "./module.ts";
import type { Pipelines, PipelinesParts } from "./module.ts";
import type { Secrets } from "./secrets.ts";

/** The texts of a project by path. */
export type Files = Readonly<Record<string, string>>;

export interface TestKernelParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly jobs: JobQueue;
  /** The state folder. */
  readonly folder: string;
}

export interface TestProject {
  readonly pipelines: Pipelines;
  readonly secrets: Secrets;
  readonly tracking: Tracking;
  readonly write: (files: Files) => Promise<void>;
  readonly start: (order?: Partial<ExecuteOrder>) => Promise<Execution>;
  /** Starts an execution and works on it to its end. */
  readonly run: (order?: Partial<ExecuteOrder>) => Promise<Execution>;
  readonly output: (execution: Execution, path: string) => Promise<string>;
}

/** For tests: pipelines over one project in `projectFolder`, with real tracking and compute. */
export function openTestProject(
  kernel: TestKernelParts,
  projectFolder: string,
  options: Partial<PipelinesParts> = {},
): TestProject {
  const tracking = createTracking({ ...kernel, isProject: async () => true });
  const pipelines = createPipelines({
    ...kernel,
    compute: createCompute({ clock: kernel.clock, cacheFolder: kernel.folder }),
    projects: {
      getProject: async (id) => ({ id, folder: projectFolder, pipeline: { file: "dvc.yaml" }, python: null }),
    },
    datasets: { resolve: async () => [] },
    runs: {
      async start(run) {
        const tags = Object.entries(run.tags).map(([key, value]) => ({ key, value }));
        const created = await tracking.commands.createRun({ ...run, tags });
        return { runId: created.id, experimentId: created.experimentId };
      },
      finish: async (runId, status, actor) => void (await tracking.commands.finishRun(runId, status, actor)),
      trackingUri: () => "http://127.0.0.1:1",
    },
    stateFolder: kernel.folder,
    slots: 2,
    ...options,
  });
  const start = async (order: Partial<ExecuteOrder> = {}): Promise<Execution> =>
    await pipelines.commands.execute({
      project: "p",
      purpose: { kind: "requested", reason: "test" },
      actor: "usr_a",
      ...order,
    });
  return {
    pipelines,
    secrets: pipelines.secrets,
    tracking,
    start,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(projectFolder, path)), { recursive: true });
        await writeFile(join(projectFolder, path), text);
      }
    },
    async run(order) {
      const { id } = await start(order);
      await kernel.jobs.settle();
      return await pipelines.getExecution(id);
    },
    output: async (execution, path) => Buffer.from(await pipelines.readOutput(execution.id, path)).toString(),
  };
}
