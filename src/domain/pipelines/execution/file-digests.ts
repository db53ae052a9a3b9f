import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { digestOf, digestOfJson } from "#kernel/digest";
import type { Digest } from "#kernel/digest";

import { isLeftover } from "../planning/ignore.ts";

export interface ListedFile {
  readonly path: string;
  readonly digest: Digest;
}

/** The digest of what a path holds: of the bytes of a file, or of the listing of a folder without what tools leave behind. */
export async function digestPath(path: string): Promise<Digest | undefined> {
  const status = await lstat(path).catch(() => undefined);
  if (status?.isFile() === true) return await digestFile(path, status.size);
  if (status?.isDirectory() !== true) return undefined;
  return digestListing(await listFolder(path, ""));
}

/** Paths from the folder; what is left out here is left out by `isLeftover`. */
export function digestListing(files: readonly ListedFile[]): Digest {
  const kept = files.filter(({ path }) => !path.split("/").some(isLeftover));
  return digestOfJson(
    kept.map(({ path, digest }) => [path, digest]).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  );
}

async function listFolder(folder: string, below: string): Promise<readonly ListedFile[]> {
  const files: ListedFile[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    if (isLeftover(entry.name)) continue;
    const path = `${below}${entry.name}`;
    if (entry.isDirectory()) files.push(...(await listFolder(folder, `${path}/`)));
    else if (entry.isFile()) {
      const { size } = await lstat(join(folder, path));
      files.push({ path, digest: await digestFile(join(folder, path), size) });
    }
  }
  return files;
}

// A stream allocates its whole buffer however small the file: measured as a third of the time of a step.
const readAtOnceBytes = 1 << 20;

export async function digestFile(path: string, sizeBytes: number): Promise<Digest> {
  if (sizeBytes <= readAtOnceBytes) return digestOf(await readFile(path));
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: readAtOnceBytes })) hash.update(chunk);
  return hash.digest("hex");
}
