import { readFile, rename, writeFile } from "node:fs/promises";

import { z } from "zod";

import type { GrowingIndex } from "./line-index.ts";

const schema = z.object({
  version: z.literal(1),
  ended: z.number(),
  isOpen: z.boolean(),
  sizeBytes: z.number(),
  firstError: z.number().nullable(),
  marks: z.array(z.number()).min(1),
  rest: z.string(),
});

// What is read in less than a second is not worth a file; what takes long is kept on the way too.
const worthBytes = 64 << 20;
const keptAt = new WeakMap<GrowingIndex, number>();

/** The index that was kept beside a log of so many bytes; undefined when there is none or it is of another log. */
export async function keptIndex(path: string, fileBytes: number): Promise<GrowingIndex | undefined> {
  if (fileBytes < worthBytes) return undefined;
  try {
    const { version: _, ...index } = schema.parse(JSON.parse(await readFile(fileOf(path), "utf8")));
    // A log only grows, so one that is shorter is not the one that was read.
    if (index.sizeBytes > fileBytes) return undefined;
    keptAt.set(index, index.sizeBytes);
    return index;
  } catch {
    return undefined;
  }
}

/** Keeps the index beside its log each time it has grown by much. It can be made again, so a full disk is no trouble. */
export async function keepIndex(path: string, index: GrowingIndex): Promise<void> {
  if (index.sizeBytes - (keptAt.get(index) ?? 0) < worthBytes) return;
  keptAt.set(index, index.sizeBytes);
  const aside = `${fileOf(path)}.${process.pid}`;
  try {
    await writeFile(aside, JSON.stringify({ version: 1, ...index }));
    await rename(aside, fileOf(path));
  } catch {
    // The log is read again by the next server.
  }
}

function fileOf(path: string): string {
  return `${path}.lines`;
}
