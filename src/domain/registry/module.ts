import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Compute, Environment } from "#compute";
import type { Data } from "#data";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";
import type { Objectives } from "#objectives";
import type { Execution, Pipelines } from "#pipelines";

import type { RegistryCommands } from "./commands.ts";
import { lineageOf } from "./lineage.ts";
import type { ModelSummary, ModelVersion, Registry, VersionOrigin } from "./index.ts";
import { createConvert } from "./onnx/convert.ts";
import { problems } from "./problems.ts";
import { describeModel, manifestDigest } from "./register.ts";
import { createRoutes } from "./routes.ts";
import { openRule, parseRule } from "./runtimes/index.ts";
import { insertVersion, nextNumber, readAlias, readVersions, saveAlias } from "./store.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Registers what a finished execution left at the charter's `model.path`. */
    "registry.register": { readonly executionId: string };
  }
}

export interface RegistryModule extends Registry {
  readonly commands: RegistryCommands;
  readonly routes: readonly Route[];
}

export interface RegistryParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly objectives: Objectives;
  readonly data: Data;
  readonly compute: Compute;
  readonly pipelines: Pipelines;
}

export function createRegistry(parts: RegistryParts): RegistryModule {
  const { db, ledger, clock, jobs, blobs, objectives, data, compute, pipelines } = parts;

  async function getVersion(id: string): Promise<ModelVersion> {
    const [version] = await readVersions(db, { id });
    if (version === undefined) throw notFound(`There is no model version ${id}.`);
    return version;
  }

  async function findVersion(project: string, model: string, reference: string): Promise<ModelVersion> {
    const number = /^\d+$/.test(reference)
      ? Number(reference)
      : await readAlias(db, project, model, reference);
    const [version] = number === undefined ? [] : await readVersions(db, { project, model, number });
    if (version === undefined) throw notFound(`${model} has no version ${reference}.`);
    return version;
  }

  const versionOfExecution = async (executionId: string): Promise<ModelVersion | undefined> =>
    (await readVersions(db, { executionId }))[0];

  async function registerFromExecution(order: { executionId: string; actor: string }): Promise<ModelVersion> {
    const known = await versionOfExecution(order.executionId);
    if (known !== undefined) return known;
    const execution = await pipelines.getExecution(order.executionId);
    const { projectFile } = await objectives.getCharter(execution.project);
    const model = projectFile.model;
    if (model === null) throw new Error(`the charter of ${execution.project} names no model`);
    const convert = createConvert(compute, await environmentOf(execution.project));
    const described = await describeModel(blobs, convert, {
      modelPath: model.path,
      holdoutPath: model.holdout,
      outputs: await pipelines.outputs(execution.id),
    });
    return await keep({
      ...described,
      project: execution.project,
      model: model.name,
      origin: originOf(execution, model.holdout),
      metrics: metricsOf(execution),
      actor: order.actor,
    });
  }

  async function folderOf(project: string): Promise<string> {
    const { folder } = await objectives.getProject(project);
    if (folder !== null) return folder;
    throw new Problem(problems.project_has_no_folder, {
      message: `${project} has no folder on this machine.`,
    });
  }

  /** Cached by its digest, so after the pipeline ran in it this is a look-up. */
  async function environmentOf(project: string): Promise<Environment> {
    const { projectFile } = await objectives.getCharter(project);
    const folder = await folderOf(project);
    const { requirements, version } = projectFile.python;
    const requirementsText = requirements === null ? "" : await readFile(join(folder, requirements), "utf8");
    return await compute.ensureEnvironment({ requirementsText, pythonVersion: version ?? ">=3.10" });
  }

  async function registerBaseline(order: { project: string; actor: string }): Promise<ModelVersion> {
    const { projectFile } = await objectives.getCharter(order.project);
    const file = projectFile.objective?.baseline ?? null;
    if (file === null) {
      throw new Problem(problems.baseline_missing, {
        message: `The charter of ${order.project} names no baseline.`,
      });
    }
    const text = await readBaseline(join(await folderOf(order.project), file), file);
    const { signature } = openRule(parseRule(text, file));
    const stored = await blobs.put(Buffer.from(text));
    const files = [{ path: file, digest: stored.digest, sizeBytes: stored.sizeBytes }];
    const model = projectFile.model?.name ?? order.project;
    const digest = manifestDigest(files);
    const known = (await readVersions(db, { project: order.project, model })).find(
      (one) => one.digest === digest,
    );
    if (known !== undefined) return known;
    return await keep({
      kind: "rule",
      state: "ready",
      rejection: null,
      files,
      digest,
      signature,
      runnableDigest: stored.digest,
      parity: null,
      holdoutDigest: null,
      project: order.project,
      model,
      origin: {
        ...withoutOrigin,
        purpose: { kind: "baseline", reason: "the rule without ML that a model must beat" },
      },
      metrics: {},
      actor: order.actor,
    });
  }

  async function keep(
    described: Omit<ModelVersion, "id" | "number" | "aliases" | "createdAtMs">,
  ): Promise<ModelVersion> {
    return await db.transaction(async () => {
      const number = await nextNumber(db, described.project, described.model);
      const id = createId("modelVersion", clock);
      const version: ModelVersion = { ...described, id, number, aliases: [], createdAtMs: clock.nowMs() };
      await insertVersion(db, version);
      await announce(version);
      return version;
    });
  }

  async function announce(version: ModelVersion): Promise<void> {
    const { id: subject, project, actor, model, number, kind, digest, origin } = version;
    if (version.state === "rejected") {
      const reason = version.rejection ?? "rejected";
      await ledger.append({
        kind: "model_version.rejected",
        subject,
        project,
        actor,
        data: { model, number, reason },
      });
      return;
    }
    await ledger.append({
      kind: "model_version.registered",
      subject,
      project,
      actor,
      data: {
        model,
        number,
        kind,
        digest,
        executionId: origin.executionId,
        purpose: origin.purpose?.kind ?? null,
      },
    });
  }

  async function setAlias(order: { versionId: string; alias: string; actor: string }): Promise<void> {
    await db.transaction(async () => {
      const { project, model, number, id: subject } = await getVersion(order.versionId);
      await saveAlias(db, { project, model, alias: order.alias, number });
      const data = { model, alias: order.alias, number };
      await ledger.append({ kind: "model_alias.set", subject, project, actor: order.actor, data });
    });
  }

  jobs.define("registry.register", {
    concurrency: 1,
    maxAttempts: 2,
    timeoutMs: 600_000,
    run: async ({ payload }) => {
      const execution = await pipelines.getExecution(payload.executionId);
      await registerFromExecution({ executionId: execution.id, actor: execution.actor });
    },
  });

  ledger.on("registry-registers-finished-executions", ["execution.finished"], async (event) => {
    if (event.data.state !== "succeeded" || event.project === null) return;
    const execution = await pipelines.getExecution(event.subject);
    const { projectFile } = await objectives.getCharter(event.project);
    if (projectFile.model === null || !(await leftAModel(execution, projectFile.model.path))) return;
    await jobs.enqueue({
      kind: "registry.register",
      payload: { executionId: event.subject },
      key: event.subject,
      project: event.project,
    });
  });

  const leftAModel = async (execution: Execution, modelPath: string): Promise<boolean> =>
    [...(await pipelines.outputs(execution.id)).keys()].some((path) => path.startsWith(modelPath));

  const registry: RegistryModule = {
    listModels: async (project) => summarise(await readVersions(db, { project })),
    listVersions: (project, model) =>
      readVersions(db, model === undefined ? { project } : { project, model }),
    getVersion,
    findVersion,
    versionOfExecution,
    lineage: async (id) => {
      const version = await getVersion(id);
      const datasets = await Promise.all(
        Object.values(version.origin.datasetVersions).map((one) => data.getVersion(one)),
      );
      return lineageOf(version, datasets);
    },
    commands: { registerFromExecution, registerBaseline, setAlias },
    get routes() {
      return createRoutes(registry, registry.commands, blobs);
    },
  };
  return registry;
}

