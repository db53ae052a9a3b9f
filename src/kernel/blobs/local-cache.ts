import { randomUUID } from "node:crypto";
import { chmod, constants, copyFile, mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Digest } from "../digest.ts";
import { onDisk } from "../disk.ts";
import { digestOfFile } from "./driver.ts";
import type { ReadFile } from "./driver.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { namesIn, removeAbandoned } from "./folders.ts";
import type { StoredBlob } from "./index.ts";
import { writeHashed } from "./write-hashed.ts";

export interface LocalCacheOptions {
  readonly folder: string;
  /** What is used least recently goes when there is more. */
  readonly limitBytes: number;
  /** The system's time by default: it is compared with times of files. */
  readonly nowMs?: () => number;
}

/** A file that is no part of the cache yet. */
export interface Spooled extends StoredBlob {
  readonly path: string;
}

/**
 * Copies of blobs in files, each verified before it is used: when it is written, and again when it was there
 * before this process, because nothing here is synced.
 *
 * A file goes when there are more than `limitBytes` and it was used least recently; never while `use` works
 * with it, within an hour of `lend`, or while somebody keeps it. So the limit gives way to what is in use.
 */
export interface LocalCache {
  readonly folder: string;
  readonly limitBytes: number;
  /** Opens a copy for reading; undefined for what is not here. It may go meanwhile: an open file stays readable. */
  open(digest: Digest): Promise<FileHandle | undefined>;
  /** Lets a copy be used as long as the work takes. */
  use(digest: Digest, work: (path: string) => Promise<void>): Promise<"done" | undefined>;
  /** The path of a copy that stays for an hour at least. */
  lend(digest: Digest): Promise<string | undefined>;
  /** Writes a stream aside. Throws `blob_corrupt` when it was not `expected`; then, and when it breaks, nothing stays. */
  spool(source: AsyncIterable<Uint8Array>, expected: Digest | undefined): Promise<Spooled>;
  /** Copies a file aside; undefined when it changed since it was read. */
  copyIn(file: ReadFile): Promise<Spooled | undefined>;
  /** A path for a file to be written aside by the caller. */
  createPlace(): Promise<string>;
  /** Takes a file in under its digest. One that `isWanted` stays until whoever asked for it has it, however large. */
  adopt(spooled: Spooled, options?: { readonly isWanted?: boolean }): Promise<void>;
  discard(path: string): Promise<void>;
  remove(digest: Digest): Promise<void>;
  /** Exactly these stay for this holder. */
  keep(holder: string, digests: Iterable<Digest>): void;
}

interface Entry {
  sizeBytes: number;
  /** The file as it was when its bytes were verified; undefined for one from before this process. */
  verified: string | undefined;
  users: number;
  lentUntilMs: number;
  /** When the file was last touched: so the order of use outlives the process. */
  touchedAtMs: number;
}

const lentForMs = 60 * 60_000;
const wantedForMs = 60_000;
const touchedEveryMs = 10 * 60_000;

