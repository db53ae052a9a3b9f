import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Compute, Environment } from "#compute";
import type { Blobs } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import type { JobQueue } from "#kernel/jobs";
import type { Objectives } from "#objectives";
import type { Execution, Pipelines } from "#pipelines";

import type { RegistryCommands } from "./commands.ts";
import type { ModelVersion, VersionFile, VersionOrigin } from "./index.ts";
import { keepVersion } from "./keeping.ts";
import type { KeepingParts } from "./keeping.ts";
import { createConvert } from "./onnx/convert.ts";
import type { Convert } from "./onnx/convert.ts";
import { problems } from "./problems.ts";
import { describeModel, manifestDigest, modelFiles } from "./register.ts";
import { openRule, parseRule } from "./runtimes/index.ts";
import { readVersions } from "./store.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Registers what a finished execution left at the charter's `model.path`. */
    "registry.register": { readonly executionId: string };
  }
}

export interface RegisteringParts extends KeepingParts {
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly objectives: Pick<Objectives, "getCharter" | "getProject">;
  readonly compute: Compute;
  readonly pipelines: Pick<Pipelines, "getExecution" | "outputs">;
  /** How a model becomes a graph; by default in a process of the model's own environment. */
  readonly convert?: Convert;
}

/** What a project makes itself, executions and its rule without ML, as versions of its model. */
export function createRegistering(
  parts: RegisteringParts,
): Pick<RegistryCommands, "registerFromExecution" | "registerBaseline"> {
  const { db, ledger, jobs, blobs, objectives, compute, pipelines } = parts;

  const versionOfExecution = async (executionId: string): Promise<ModelVersion | undefined> =>
    (await readVersions(db, { executionId }))[0];

  async function registerFromExecution(order: { executionId: string; actor: string }): Promise<ModelVersion> {
    const known = await versionOfExecution(order.executionId);
    if (known !== undefined) return known;
    const execution = await pipelines.getExecution(order.executionId);
    const { projectFile } = await objectives.getCharter(execution.project);
    const model = projectFile.model;
    if (model === null) throw new Error(`the charter of ${execution.project} names no model`);
    const outputs = await pipelines.outputs(execution.id);
    const same = await madeBefore(execution, model.name, await modelFiles(blobs, model.path, outputs));
    if (same !== undefined) return same;
    const convert = parts.convert ?? createConvert(compute, await environmentOf(execution.project));
    const described = await describeModel(blobs, convert, {
      modelPath: model.path,
      holdoutPath: model.holdout,
      outputs,
    });
    const version = {
      ...described,
      project: execution.project,
      model: model.name,
      origin: originOf(execution, model.holdout),
      metrics: metricsOf(execution),
      actor: order.actor,
    };
    return await keepVersion(parts, version, () => versionOfExecution(execution.id));
  }

  /** An execution that took every step from the cache made nothing new: its model has its version already. */
  async function madeBefore(
    execution: Execution,
    model: string,
    files: readonly VersionFile[],
  ): Promise<ModelVersion | undefined> {
    if (execution.steps.some(({ state }) => state !== "cached")) return undefined;
    const versions = await readVersions(db, { project: execution.project, model });
    const digest = manifestDigest(files);
    return versions.find((one) => one.digest === digest && one.origin.executionId !== null);
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
    const version = {
      kind: "rule" as const,
      state: "ready" as const,
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
    };
    return await keepVersion(parts, version, async () => {
      const versions = await readVersions(db, { project: order.project, model });
      return versions.find((one) => one.kind === "rule" && one.digest === digest);
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
    // Of the many trials of a study none is a candidate yet: its person runs the pipeline with what was best.
    if (event.data.purpose.kind === "study") return;
    const { projectFile } = await objectives.getCharter(event.project);
    if (projectFile.model === null || !(await leftAModel(event.subject, projectFile.model.path))) return;
    await jobs.enqueue({
      kind: "registry.register",
      payload: { executionId: event.subject },
      key: event.subject,
      project: event.project,
    });
  });

  const leftAModel = async (executionId: string, modelPath: string): Promise<boolean> => {
    const folder = modelPath.endsWith("/") ? modelPath : `${modelPath}/`;
    return [...(await pipelines.outputs(executionId)).keys()].some((path) => path.startsWith(folder));
  };

  return { registerFromExecution, registerBaseline };
}

export const withoutOrigin: VersionOrigin = {
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

async function readBaseline(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Problem(problems.baseline_missing, { message: `The baseline ${shown} cannot be read.`, cause });
  }
}
