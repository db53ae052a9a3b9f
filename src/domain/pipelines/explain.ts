import { join } from "node:path";

import { readTree } from "#kernel/blobs";
import type { StoredTree } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";

import { findStages, select } from "./definition/graph.ts";
import type { Stage } from "./definition/stages.ts";
import type { StepExplanation, StepOut } from "./entities.ts";
import { cacheKeyOf, compareParts, readKeyParts } from "./execution/cache-key.ts";
import type { InputReader } from "./execution/cache-key.ts";
import { decide } from "./execution/decide.ts";
import { inputMissing } from "./execution/failures.ts";
import { digestListing } from "./execution/file-digests.ts";
import type { ExecutionParts } from "./execution/parts.ts";
import { overlap } from "./definition/paths.ts";
import { filesOfTree, planExecution } from "./planning/plan.ts";
import { snapshotCode } from "./planning/snapshot.ts";
import type { DatasetInput, PipelineProject } from "./ports.ts";
import { findLastResult, findResult } from "./store/results.ts";
import type { StepResult } from "./store/results.ts";

export interface ExplainParts extends ExecutionParts {
  readonly snapshotsFolder: string;
}

/**
 * Says of a stage whether it would run now, and why: its parts as the project stands are compared with
 * those of its last result. A name of several variants (`train`) explains each. Nothing is run.
 */
export async function explainStage(
  parts: ExplainParts,
  projectId: string,
  target: string,
): Promise<readonly StepExplanation[]> {
  const project = await parts.projects.getProject(projectId);
  const datasets = await parts.datasets.resolve(projectId, {});
  const dataPaths = datasets.map((dataset) => dataset.path);
  const code = await snapshotCode(
    parts.blobs,
    project,
    dataPaths,
    join(parts.snapshotsFolder, `${projectId}.json`),
  );
  const plan = await planExecution(parts.blobs, { project, code, parameters: {}, targets: [], datasets });
  const wanted = findStages(plan.graph, target).map((stage) => stage.name);
  const graph = select(plan.graph, [target]);
  const environment = await environmentDigest(parts, project, code);

  const known = createKnownFiles(code, datasets);
  const explanations = new Map<string, StepExplanation>();
  const willRun = new Set<string>();
  for (const stage of graph.stages) {
    const before = (graph.dependsOn.get(stage.name) ?? []).find((name) => willRun.has(name));
    const { explanation, result } = await explainOne(parts, projectId, stage, before, environment, {
      digestOf: async (path) => known.digestOf(path),
      readText: async (path) => await known.readText(path, parts, { project, code }),
    });
    explanations.set(stage.name, explanation);
    if (result === undefined) willRun.add(stage.name);
    else await known.add(parts, result.outs);
  }
  return wanted.flatMap((name) => explanations.get(name) ?? []);
}

async function explainOne(
  parts: ExplainParts,
  project: string,
  stage: Stage,
  runsBefore: string | undefined,
  environment: Digest | null,
  reader: InputReader,
): Promise<{ explanation: StepExplanation; result: StepResult | undefined }> {
  const last = await findLastResult(parts.db, project, stage.name);
  const common = {
    stage: stage.name,
    last: last?.keyParts ?? null,
    lastStep:
      last === undefined ? null : { execution: last.execution, step: last.step, atMs: last.createdAtMs },
  };
  const unknown = (sentence: string): { explanation: StepExplanation; result: undefined } => ({
    explanation: { ...common, verdict: "runs", sentence, differences: [], cacheKey: null, now: null },
    result: undefined,
  });
  if (runsBefore !== undefined && !stage.frozen) {
    return unknown(
      `The stage "${runsBefore}" runs first; this one runs unless that leaves its inputs as they were.`,
    );
  }
  const now = await readKeyParts(stage, environment, reader);
  if ("missing" in now) return unknown(inputMissing(stage, now.missing).message);
  const cacheKey = cacheKeyOf(now);
  const decision = await decide({
    stage,
    parts: now,
    cacheKey,
    last,
    same: await findResult(parts.db, project, cacheKey),
    isStored: async (outs) =>
      (await Promise.all(outs.map((out) => parts.blobs.has(out.digest)))).every(Boolean),
  });
  return {
    explanation: {
      ...common,
      verdict: decision.verdict,
      sentence: decision.sentence,
      differences: last === undefined ? [] : compareParts(last.keyParts, now),
      cacheKey,
      now,
    },
    result: decision.verdict === "cached" ? decision.result : undefined,
  };
}

async function environmentDigest(
  parts: ExplainParts,
  { python }: PipelineProject,
  code: StoredTree,
): Promise<Digest | null> {
  if (python === null) return null;
  const file = code.files.find(({ path }) => path === python.requirements);
  const requirementsText = file === undefined ? "" : await parts.blobs.readText(file.digest);
  return await parts.compute.environmentDigest({ requirementsText, pythonVersion: python.version });
}

/** The files an execution would have, as far as they are known without running it. */
function createKnownFiles(code: StoredTree, datasets: readonly DatasetInput[]) {
  const files = new Map<string, Digest>(code.files.map((file) => [file.path, file.digest]));
  for (const dataset of datasets) files.set(dataset.path, dataset.digest);
  return {
    async add(parts: ExplainParts, outs: readonly StepOut[]): Promise<void> {
      for (const out of outs) {
        if (!out.isFolder) files.set(out.path, out.digest);
        else
          for (const file of (await readTree(parts.blobs, out.digest)).files)
            files.set(`${out.path}/${file.path}`, file.digest);
      }
    },
    digestOf(path: string): Digest | undefined {
      const file = files.get(path);
      if (file !== undefined) return file;
      const prefix = path === "." ? "" : `${path}/`;
      const within = [...files].filter(([name]) => name.startsWith(prefix) && overlap(name, path));
      if (within.length === 0) return undefined;
      return digestListing(within.map(([name, digest]) => ({ path: name.slice(prefix.length), digest })));
    },
    async readText(
      path: string,
      parts: ExplainParts,
      source: { project: PipelineProject; code: StoredTree },
    ): Promise<string | undefined> {
      const text = await filesOfTree(parts.blobs, { ...source, parameters: {} }).readText(path);
      if (text !== undefined) return text;
      const digest = files.get(path);
      return digest === undefined ? undefined : await parts.blobs.readText(digest);
    },
  };
}
