import { readEnvironmentFile } from "#compute";
import type { Environment } from "#compute";
import { join } from "node:path";

import { readTree } from "#kernel/blobs";
import type { StoredTree } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import { findStages, select } from "./definition/graph.ts";
import type { Graph } from "./definition/graph.ts";
import type { Stage } from "./definition/stages.ts";
import type { Difference, KeyParts, StepExplanation } from "./entities.ts";
import { cacheKeyOf, compareParts, readKeyParts } from "./execution/cache-key.ts";
import type { KeySurroundings } from "./execution/cache-key.ts";
import { comparedResults } from "./execution/decide-steps.ts";
import { decide, nearestResult } from "./execution/decide.ts";
import { inputMissing } from "./execution/failures.ts";
import { createKnownFiles } from "./execution/known-files.ts";
import type { KnownFiles } from "./execution/known-files.ts";
import type { ExecutionParts } from "./execution/parts.ts";
import { createSurroundings } from "./execution/surroundings.ts";
import { planExecution } from "./planning/plan.ts";
import { snapshotCode } from "./planning/snapshot.ts";
import type { Snapshot } from "./planning/snapshot.ts";
import type { DatasetInput, PipelineProject } from "./ports.ts";
import { readExecutionRow } from "./store/executions.ts";
import { findResults, listResults } from "./store/results.ts";
import type { StepResult } from "./store/results.ts";
import { listStepRows, outsOf } from "./store/steps.ts";

export interface ExplainParts extends ExecutionParts {
  readonly snapshotsFolder: string;
}

/**
 * Says of a stage whether it would run now, and why: its parts as the project stands are compared with
 * those of the earlier result that differs least. A name of several variants (`train`) explains each. Nothing is run.
 */
export async function explainStage(
  parts: ExplainParts,
  projectId: string,
  target: string,
): Promise<readonly StepExplanation[]> {
  const standing = await readStanding(parts, projectId, []);
  const wanted = findStages(standing.graph, target).map((stage) => stage.name);
  const graph = select(standing.graph, [target]);
  const explanations = new Map<string, StepExplanation>();
  const willRun = new Set<string>();
  for (const stage of graph.stages) {
    const before = (graph.dependsOn.get(stage.name) ?? []).find((name) => willRun.has(name));
    const isWanted = wanted.includes(stage.name);
    const { explanation, result } = await explainOne(parts, standing, stage, before, isWanted);
    explanations.set(stage.name, explanation);
    if (result === undefined) willRun.add(stage.name);
    else await standing.files.addOuts(result.outs);
  }
  return wanted.flatMap((name) => explanations.get(name) ?? []);
}

/** A project as it stands in its folder: what an execution of it would begin with. */
export interface Standing {
  readonly project: PipelineProject;
  readonly code: StoredTree;
  readonly datasets: readonly DatasetInput[];
  readonly graph: Graph;
  surroundings(stage: Stage): Promise<KeySurroundings>;
  /** Built where it is not there yet; undefined for a project without Python. */
  environmentHere(signal: AbortSignal): Promise<Environment | undefined>;
  readonly files: KnownFiles;
}

/** How a project stood when somebody looked. */
export interface StoodAt {
  readonly codeDigest: Digest;
  readonly datasetVersions: Readonly<Record<string, string>>;
}

/** The project as it stands now, or as it stood then. */
export async function readStanding(
  parts: ExplainParts,
  projectId: string,
  targets: readonly string[],
  then?: StoodAt,
): Promise<Standing> {
  const project = await parts.projects.getProject(projectId);
  const datasets = await parts.datasets.resolve(projectId, then?.datasetVersions ?? {});
  const { code, pipeline } = await readCode(parts, project, datasets, then);
  const request = { project, code, parameters: {}, targets, datasets, pipeline };
  const { graph } = await planExecution(parts.blobs, request);
  const readText = async (wanted: string): Promise<string | undefined> => {
    const file = code.files.find(({ path }) => path === wanted);
    return file === undefined ? undefined : await parts.blobs.readText(file.digest);
  };
  const { python } = project;
  const text = python === null ? undefined : await readEnvironmentFile(python.requirements, readText);
  const environment =
    python === null || text === undefined ? undefined : { ...text, pythonVersion: python.version };
  const here = environment === undefined ? null : await parts.compute.environmentDigest(environment);
  const surroundings = createSurroundings(parts, { python, here, readText });
  const environmentHere: Standing["environmentHere"] = async (signal) =>
    environment === undefined
      ? undefined
      : await parts.compute.ensureEnvironment({ ...environment, signal, onOutput: () => {} });
  const files = createKnownFiles(parts.blobs, { code, texts: new Map(), datasets });
  return { project, code, datasets, graph, surroundings, environmentHere, files };
}

