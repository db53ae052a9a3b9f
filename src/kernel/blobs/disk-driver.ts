import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Digest } from "../digest.ts";
import { onDisk, syncFolder, systemCode } from "../disk.ts";
import { createDiskParts } from "./disk-parts.ts";
import { chunkBytes, createBlobs } from "./driver.ts";
import { makingFolder, namesIn, removeAbandoned } from "./folders.ts";
import type { Blobs, ByteRange, StoredBlob } from "./index.ts";
import { createSoundFiles } from "./sound-files.ts";
import { writeHashed } from "./write-hashed.ts";

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
  const sound = createSoundFiles();
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
      const stored = await writeHashed(temporary, source, { expected, mode: 0o444, isSynced: true });
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
    isStored: async (digest, sizeBytes) => (await sizeOf(digest)) === sizeBytes,
    sizeOf,
    async open(digest, range) {
      const sizeBytes = await sizeOf(digest);
      return sizeBytes === undefined
        ? undefined
        : { sizeBytes, chunks: readFileRange(pathOf(digest), range) };
    },
    async localPath(digest) {
      return (await sizeOf(digest)) === undefined ? undefined : pathOf(digest);
    },
    keepLocal: () => {},
    inspect: async (digest) => await sound.inspect(pathOf(digest), digest),
    list: () => listFolder(folder),
    remove: async (digest) => await onDisk(folder, () => rm(pathOf(digest), { force: true })),
    parts: createDiskParts({ folder: join(folder, "parts") }),
  });
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

async function* listFolder(folder: string): AsyncIterable<StoredBlob> {
  for (const shard of await namesIn(folder, /^[0-9a-f]{2}$/)) {
    for (const rest of await namesIn(join(folder, shard), /^[0-9a-f]{62}$/)) {
      const { size } = await stat(join(folder, shard, rest));
      yield { digest: shard + rest, sizeBytes: size };
    }
  }
}

function readFileRange(path: string, { offset, length }: ByteRange): AsyncIterable<Uint8Array> {
  if (length === 0) return nothing();
  const end = length === undefined ? undefined : offset + length - 1;
  return createReadStream(path, {
    start: offset,
    highWaterMark: Math.min(chunkBytes, length ?? chunkBytes),
    ...(end === undefined ? {} : { end }),
  });
}

async function* nothing(): AsyncIterable<Uint8Array> {}
