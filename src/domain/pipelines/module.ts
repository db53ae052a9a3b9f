import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";

import type { BlobHolder, Blobs } from "#kernel/blobs";
import { dayMs, hourMs } from "#kernel/clock";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import { silentLog } from "#kernel/log";
import type { Log } from "#kernel/log";
import { createSecretBox } from "#kernel/secret-box";
import type { SecretBox } from "#kernel/secret-box";

import { targetUnknown } from "#compute";
import type { Compute, Targets } from "#compute";

import { createAutomationRoutes } from "./automation-routes.ts";
import { createBackfills } from "./backfills.ts";
import type { Backfills } from "./backfills.ts";
import type { PipelinesCommands } from "./commands.ts";
import { createExecutor } from "./execution/executor.ts";
import { giveUp } from "./execution/give-up.ts";
import { noPasses } from "./execution/pass.ts";
import { createLogs } from "./execution/logs.ts";
import { declaredGpus, findGpus } from "./execution/gpus.ts";
import { createHeldGpus } from "./execution/held-gpus.ts";
import { createPool } from "./execution/pool.ts";
import { createSharedResults } from "./execution/shared-results.ts";
import { createVerifiedOuts } from "./execution/verified-outs.ts";
import { createLogRoutes } from "./log-routes.ts";
import { createOrders } from "./orders.ts";
import type { DatasetsPort, PassesPort, ProjectsPort, RunsPort, StepListener } from "./ports.ts";
import { createQuestions } from "./questions.ts";
import type { PipelinesQuestions } from "./questions.ts";
import { createExecutionReader } from "./read-executions.ts";
import { createRoutes } from "./routes.ts";
import { createSecretRoutes } from "./secret-routes.ts";
import { createSecrets } from "./secrets.ts";
import type { Secrets } from "./secrets.ts";
import { createStepRoutes } from "./step-routes.ts";
import { createSchedules } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";
import { createTriggers } from "./triggers.ts";
import type { Triggers } from "./triggers.ts";
import { blobsInUse } from "./store/blobs-in-use.ts";
import { createPlans } from "./store/plans.ts";
import { createVerificationRoutes } from "./verification/routes.ts";
import { createVerifications } from "./verification/verifications.ts";
import type { Verifications } from "./verification/verifications.ts";
import { createWhyRoutes } from "./why-routes.ts";

export interface Pipelines extends PipelinesQuestions, Pick<BlobHolder, "blobsInUse"> {
  readonly commands: PipelinesCommands;
  readonly secrets: Secrets;
  readonly schedules: Schedules;
  readonly triggers: Triggers;
  readonly backfills: Backfills;
  readonly verifications: Verifications;
  readonly routes: readonly Route[];
}

export interface PipelinesParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly compute: Compute;
  /** Where stages run that name a target; none but this machine by default. */
  readonly targets?: Pick<Targets, "find" | "all">;
  readonly projects: ProjectsPort;
  readonly datasets: DatasetsPort;
  readonly runs: RunsPort;
  /** With what steps sign in to the server. Nobody needs to by default. */
  readonly passes?: PassesPort;
  /** Who hears what steps report on the way. Nobody by default. */
  readonly listeners?: readonly StepListener[];
  /** The state folder of the server: executions work below it, and their logs stay there. */
  readonly stateFolder: string;
  readonly log?: Log;
  /** The cores that steps may take at once on this machine; all it has by default. */
  readonly slots?: number;
  /** The GPUs that steps may take, as many or by their names; those of the machine by default. */
  readonly gpus?: number | readonly string[];
  /** Seals the secrets of projects; with a key in the state folder by default. */
  readonly secretBox?: SecretBox;
  /** 50 MB by default. */
  readonly maximumLogBytes?: number;
  /** What a step gets that has no meta.gyre.timeout. One hour by default. */
  readonly stepTimeoutMs?: number;
}

// They share the cores, so many may be under way: of one that waits for an answer or a retry nothing runs.
const executionsAtOnce = 32;
// Only the death of a server and trouble with its disk or database count; a step that fails does not.
const maximumAttempts = 20;
// However often its server died before, an execution goes on within seconds.
const longestDelayMs = 2_000;

/** Builds pipelines: what a project's stages are, and the running of them. Apply `migrations` first. */
export function createPipelines(parts: PipelinesParts): Pipelines {
  const box = parts.secretBox ?? createSecretBox({ file: join(parts.stateFolder, "secret.key") });
  const secrets = createSecrets({ ...parts, box });
  const gpus = parts.gpus === undefined ? findGpus() : declaredGpus(parts.gpus);
  const cores = parts.slots ?? availableParallelism();
  const pool = createPool({ cpu: cores, memoryBytes: totalmem() }, gpus);
  const folder = join(parts.stateFolder, "gpus");
  const executionParts = {
    ...parts,
    targets: parts.targets ?? { find: targetUnknown, all: () => [] },
    passes: parts.passes ?? noPasses,
    log: parts.log ?? silentLog,
    listeners: parts.listeners ?? [],
    logs: createLogs(join(parts.stateFolder, "logs", "executions")),
    gpus,
    pool,
    heldGpus: createHeldGpus({ folder, pool, hasOrphan: parts.compute.hasOrphan }),
    plans: createPlans(parts.db),
    verified: createVerifiedOuts(parts.blobs),
    shared: createSharedResults({ blobs: parts.blobs, log: parts.log ?? silentLog }),
    secrets,
    executionsFolder: join(parts.stateFolder, "executions"),
    snapshotsFolder: join(parts.stateFolder, "snapshots"),
    verificationsFolder: join(parts.stateFolder, "verifications"),
    maximumLogBytes: parts.maximumLogBytes ?? 50_000_000,
    stepTimeoutMs: parts.stepTimeoutMs ?? hourMs,
  };
  const executor = createExecutor(executionParts);
  const reader = createExecutionReader({ ...executionParts, executionsAtOnce });
  parts.jobs.define("pipelines.execute", {
    concurrency: executionsAtOnce,
    maxAttempts: maximumAttempts,
    longestDelayMs,
    timeoutMs: 20 * dayMs,
    run: executor.run,
    gaveUp: async (job, error) => await giveUp(executionParts, job, error),
  });
  const questions = createQuestions({ ...executionParts, reader });
  const commands = createOrders({ ...executionParts, executor, reader });
  const orders = { ...executionParts, jobs: parts.jobs, commands };
  const schedules = createSchedules(orders);
  const triggers = createTriggers(orders);
  const backfills = createBackfills(orders);
  const verifications = createVerifications(executionParts);
  const routes = [
    ...createRoutes(questions, commands),
    ...createStepRoutes(questions, commands),
    ...createSecretRoutes(secrets),
    ...createAutomationRoutes({ schedules, triggers, backfills }),
    ...createLogRoutes(questions, executionParts.logs),
    ...createVerificationRoutes(verifications),
    ...createWhyRoutes(parts.db, questions),
  ];
  return {
    ...questions,
    commands,
    secrets,
    schedules,
    triggers,
    backfills,
    verifications,
    routes,
    // Of studies too: their tables are made here.
    blobsInUse: () => blobsInUse(parts.db),
  };
}
