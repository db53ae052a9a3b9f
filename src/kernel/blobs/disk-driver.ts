import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Digest } from "../digest.ts";
import { onDisk, syncFolder, systemCode } from "../disk.ts";
import { createBlockWriter } from "./block-writer.ts";
import { createDiskParts } from "./disk-parts.ts";
import { chunkBytes, createBlobs, hashing } from "./driver.ts";
import type { Blobs, StoredBlob } from "./index.ts";

/**
 * Keeps each blob as a read-only file `ab/cdef…` under `folder`, the first two digits of its digest
 * being a folder, because file systems and people are slow in folders of a million files.
 *
 * A blob is written under `incoming/`, synced, and renamed into place; so a file with a digest for a
 * name is complete, whenever the power went.
 */
export function createDiskBlobs(options: { readonly folder: string }): Blobs {
  const { folder } = options;
  const incoming = join(folder, "incoming");
  const pathOf = (digest: Digest): string => join(folder, digest.slice(0, 2), digest.slice(2));
  let swept: Promise<void> | undefined;

  async function sizeOf(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(pathOf(digest))).size;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async function store(source: AsyncIterable<Uint8Array>, expected: Digest | undefined): Promise<StoredBlob> {
    swept ??= removeAbandoned(incoming).catch(() => {});
    await swept;
    const temporary = join(incoming, randomUUID());
    try {
      const stored = await writeTemporary(temporary, source, expected);
      if (expected === undefined && (await sizeOf(stored.digest)) === stored.sizeBytes)
        await rm(temporary, { force: true });
      else await moveIntoPlace(temporary, pathOf(stored.digest));
      return stored;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return createBlobs({
    store: async (source, expected) => await onDisk(folder, () => store(source, expected)),
    sizeOf,
    read(digest, { offset, length }) {
      if (length === 0) return nothing();
      const end = length === undefined ? undefined : offset + length - 1;
      return createReadStream(pathOf(digest), {
        start: offset,
        highWaterMark: Math.min(chunkBytes, length ?? chunkBytes),
        ...(end === undefined ? {} : { end }),
      });
    },
    localPath: async (digest) => pathOf(digest),
    list: () => listFolder(folder),
    remove: async (digest) => await onDisk(folder, () => rm(pathOf(digest), { force: true })),
    parts: createDiskParts({ folder: join(folder, "parts") }),
  });
}

async function writeTemporary(
  path: string,
  source: AsyncIterable<Uint8Array>,
  expected: Digest | undefined,
): Promise<StoredBlob> {
  const handle = await makingFolder(path, async () => await open(path, "wx", 0o444));
  const blocks = createBlockWriter(handle);
  try {
    const stored = await hashing(source, expected, blocks.take);
    await blocks.end();
    await handle.sync();
    return stored;
  } finally {
    await blocks.settled();
    await handle.close();
  }
}

async function moveIntoPlace(temporary: string, path: string): Promise<void> {
  const shard = dirname(path);
  let isNew = false;
  await makingFolder(
    path,
    async () => await rename(temporary, path),
    () => (isNew = true),
  );
  await syncFolder(shard);
  if (isNew) await syncFolder(dirname(shard));
}

/** Tries first: the folder is there but for once. */
async function makingFolder<Result>(
  path: string,
  work: () => Promise<Result>,
  onMade: () => void = () => {},
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true });
    onMade();
    return await work();
  }
}

// Longer than any upload: another process may be writing its own file there.
const abandonedAfterMs = 24 * 60 * 60 * 1000;

async function removeAbandoned(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    // File times are the system's, so they are compared with the system's clock.
    if ((await stat(path)).mtimeMs < Date.now() - abandonedAfterMs) await rm(path, { force: true });
  }
}

async function* listFolder(folder: string): AsyncIterable<StoredBlob> {
  for (const shard of await namesIn(folder, /^[0-9a-f]{2}$/)) {
    for (const rest of await namesIn(join(folder, shard), /^[0-9a-f]{62}$/)) {
      const { size } = await stat(join(folder, shard, rest));
      yield { digest: shard + rest, sizeBytes: size };
    }
  }
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => pattern.test(name)).toSorted();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {}
