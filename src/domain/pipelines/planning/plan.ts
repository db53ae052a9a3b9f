import type { Blobs, StoredTree } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import { nearest } from "#kernel/nearest";

import { problems as dataProblems } from "#data";

import { connect, inputPaths, select } from "../definition/graph.ts";
import type { Graph } from "../definition/graph.ts";
import { createPathSet } from "../definition/path-set.ts";
import { overlap } from "../definition/paths.ts";
import { readPipeline } from "../definition/pipeline.ts";
import type { Pipeline } from "../definition/pipeline.ts";
import type { ProjectFiles } from "../definition/scope.ts";
import type { Stage } from "../definition/stages.ts";
import type { DatasetInput, PipelineProject } from "../ports.ts";
import { problems } from "../problems.ts";
import { applyOverrides, readOverrides } from "./overrides.ts";

/** What an execution will do. */
export interface Plan {
  readonly pipeline: Pipeline;
  /** The targets and all they depend on. */
  readonly graph: Graph;
  /** Whether that is the whole pipeline. */
  readonly complete: boolean;
}

export interface PlanRequest {
  readonly project: PipelineProject;
  readonly code: StoredTree;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly targets: readonly string[];
  readonly datasets: readonly DatasetInput[];
  /** The pipeline of that tree with those parameters, where it has been read already. */
  readonly pipeline?: Pipeline | undefined;
}

/**
 * Reads the pipeline from a stored tree and chooses what to run. Throws what is wrong with the
 * pipeline, `dependency_missing`, `parameter_missing`, and `data_quarantined` when a chosen stage reads such data.
 */
export async function planExecution(blobs: Blobs, request: PlanRequest): Promise<Plan> {
  const files = filesOfTree(blobs, request);
  const pipeline = request.pipeline ?? (await readPipeline({ files, ...request.project.pipeline }));
  const whole = connect(pipeline.stages);
  const graph = select(whole, request.targets);
  refuseMissingInputs(graph.stages, whole, request);
  refuseQuarantine(graph, request.datasets);
  return { pipeline, graph, complete: graph.stages.length === whole.stages.length };
}

/** The text files of a tree, with the values this run sets. Throws `parameter_missing` for a value that has no place. */
export function filesOfTree(
  blobs: Blobs,
  request: Pick<PlanRequest, "project" | "code" | "parameters">,
): ProjectFiles {
  const digests = new Map(request.code.files.map((file) => [file.path, file.digest]));
  const overrides = readOverrides(request.parameters, request.project.pipeline.file);
  for (const file of overrides.keys()) {
    if (digests.has(file)) continue;
    throw new Problem(problems.parameter_missing, {
      message: `There is no file ${file} to set a parameter in.`,
      data: { file },
    });
  }
  return {
    async readText(path) {
      const digest = digests.get(path);
      if (digest === undefined) return undefined;
      const text = await blobs.readText(digest);
      const values = overrides.get(path);
      return values === undefined ? text : applyOverrides(path, text, values);
    },
  };
}

function refuseMissingInputs(stages: readonly Stage[], graph: Graph, { code, datasets }: PlanRequest): void {
  const standing = [...code.files.map(({ path }) => path), ...datasets.map(({ path }) => path)];
  const there = createPathSet(standing);
  const made = createPathSet(outPaths(graph));
  for (const stage of stages) {
    for (const path of inputPaths(stage)) {
      if (there.leadsTo(path) || made.leadsTo(path) || made.covers(path)) continue;
      const meant = nearest(path, [...standing, ...outPaths(graph)]);
      throw new Problem(problems.dependency_missing, {
        message: `The stage "${stage.name}" depends on ${path}, which does not exist and which no stage makes.`,
        ...(meant === undefined ? {} : { next: `Did you mean ${meant}?` }),
        position: stage.position,
        data: { stage: stage.name, path },
      });
    }
  }
}

function* outPaths(graph: Graph): Generator<string> {
  for (const stage of graph.stages) for (const out of stage.outs) yield out.path;
}

function refuseQuarantine(graph: Graph, datasets: readonly DatasetInput[]): void {
  for (const dataset of datasets) {
    if (dataset.state === "usable") continue;
    const reader = graph.stages.find((stage) => stage.deps.some((dep) => overlap(dep, dataset.path)));
    if (reader === undefined) continue;
    throw new Problem(dataProblems.data_quarantined, {
      message: `The stage "${reader.name}" cannot read the data set ${dataset.name}. ${dataset.reason ?? "It is in quarantine."}`,
      data: { dataset: dataset.name, version: dataset.versionId, stage: reader.name },
    });
  }
}