const withoutOrigin: VersionOrigin = {
  executionId: null,
  runId: null,
  codeDigest: null,
  environmentDigest: null,
  datasetVersions: {},
  parameters: {},
  holdoutPath: null,
  purpose: null,
};

function originOf(execution: Execution, holdoutPath: string): VersionOrigin {
  const { kind, reason } = execution.purpose;
  const lastRun = execution.steps.findLast((step) => step.runId !== null)?.runId ?? null;
  return {
    executionId: execution.id,
    runId: lastRun,
    codeDigest: execution.codeDigest,
    environmentDigest: execution.environmentDigest,
    datasetVersions: execution.datasetVersions,
    parameters: execution.parameters,
    holdoutPath,
    purpose: { kind, reason },
  };
}

/** Every metric the stages wrote, prefixed by the stage where two stages wrote one of the same name. */
function metricsOf(execution: Execution): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const step of execution.steps) {
    for (const [name, value] of Object.entries(step.metrics)) {
      metrics[name in metrics ? `${step.stage}.${name}` : name] = value;
    }
  }
  return metrics;
}

function summarise(versions: readonly ModelVersion[]): ModelSummary[] {
  return [...Map.groupBy(versions, (version) => version.model)].flatMap(([model, all]) => {
    const newest = all[0];
    return newest === undefined ? [] : [{ model, versions: all.length, newest }];
  });
}

async function readBaseline(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Problem(problems.baseline_missing, { message: `The baseline ${shown} cannot be read.`, cause });
  }
}

function notFound(message: string): Problem {
  return new Problem(problems.model_version_not_found, { message });
}
