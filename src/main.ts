import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { createAccess, migrations as accessMigrations } from "#access";
import { createCompute, createTargets, migrations as computeMigrations, readTargetSettings } from "#compute";
import { createData, migrations as dataMigrations } from "#data";
import { createDelivery, migrations as deliveryMigrations } from "#delivery";
import { createEvaluationDatasets, migrations as datasetMigrations } from "#evaluation-datasets";
import { gatewayProgram } from "#gateway";
import { createInsights } from "#insights";
import { openBlobs } from "#kernel/blobs";
import { dayMs, systemClock } from "#kernel/clock";
import type { Clock, ManualClock } from "#kernel/clock";
import { createAnalyst, migrations as columnarMigrations, segmentBlobsInUse } from "#kernel/columnar";
import type { Config } from "#kernel/config";
import { openDatabase } from "#kernel/db";
import type { Migration } from "#kernel/db";
import { makeFolder } from "#kernel/disk";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createServer } from "#kernel/http";
import { createJobQueue, migrations as jobMigrations } from "#kernel/jobs";
import { createLog } from "#kernel/log";
import { createSecretBox } from "#kernel/secret-box";
import { createLineage, migrations as lineageMigrations } from "#lineage";
import { startLoops } from "#loops";
import { createMonitoring, migrations as monitoringMigrations } from "#monitoring";
import { createObjectives, migrations as objectiveMigrations } from "#objectives";
import {
  createNotebookListener,
  createPipelines,
  createStudies,
  migrations as pipelineMigrations,
} from "#pipelines";
import type { Pipelines } from "#pipelines";
import { createDagsterPipes, migrations as pipesMigrations } from "#protocols/dagster-pipes";
import { createMlflow } from "#protocols/mlflow";
import { createMlflowImport } from "#protocols/mlflow-import";
import {
  createLineageListener,
  createOpenLineage,
  migrations as openLineageMigrations,
} from "#protocols/openlineage";
import { createOrchestratorRoutes } from "#protocols/orchestrators";
import { createProjectFolder } from "#protocols/project-folder";
import { createRegistry, migrations as registryMigrations } from "#registry";
import { createServing, migrations as servingMigrations, predictionLog } from "#serving";
import { createStorage, migrations as storageMigrations } from "#storage";
import { createTraces, migrations as traceMigrations } from "#traces";
import { createTracking, migrations as trackingMigrations } from "#tracking";
import { createWebhooks, migrations as webhookMigrations } from "#webhooks";

import { createPipelinePorts } from "./pipeline-ports.ts";
import { createStudyPorts } from "./study-ports.ts";

/** Every table of the system, in the order of the doors. */
export const migrations: readonly Migration[] = [
  ...eventMigrations,
  ...jobMigrations,
  ...columnarMigrations,
  ...accessMigrations,
  ...objectiveMigrations,
  ...dataMigrations,
  ...trackingMigrations,
  ...traceMigrations,
  ...datasetMigrations,
  ...computeMigrations,
  ...pipelineMigrations,
  ...registryMigrations,
  ...deliveryMigrations,
  ...servingMigrations,
  ...monitoringMigrations,
  ...storageMigrations,
  ...webhookMigrations,
  ...lineageMigrations,
  ...openLineageMigrations,
  ...pipesMigrations,
];

export type System = ReturnType<typeof createSystem>;

const webFolder = join(import.meta.dirname, "..", "web", "dist");

/**
 * Builds the whole system from the top: kernel, modules in the order data travels, loops, protocols,
 * server. Nothing runs until `start`; `stop` ends it in reverse.
 *
 * `simulated` is a clock that is moved by hand: for the demo and for tests, where days must pass.
 */