async function readCode(
  parts: ExplainParts,
  project: PipelineProject,
  datasets: readonly DatasetInput[],
  then: StoodAt | undefined,
): Promise<Snapshot> {
  if (then !== undefined) return { code: await readTree(parts.blobs, then.codeDigest), pipeline: undefined };
  const dataPaths = datasets.map((dataset) => dataset.path);
  const statCache = join(parts.snapshotsFolder, `${project.id}.json`);
  return await snapshotCode(parts.blobs, project, dataPaths, statCache);
}

async function explainOne(
  parts: ExplainParts,
  standing: Standing,
  stage: Stage,
  runsBefore: string | undefined,
  isWanted: boolean,
): Promise<{ explanation: StepExplanation; result: StepResult | undefined }> {
  const project = standing.project.id;
  const earlier = await listResults(parts.db, project, stage.name, comparedResults);
  const [last] = earlier;
  const unknown = (sentence: string): { explanation: StepExplanation; result: undefined } => ({
    explanation: {
      stage: stage.name,
      ...comparedWith(last),
      verdict: "runs",
      sentence,
      differences: [],
      cacheKey: null,
      now: null,
    },
    result: undefined,
  });
  if (runsBefore !== undefined && !stage.frozen) {
    return unknown(
      `The stage "${runsBefore}" runs first; this one runs unless that leaves its inputs as they were.`,
    );
  }
  const surroundings = await standing.surroundings(stage).catch((error: unknown) => {
    if (error instanceof Problem) return error;
    throw error;
  });
  if (surroundings instanceof Problem) return unknown(surroundings.message);
  const now = await readKeyParts(stage, surroundings, standing.files);
  if ("missing" in now) return unknown(inputMissing(stage, now.missing).message);
  const cacheKey = cacheKeyOf(now);
  const decision = await decide({
    stage,
    parts: now,
    cacheKey,
    last,
    same: (await findResults(parts.db, project, [cacheKey])).get(cacheKey),
    check: parts.verified.check,
    earlier: async () => earlier,
  });
  const nearest = nearestResult(earlier, now);
  return {
    explanation: {
      stage: stage.name,
      ...comparedWith(nearest),
      verdict: decision.verdict,
      sentence: decision.sentence,
      differences:
        nearest === undefined || !isWanted ? [] : await nameDifferences(parts, standing, nearest, now),
      cacheKey,
      now,
    },
    result: decision.verdict === "cached" ? decision.result : undefined,
  };
}

function comparedWith(result: StepResult | undefined): Pick<StepExplanation, "last" | "lastStep"> {
  if (result === undefined) return { last: null, lastStep: null };
  const { keyParts, execution, step, createdAtMs } = result;
  return { last: keyParts, lastStep: { execution, step, atMs: createdAtMs } };
}

/** Of a folder that differs, the files in it that do: the earlier execution tells what it held. */
async function nameDifferences(
  parts: ExplainParts,
  standing: Standing,
  nearest: StepResult,
  now: KeyParts,
): Promise<readonly Difference[]> {
  const differences = compareParts(nearest.keyParts, now);
  const folders = differences.filter(
    ({ part, name }) => part === "dependency" && !standing.files.within(name).has(name),
  );
  if (folders.length === 0) return differences;
  const before = await filesOfExecution(parts, nearest.execution);
  if (before === undefined) return differences;
  return differences.map((difference) => {
    if (!folders.includes(difference)) return difference;
    const [old, current] = [before.within(difference.name), standing.files.within(difference.name)];
    const paths = [...new Set([...old.keys(), ...current.keys()])];
    return { ...difference, files: paths.filter((path) => old.get(path) !== current.get(path)).toSorted() };
  });
}

async function filesOfExecution(parts: ExplainParts, execution: string): Promise<KnownFiles | undefined> {
  const row = await readExecutionRow(parts.db, execution);
  if (row === undefined || !(await parts.blobs.has(row.code_digest))) return undefined;
  const code = await readTree(parts.blobs, row.code_digest);
  const files = createKnownFiles(parts.blobs, { code, texts: new Map(), datasets: [] });
  for (const step of (await listStepRows(parts.db, [execution])).get(execution) ?? [])
    await files.addOuts(outsOf(step));
  return files;
}
