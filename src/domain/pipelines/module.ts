import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { Blobs } from "#kernel/blobs";
import { dayMs, hourMs } from "#kernel/clock";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import { silentLog } from "#kernel/log";
import type { Log } from "#kernel/log";

import type { Compute } from "#compute";

import type { PipelinesCommands } from "./commands.ts";
import { createExecutor } from "./execution/executor.ts";
import { giveUp } from "./execution/give-up.ts";
import { createLogs } from "./execution/logs.ts";
import { createSlots } from "./execution/slots.ts";
import { createLogRoutes } from "./log-routes.ts";
import { createOrders } from "./orders.ts";
import type { DatasetsPort, ProjectsPort, RunsPort, StepListener } from "./ports.ts";
import { createQuestions } from "./questions.ts";
import type { PipelinesQuestions } from "./questions.ts";
import { createRoutes } from "./routes.ts";

export interface Pipelines extends PipelinesQuestions {
  readonly commands: PipelinesCommands;
  readonly routes: readonly Route[];
}

export interface PipelinesParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly compute: Compute;
  readonly projects: ProjectsPort;
  readonly datasets: DatasetsPort;
  readonly runs: RunsPort;
  /** Who hears what steps report on the way. Nobody by default. */
  readonly listeners?: readonly StepListener[];
  /** The state folder of the server: executions work below it, and their logs stay there. */
  readonly stateFolder: string;
  readonly log?: Log;
  /** How many steps run at once on this machine; the number of its cores by default. */
  readonly slots?: number;
  /** 50 MB by default. */
  readonly maximumLogBytes?: number;
  /** What a step gets that has no meta.timeout. One hour by default. */
  readonly stepTimeoutMs?: number;
}

const executionsAtOnce = 4;
// Only the death of a server and trouble with its disk or database count; a step that fails does not.
const maximumAttempts = 20;

/** Builds pipelines: what a project's stages are, and the running of them. Apply `migrations` first. */
export function createPipelines(parts: PipelinesParts): Pipelines {
  const slotCount = parts.slots ?? availableParallelism();
  const executionParts = {
    ...parts,
    log: parts.log ?? silentLog,
    listeners: parts.listeners ?? [],
    logs: createLogs(join(parts.stateFolder, "logs", "executions")),
    slots: createSlots(slotCount),
    slotCount,
    executionsFolder: join(parts.stateFolder, "executions"),
    snapshotsFolder: join(parts.stateFolder, "snapshots"),
    maximumLogBytes: parts.maximumLogBytes ?? 50_000_000,
    stepTimeoutMs: parts.stepTimeoutMs ?? hourMs,
  };
  const executor = createExecutor(executionParts);
  parts.jobs.define("pipelines.execute", {
    concurrency: executionsAtOnce,
    maxAttempts: maximumAttempts,
    timeoutMs: 20 * dayMs,
    run: executor.run,
    gaveUp: async (job, error) => await giveUp(executionParts, job, error),
  });
  const questions = createQuestions(executionParts);
  const commands = createOrders({ ...executionParts, executor });
  const routes = [...createRoutes(questions, commands), ...createLogRoutes(questions, executionParts.logs)];
  return { ...questions, commands, routes };
}
