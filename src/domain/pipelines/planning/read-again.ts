import { digestOf } from "#kernel/digest";
import type { Digest } from "#kernel/digest";

import { readPipeline } from "../definition/pipeline.ts";
import type { Pipeline, PipelineSource } from "../definition/pipeline.ts";
import type { ProjectFiles } from "../definition/scope.ts";

/** A pipeline with the texts it was read from, by their digests; undefined where there was no file. */
export interface ReadPipeline {
  readonly pipeline: Pipeline;
  readonly read: ReadonlyMap<string, Digest | undefined>;
}

const remembered = 8;
const earlier = new Map<string, ReadPipeline>();

/**
 * Reads a pipeline, or takes the one that was read from the same texts before: what a pipeline says
 * follows from its files alone, and taking a file of a thousand stages apart takes longer than running
 * it when nothing changed. `name` keeps the pipelines of several projects apart.
 */
export async function readPipelineAgain(
  name: string,
  source: Omit<PipelineSource, "files">,
  files: ProjectFiles,
): Promise<ReadPipeline> {
  const key = JSON.stringify([name, source.file, source.at ?? []]);
  const known = earlier.get(key);
  earlier.delete(key);
  const found =
    known !== undefined && (await isUnchanged(known, files)) ? known : await readWhole(source, files);
  earlier.set(key, found);
  for (const oldest of earlier.keys()) if (earlier.size > remembered) earlier.delete(oldest);
  return found;
}

async function isUnchanged({ read }: ReadPipeline, files: ProjectFiles): Promise<boolean> {
  for (const [path, digest] of read) {
    const text = await files.readText(path);
    if ((text === undefined ? undefined : digestOf(text)) !== digest) return false;
  }
  return true;
}

async function readWhole(source: Omit<PipelineSource, "files">, files: ProjectFiles): Promise<ReadPipeline> {
  const read = new Map<string, Digest | undefined>();
  const pipeline = await readPipeline({
    ...source,
    files: {
      async readText(path) {
        const text = await files.readText(path);
        read.set(path, text === undefined ? undefined : digestOf(text));
        return text;
      },
    },
  });
  return { pipeline, read };
}
