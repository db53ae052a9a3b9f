import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Stats } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Digest } from "../digest.ts";
import { onDisk, syncFolder, systemCode } from "../disk.ts";
import { inParallel } from "../in-parallel.ts";
import { isYoung } from "./ages.ts";
import { createDiskNotes } from "./disk-notes.ts";
import { createDiskParts } from "./disk-parts.ts";
import { chunkBytes, createBlobs } from "./driver.ts";
import { makingFolder, namesIn, removeAbandoned } from "./folders.ts";
import type { Blobs, ByteRange, ListedBlob, StoredBlob } from "./index.ts";
import { createLeaving } from "./leaving.ts";
import { createSoundFiles } from "./sound-files.ts";
import { writeHashed } from "./write-hashed.ts";

const removedAtOnce = 4;

/**
 * Keeps each blob as a read-only file `ab/cdef…` under `folder`, the first two digits of its digest
 * being a folder, because file systems and people are slow in folders of a million files.
 *
 * A blob is written under `incoming/`, synced, and renamed into place; so a file with a digest for a
 * name is complete, whenever the power went. When it was stored last is its time of modification.
 */
export function createDiskBlobs(options: { readonly folder: string }): Blobs {
  const { folder } = options;
  const incoming = join(folder, "incoming");
  const pathOf = (digest: Digest): string => join(folder, digest.slice(0, 2), digest.slice(2));
  const sound = createSoundFiles();
  const leaving = createLeaving(folder, pathOf);
  let swept: Promise<void> | undefined;

  async function sizeOf(digest: Digest): Promise<number | undefined> {
    return (await find(digest))?.size;
  }

  /** A file that is just being looked at by who collects garbage is there as well. */
  async function find(digest: Digest): Promise<Stats | undefined> {
    const found = await statusOf(pathOf(digest));
    if (found !== undefined || !(await leaving.rescue(digest))) return found;
    return await statusOf(pathOf(digest));
  }

  async function isStored(digest: Digest, sizeBytes: number): Promise<boolean> {
    const status = await find(digest);
    return status?.size === sizeBytes && (await makeYoung(digest, status));
  }

  /** False when it is there no more: then it has to be stored, whoever removed it. */
  async function makeYoung(digest: Digest, status: Stats): Promise<boolean> {
    if (isYoung(status.mtimeMs, Date.now())) return true;
    return await sound.keepingWhatIsKnown(pathOf(digest), digest, async () => {
      try {
        return await leaving.touch(digest, Date.now());
      } catch (error) {
        // Another user's file: one of our own takes its place.
        if (systemCode(error) === "EPERM") return false;
        throw error;
      }
    });
  }

  async function store(source: AsyncIterable<Uint8Array>, expected: Digest | undefined): Promise<StoredBlob> {
    swept ??= removeAbandoned(incoming).catch(() => {});
    await swept;
    const temporary = join(incoming, randomUUID());
    try {
      const stored = await writeHashed(temporary, source, { expected, mode: 0o444, isSynced: true });
      if (expected === undefined && (await isStored(stored.digest, stored.sizeBytes)))
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
    isStored,
    async renew(digest) {
      const status = await find(digest);
      if (status === undefined) return false;
      if (await makeYoung(digest, status)) return true;
      if ((await sizeOf(digest)) === undefined) return false;
      await store(createReadStream(pathOf(digest)), digest);
      return true;
    },
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
    async inspect(digest) {
      const condition = await sound.inspect(pathOf(digest), digest);
      if (condition !== "missing" || !(await leaving.rescue(digest))) return condition;
      return await sound.inspect(pathOf(digest), digest);
    },
    async *list() {
      await leaving.rescueAll();
      yield* listFolder(folder);
    },
    async remove(digest) {
      await leaving.rescue(digest);
      await onDisk(folder, () => rm(pathOf(digest), { force: true }));
    },
    async removeOlder(digests, beforeMs) {
      const removed: Digest[] = [];
      await inParallel(digests, removedAtOnce, async (digest) => {
        if (await onDisk(folder, () => leaving.remove(digest, beforeMs))) removed.push(digest);
      });
      return removed;
    },
    parts: createDiskParts({ folder: join(folder, "parts") }),
    notes: createDiskNotes(join(folder, "records")),
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

async function* listFolder(folder: string): AsyncIterable<ListedBlob> {
  for (const shard of await namesIn(folder, /^[0-9a-f]{2}$/)) {
    for (const rest of await namesIn(join(folder, shard), /^[0-9a-f]{62}$/)) {
      const status = await statusOf(join(folder, shard, rest));
      // Removed since the folder was read.
      if (status === undefined) continue;
      yield { digest: shard + rest, sizeBytes: status.size, storedAtMs: status.mtimeMs };
    }
  }
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
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