export function createSystem(config: Config, simulated?: ManualClock) {
  const clock: Clock = simulated ?? systemClock;
  const log = createLog({ level: config.logLevel });
  const folder = (name: string): string => join(config.dir, name);
  let url = "";

  const db = openDatabase({ location: config.database ?? folder("gyre.db") });
  const ledger = createLedger({ db, clock, log });
  const jobs = createJobQueue({ db, clock, log });
  const store = openBlobs({
    location: config.blobs ?? folder("blobs"),
    cacheFolder: folder("blob-cache"),
    cacheBytes: config.blobCacheBytes,
    environment: process.env,
  });
  const { blobs } = store;
  const analyst = createAnalyst({
    folder: folder("analyst"),
    allowedFolders: [config.dir, store.localFolder],
  });
  const kernel = { db, ledger, clock, jobs, blobs, analyst, log };
  const access = createAccess({ ...kernel, mode: config.auth });

  const objectives = createObjectives(kernel);
  const data = createData({ ...kernel, workFolder: folder("work") });
  const isProject = async (name: string): Promise<boolean> =>
    (await objectives.listProjects()).some((project) => project.id === name);
  const tracking = createTracking({ ...kernel, isProject });
  const traces = createTraces({ ...kernel, tracking });
  const datasets = createEvaluationDatasets({ ...kernel, tracking, traces });
  const compute = createCompute({ clock });
  const secrets = createSecretBox({ key: config.secretKey, file: folder("secret.key") });
  const targets = createTargets({
    ...kernel,
    secretBox: secrets,
    compute,
    settings: readTargetSettings(config.compute, config.projectFolder ?? config.dir),
    stateFolder: config.dir,
    serverUrl: () => url,
  });
  const ports = createPipelinePorts({
    access,
    objectives,
    data,
    tracking,
    trackingUri: () => url,
    parentRunOf: async (execution) => (await pipelines.getExecutionRecord(execution)).purpose.runId,
  });
  const pipes = createDagsterPipes({
    ...kernel,
    tracking: tracking.commands,
    pipelines: (): Pipelines => pipelines,
  });
  const notebooks = createNotebookListener({
    keep: async (runId, path, bytes) => void (await tracking.commands.putArtifact(runId, path, bytes)),
  });
  const listeners = [createLineageListener(() => url), pipes.listener, notebooks];
  const pipelines: Pipelines = createPipelines({
    ...kernel,
    ...ports,
    compute,
    targets,
    listeners,
    secretBox: secrets,
    stateFolder: config.dir,
    ...(config.gpus === undefined ? {} : { gpus: config.gpus }),
  });
  const studyPorts = createStudyPorts({ objectives, tracking });
  const studies = createStudies({
    ...kernel,
    ...ports,
    ...studyPorts,
    compute,
    pipelines,
    stateFolder: config.dir,
  });
  const registry = createRegistry({ ...kernel, objectives, data, tracking, compute, pipelines });
  const delivery = createDelivery({ ...kernel, objectives, registry });
  const gateway = {
    program: gatewayProgram,
    folder: folder("gateway"),
    host: config.host,
    port: config.gatewayPort,
    simulatedNowMs: () => simulated?.nowMs(),
  };
  const serving = createServing({ ...kernel, objectives, data, registry, delivery, gateway });
  const doors = { access, objectives, data, tracking, pipelines, registry, delivery, serving };
  const monitoring = createMonitoring({
    ...kernel,
    folder: folder("outcomes"),
    predictions: predictionLog(gateway.folder),
    charters: objectives,
    releases: delivery,
    origin: { getVersion: registry.getVersion, getDatasetVersion: data.getVersion, nameOf: access.nameOf },
    traffic: serving,
    gate: registry.gate,
  });
  const lineage = createLineage({ ...kernel, objectives, data, pipelines });
  const insights = createInsights({ ...kernel, ...doors, monitoring });
  const storage = createStorage({
    ...kernel,
    graceMs: config.garbageGraceDays === null ? null : config.garbageGraceDays * dayMs,
    holders: [
      { name: "sealed logs", blobsInUse: () => segmentBlobsInUse(db) },
      { name: "data", blobsInUse: data.blobsInUse },
      { name: "tracking", blobsInUse: tracking.blobsInUse },
      { name: "compute", blobsInUse: targets.blobsInUse },
      { name: "pipelines", blobsInUse: pipelines.blobsInUse },
      { name: "registry", blobsInUse: registry.blobsInUse },
      { name: "delivery", blobsInUse: delivery.blobsInUse },
      { name: "serving", blobsInUse: serving.blobsInUse },
    ],
  });
  const webhooks = createWebhooks({
    ...kernel,
    secrets,
    registry: registry.named,
    delivery,
    allowedHosts: config.webhookHosts,
  });
  startLoops({ ...kernel, ...doors, monitoring, workFolder: folder("work") });

  const mlflow = createMlflow({
    tracking,
    traces,
    datasets,
    clock,
    blobs,
    registry: { ...registry.named, ...registry.commands.named },
    access,
    webhooks,
  });
  const mlflowImport = createMlflowImport({ tracking, traces, registry });
  const openLineage = createOpenLineage({
    ...kernel,
    ...doors,
    lineage,
    secrets,
    allowedHosts: config.webhookHosts,
    url: () => url,
    version: programVersion(),
  });
  const orchestrators = { routes: createOrchestratorRoutes({ pipelines, url: () => url }) };
  const projectFolder = createProjectFolder(doors);
  const modules = [
    access,
    objectives,
    data,
    tracking,
    traces,
    datasets,
    targets,
    pipelines,
    studies,
    registry,
    delivery,
    serving,
    monitoring,
    insights,
    storage,
    webhooks,
  ];
  const server = createServer({
    routes: [...modules, mlflow, mlflowImport, openLineage, pipes, orchestrators, projectFolder].flatMap(
      (one) => one.routes,
    ),
    authenticate: access.authenticate,
    authorise: access.authorise,
    requiresSignIn: access.requiresSignIn,
    clock,
    log,
    staticFolder: webFolder,
    host: config.host,
    port: config.port,
    allowedHosts: config.allowedHosts,
  });

  return {
    ...kernel,
    ...doors,
    monitoring,
    lineage,
    storage,
    openLineage,
    projectFolder,
    gatewayUrl: () => serving.gatewayUrl(),
    url: () => url,
    /** The OpenAPI description of every route, also before the start. */
    describeApi: () => server.openApi(),
    /** MLflow's routes, those for files too, which have no schema and so no place in that description. */
    mlflowRoutes: mlflow.routes,

    async start(): Promise<void> {
      makeFolder(folder("work"));
      await store.check({ writes: true });
      await db.migrate(migrations);
      await storage.start();
      await access.start();
      url = (await server.listen()).url;
      await serving.start();
      await monitoring.start();
      targets.start();
      await ledger.start();
      await jobs.start();
    },

    /** Ends all of it, whatever fails on the way: a part left running would keep the process alive. */
    async stop(): Promise<void> {
      const parts: readonly (() => Promise<void>)[] = [
        () => server.close(),
        () => jobs.stop({ graceMs: 2_000 }),
        () => targets.stop(),
        () => compute.close(),
        () => ledger.stop(),
        () => monitoring.stop(),
        () => serving.stop(),
        () => analyst.stop(),
        () => db.close(),
        async () => store.close(),
      ];
      const failures: unknown[] = [];
      for (const stopPart of parts) await stopPart().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },

    /** Waits until nothing more follows from what has happened so far: for tests, and the demo's jumps in time. */
    async settle(): Promise<void> {
      for (let before = -1, now = 0; before !== now;) {
        before = now;
        await ledger.settle();
        await jobs.settle();
        now = (await ledger.list({ newestFirst: true, limit: 1 }))[0]?.seq ?? 0;
      }
    },
  };
}

function programVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Builds and starts a system; on failure whatever had started is ended. */
export async function startServer(config: Config, simulated?: ManualClock): Promise<System> {
  const system = createSystem(config, simulated);
  try {
    await system.start();
    return system;
  } catch (error) {
    await system.stop().catch(() => {});
    throw error;
  }
}