export function createLocalCache(options: LocalCacheOptions): LocalCache {
  const { folder, limitBytes } = options;
  const nowMs = options.nowMs ?? Date.now;
  const incoming = join(folder, "incoming");
  const pathOf = (digest: Digest): string => join(folder, digest.slice(0, 2), digest.slice(2));
  const kept = new Map<string, ReadonlySet<Digest>>();
  // In the order of use, the least recent first.
  const entries = new Map<Digest, Entry>();
  let totalBytes = 0;
  let scanned: Promise<void> | undefined;

  async function scan(): Promise<void> {
    await removeAbandoned(incoming);
    const found = await listCopies(folder);
    for (const { digest, sizeBytes, usedAtMs } of found.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
      entries.set(digest, {
        sizeBytes,
        verified: undefined,
        users: 0,
        lentUntilMs: 0,
        touchedAtMs: usedAtMs,
      });
      totalBytes += sizeBytes;
    }
  }

  /** Works with a sound copy, which is now the last used and does not go meanwhile. */
  async function using<Result>(
    digest: Digest,
    work: (path: string, entry: Entry) => Promise<Result>,
  ): Promise<Result | undefined> {
    await (scanned ??= scan());
    const entry = entries.get(digest);
    if (entry === undefined) return undefined;
    entry.users++;
    try {
      if (!(await isSound(digest, entry))) {
        await remove(digest);
        return undefined;
      }
      entries.delete(digest);
      entries.set(digest, entry);
      await touch(digest, entry);
      return await work(pathOf(digest), entry);
    } finally {
      entry.users--;
    }
  }

  async function isSound(digest: Digest, entry: Entry): Promise<boolean> {
    const path = pathOf(digest);
    const status = await fingerprintOf(path);
    if (status === undefined) return false;
    if (status === entry.verified) return true;
    if ((await digestOfFile(path)) !== digest) return false;
    entry.verified = status;
    return true;
  }

  async function touch(digest: Digest, entry: Entry): Promise<void> {
    if (entry.touchedAtMs > nowMs() - touchedEveryMs) return;
    entry.touchedAtMs = nowMs();
    const path = pathOf(digest);
    const at = new Date(entry.touchedAtMs);
    await utimes(path, at, at).catch(() => {});
    entry.verified = await fingerprintOf(path);
  }

  async function remove(digest: Digest): Promise<void> {
    await (scanned ??= scan());
    const entry = entries.get(digest);
    if (entries.delete(digest)) totalBytes -= entry?.sizeBytes ?? 0;
    await rm(pathOf(digest), { force: true });
  }

  async function makeRoom(): Promise<void> {
    if (totalBytes <= limitBytes) return;
    const held = new Set([...kept.values()].flatMap((digests) => [...digests]));
    for (const [digest, { users, lentUntilMs }] of entries) {
      if (totalBytes <= limitBytes) return;
      if (users === 0 && lentUntilMs <= nowMs() && !held.has(digest)) await remove(digest);
    }
  }

  async function createPlace(): Promise<string> {
    await (scanned ??= scan());
    await mkdir(incoming, { recursive: true });
    return join(incoming, randomUUID());
  }

  return {
    folder,
    limitBytes,
    createPlace,
    remove,
    open: async (digest) => await using(digest, async (path) => await open(path, "r")),
    use: async (digest, work) =>
      await using(digest, async (path) => {
        await work(path);
        return "done" as const;
      }),
    lend: async (digest) =>
      await using(digest, async (path, entry) => {
        entry.lentUntilMs = nowMs() + lentForMs;
        return path;
      }),
    async spool(source, expected) {
      return await onDisk(folder, async () => {
        const path = await createPlace();
        try {
          return { path, ...(await writeHashed(path, source, { expected, mode: 0o444, isSynced: false })) };
        } catch (error) {
          await rm(path, { force: true });
          throw error;
        }
      });
    },
    async copyIn({ path: source, fingerprint, digest, sizeBytes }) {
      return await onDisk(folder, async () => {
        const path = await createPlace();
        try {
          await copyFile(source, path, constants.COPYFILE_FICLONE);
          await chmod(path, 0o444);
          if ((await fingerprintOf(source)) === fingerprint) return { path, digest, sizeBytes };
        } catch (error) {
          await rm(path, { force: true });
          throw error;
        }
        await rm(path, { force: true });
        return undefined;
      });
    },
    async adopt({ path, digest, sizeBytes }, { isWanted = false } = {}) {
      if (entries.has(digest) || (sizeBytes > limitBytes && !isWanted))
        return await rm(path, { force: true });
      const target = pathOf(digest);
      await onDisk(folder, () => mkdir(dirname(target), { recursive: true }));
      await rename(path, target);
      const verified = await fingerprintOf(target);
      if (!entries.has(digest)) totalBytes += sizeBytes;
      const lentUntilMs = isWanted ? nowMs() + wantedForMs : 0;
      entries.set(digest, { sizeBytes, verified, users: 0, lentUntilMs, touchedAtMs: nowMs() });
      await makeRoom();
    },
    discard: async (path) => await rm(path, { force: true }),
    keep: (holder, digests) => void kept.set(holder, new Set(digests)),
  };
}

interface Copy {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
}

async function listCopies(folder: string): Promise<readonly Copy[]> {
  const copies: Copy[] = [];
  for (const shard of await namesIn(folder, /^[0-9a-f]{2}$/)) {
    for (const rest of await namesIn(join(folder, shard), /^[0-9a-f]{62}$/)) {
      const { size, mtimeMs } = await stat(join(folder, shard, rest));
      copies.push({ digest: shard + rest, sizeBytes: size, usedAtMs: mtimeMs });
    }
  }
  return copies;
}
