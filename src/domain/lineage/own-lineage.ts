import { join } from "node:path";

import type { Data, DatasetVersion } from "#data";
import type { Objectives } from "#objectives";
import type { Pipelines, StepResult } from "#pipelines";

import { nodeKey } from "./entities.ts";
import type { Facets, GraphEdge, GraphNode, NodeName } from "./entities.ts";
import { fileNamespace, jobName, ownNamespace, runIdOf } from "./naming.ts";

export interface OwnLineageParts {
  readonly objectives: Pick<Objectives, "listProjects" | "getCharter">;
  readonly data: Pick<Data, "listVersions">;
  readonly pipelines: Pick<Pipelines, "lastResults">;
}

export interface OwnLineage {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly edges: readonly GraphEdge[];
}

/** What the stages of a project read and wrote when each ran last and well, and the data sets it declares. */
export async function readOwnLineage(parts: OwnLineageParts, project: string): Promise<OwnLineage> {
  const folder = await folderOf(parts, project);
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  for (const { path, version } of await dataOf(parts, project)) {
    const node = { ...fileNode(folder, project, path), updatedAtMs: version.createdAtMs };
    const link = `/projects/${project}/data/${version.dataset}/${version.number}`;
    nodes.set(nodeKey(node), { ...node, key: nodeKey(node), facets: facetsOfData(version), link });
  }
  for (const result of await parts.pipelines.lastResults(project)) {
    const job = jobNode(project, result);
    nodes.set(job.key, job);
    const seen = { runId: runIdOf(result.step), lastSeenAtMs: result.createdAtMs };
    const add = (path: string, digest: string, isInput: boolean): void => {
      const node = fileNode(folder, project, path);
      const key = nodeKey(node);
      if (!nodes.has(key)) {
        const facets = { version: { datasetVersion: digest } };
        nodes.set(key, { ...node, key, facets, updatedAtMs: result.createdAtMs, link: null });
      }
      const [origin, destination] = isInput ? [key, job.key] : [job.key, key];
      edges.push({ origin, destination, originField: null, destinationField: null, ...seen });
    };
    for (const [path, digest] of Object.entries(result.keyParts.deps)) add(path, digest, true);
    for (const { path, digest } of result.outs) add(path, digest, false);
  }
  return { nodes, edges };
}

/** How others call a path of a project: by where it lies on this machine, or within the project when it lies nowhere. */
export function fileNode(folder: string | null, project: string, path: string): NodeName {
  return folder === null
    ? { kind: "dataset", namespace: ownNamespace, name: `${project}/${path}` }
    : { kind: "dataset", namespace: fileNamespace, name: join(folder, path) };
}

function jobNode(project: string, { stage, execution, createdAtMs }: StepResult): GraphNode {
  const node: NodeName = { kind: "job", namespace: ownNamespace, name: jobName(project, stage) };
  const facets = { jobType: { processingType: "BATCH", integration: "GYRE", jobType: "TASK" } };
  const link = `/projects/${project}/executions/${execution}`;
  return { ...node, key: nodeKey(node), facets, updatedAtMs: createdAtMs, link };
}

function facetsOfData({ digest, dataset, number, columns }: DatasetVersion): Facets {
  return {
    version: { datasetVersion: digest },
    schema: { fields: columns.map(({ name, type }) => ({ name, type })) },
    gyre_datasetVersion: { dataset, number },
  };
}

async function folderOf({ objectives }: OwnLineageParts, project: string): Promise<string | null> {
  return (await objectives.listProjects()).find(({ id }) => id === project)?.folder ?? null;
}

async function dataOf(
  { objectives, data }: OwnLineageParts,
  project: string,
): Promise<readonly { readonly path: string; readonly version: DatasetVersion }[]> {
  const { projectFile } = await objectives.getCharter(project);
  const found = Object.entries(projectFile.data).map(async ([name, { source }]) => {
    const [version] = await data.listVersions(project, name);
    return version === undefined ? [] : [{ path: source.path, version }];
  });
  return (await Promise.all(found)).flat();
}
