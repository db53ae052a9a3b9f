import type { Data, DatasetVersion } from "#data";
import { readTree } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";
import { fileNode, ownNamespace } from "#lineage";
import type { Objectives } from "#objectives";
import type { ExecutionRecord, StepOut, StepRecord } from "#pipelines";

import type { ReadTableShape, TableShape } from "./columns.ts";
import type { InputDataset, OutputDataset } from "./event-of-execution.ts";
import type { Facet, FacetMaker } from "./facets.ts";

export interface DatasetParts {
  readonly objectives: Pick<Objectives, "getProject" | "getCharter">;
  readonly data: Pick<Data, "getVersion">;
  readonly blobs: Blobs;
  readonly shapeOf: ReadTableShape;
}

/** Where the project lies, and which data set stands at which of its paths. */
export interface ProjectDatasets {
  readonly project: string;
  readonly folder: string | null;
  readonly pipelineFile: string;
  readonly versionAt: ReadonlyMap<string, DatasetVersion>;
}

export async function readProjectDatasets(
  parts: DatasetParts,
  execution: ExecutionRecord,
): Promise<ProjectDatasets> {
  const { project } = execution;
  const { folder } = await parts.objectives.getProject(project);
  const { projectFile } = await parts.objectives.getCharter(project);
  const versionAt = new Map<string, DatasetVersion>();
  for (const [name, { source }] of Object.entries(projectFile.data)) {
    const id = execution.datasetVersions[name];
    if (id !== undefined) versionAt.set(source.path, await parts.data.getVersion(id));
  }
  const { pipeline } = projectFile;
  const pipelineFile = pipeline?.kind === "file" ? pipeline.path : "gyre.yaml";
  return { project, folder, pipelineFile, versionAt };
}

/** The data sets an execution was given. */
export function inputsOfExecution(facets: FacetMaker, known: ProjectDatasets): readonly InputDataset[] {
  return [...known.versionAt].map(([path, version]) => ({
    ...namedAt(known, path),
    facets: ofVersion(facets, version),
  }));
}

/** What a step reads, as exactly as it is known by then: its name from the start, its version when it was read. */
export async function inputsOfStep(
  parts: DatasetParts,
  facets: FacetMaker,
  known: ProjectDatasets,
  { stage, keyParts }: StepRecord,
): Promise<readonly InputDataset[]> {
  const inputs = stage.deps.map(async (path) => {
    const version = known.versionAt.get(path);
    const digest = keyParts?.deps[path];
    const read =
      version === undefined ? await ofContent(parts, facets, path, digest) : ofVersion(facets, version);
    return { ...namedAt(known, path), facets: read };
  });
  return await Promise.all(inputs);
}

/** What a step is to make, before it has. */
export function declaredOutputs({ stage }: StepRecord, known: ProjectDatasets): readonly OutputDataset[] {
  return stage.outs.map(({ path }) => ({ ...namedAt(known, path), facets: {}, outputFacets: {} }));
}

/** What a step has made: version, columns where they are known, and how much. */
export async function outputsOfStep(
  parts: DatasetParts,
  facets: FacetMaker,
  known: ProjectDatasets,
  { step }: StepRecord,
): Promise<readonly OutputDataset[]> {
  const outputs = step.outs.map(async (out) => {
    const shape = out.isFolder ? undefined : await parts.shapeOf(out.path, out.digest);
    return {
      ...namedAt(known, out.path),
      facets: {
        version: facets.facet("version", { datasetVersion: out.digest }),
        ...schemaFacet(facets, shape),
      },
      outputFacets: {
        outputStatistics: facets.facet("outputStatistics", {
          ...(shape === undefined || shape.rows === null ? {} : { rowCount: shape.rows }),
          size: out.sizeBytes,
          fileCount: await countFiles(parts, out),
        }),
      },
    };
  });
  return await Promise.all(outputs);
}

function namedAt({ folder, project }: ProjectDatasets, path: string) {
  const { namespace, name } = fileNode(folder, project, path);
  return { namespace, name };
}

function ofVersion(facets: FacetMaker, version: DatasetVersion): Readonly<Record<string, Facet>> {
  const { project, dataset, digest, columns } = version;
  const identifier = { namespace: ownNamespace, name: `${project}/data/${dataset}`, type: "TABLE" };
  return {
    version: facets.facet("version", { datasetVersion: digest, number: version.number, id: version.id }),
    symlinks: facets.facet("symlinks", { identifiers: [identifier] }),
    schema: facets.facet("schema", { fields: fieldsOf(columns) }),
  };
}

async function ofContent(
  { shapeOf }: DatasetParts,
  facets: FacetMaker,
  path: string,
  digest: Digest | undefined,
): Promise<Readonly<Record<string, Facet>>> {
  if (digest === undefined) return {};
  return {
    version: facets.facet("version", { datasetVersion: digest }),
    ...schemaFacet(facets, await shapeOf(path, digest)),
  };
}

function schemaFacet(facets: FacetMaker, shape: TableShape | undefined): Readonly<Record<string, Facet>> {
  return shape === undefined ? {} : { schema: facets.facet("schema", { fields: fieldsOf(shape.columns) }) };
}

function fieldsOf(columns: readonly { readonly name: string; readonly type: string }[]) {
  return columns.map(({ name, type }, index) => ({ name, type, ordinal_position: index + 1 }));
}

async function countFiles({ blobs }: DatasetParts, { isFolder, digest }: StepOut): Promise<number> {
  return isFolder ? (await readTree(blobs, digest)).files.length : 1;
}
