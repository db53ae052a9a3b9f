import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";

import { putTree } from "#kernel/blobs";
import type { Blobs, StoredTree } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import { inputPaths } from "../definition/graph.ts";
import { createPathSet } from "../definition/path-set.ts";
import { isWithin } from "../definition/paths.ts";
import type { Pipeline } from "../definition/pipeline.ts";
import type { ProjectFiles } from "../definition/scope.ts";
import type { PipelineProject } from "../ports.ts";
import { problems } from "../problems.ts";
import { listCodeFiles } from "./code-files.ts";
import { readPipelineAgain } from "./read-again.ts";

// Code is text that people write. What is larger is data, and belongs where versions of it are kept.
const largestCodeFileBytes = 50_000_000;

/** The stored code of a project's folder, and the pipeline that was read on the way. */
export interface Snapshot {
  readonly code: StoredTree;
  /** Undefined when a file changed while the code was stored: then what is stored is what counts. */
  readonly pipeline: Pipeline | undefined;
}

/** Stores the code of the project folder as a tree. Throws `code_file_too_large`, and the problems of the pipeline file. */
export async function snapshotCode(
  blobs: Blobs,
  project: PipelineProject,
  dataPaths: readonly string[],
  statCachePath: string,
): Promise<Snapshot> {
  const files = filesOfFolder(project.folder);
  const { pipeline, read } = await readPipelineAgain(project.folder, project.pipeline, files);
  const { stages } = pipeline;
  const excluded = [...stages.flatMap((stage) => stage.outs.map((out) => out.path)), ...dataPaths];
  const made = createPathSet(excluded);
  const named = new Set([...stages.flatMap(inputPaths), ...pathsRead(read)]);
  if (project.python !== null) named.add(project.python.requirements);
  const included = [...named].filter((path) => path !== "." && !made.covers(path));

  const code = await listCodeFiles(project.folder, { excluded, included });
  const asked = createPathSet(included);
  const tooLarge = code.find(
    ({ path, sizeBytes }) => sizeBytes > largestCodeFileBytes && !asked.covers(path),
  );
  if (tooLarge !== undefined) throw codeFileTooLarge(tooLarge.path, tooLarge.sizeBytes);
  const paths = new Set(code.map(({ path }) => path));
  const folders = foldersOf(paths);
  const tree = await putTree(blobs, project.folder, {
    statCachePath,
    ignore: (path) => !paths.has(path) && !folders.has(path),
  });
  return { code: tree, pipeline: isStored(read, tree) ? pipeline : undefined };
}

function pathsRead(read: ReadonlyMap<string, Digest | undefined>): readonly string[] {
  return [...read].flatMap(([path, digest]) => (digest === undefined ? [] : [path]));
}

/** Whether every text that was read is the one that was stored. */
function isStored(read: ReadonlyMap<string, Digest | undefined>, tree: StoredTree): boolean {
  const stored = new Map(tree.files.map((file) => [file.path, file.digest]));
  return [...read].every(([path, digest]) => stored.get(path) === digest);
}

/** Reads text files below a folder; what leads out of it, or is no plain file, is not there. */
export function filesOfFolder(folder: string): ProjectFiles {
  return {
    async readText(path) {
      if (!isWithin(path, ".") || path.startsWith("../")) return undefined;
      try {
        const status = await lstat(join(folder, path));
        return status.isFile() ? await readFile(join(folder, path), "utf8") : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

function foldersOf(paths: ReadonlySet<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      folders.add(path.slice(0, slash + 1));
    }
  }
  return folders;
}

function codeFileTooLarge(path: string, sizeBytes: number): Problem {
  return new Problem(problems.code_file_too_large, {
    message: `${path} holds ${Math.round(sizeBytes / 1_000_000)} MB, which is too much for code.`,
    next: `List it under data: in gyre.yaml, under deps of the stage that reads it, or leave it out with a line in .dvcignore.`,
    data: { path, sizeBytes },
  });
}
