import { randomUUID } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { z } from "zod";

import type { Digest } from "../digest.ts";

/** Remembers the digest of a file by its size, times and inode. */
export interface StatCache {
  digestOf(path: string, status: BigIntStats): Digest | undefined;
  keep(path: string): void;
  remember(path: string, status: BigIntStats, digest: Digest, hashedAtMs: number): void;
  nowMs(): number;
  save(): Promise<void>;
}

// A file changed again within one tick of the file system's clock looks unchanged. So what was hashed
// less than this after its last change is hashed again (git's rule for "racy" files); 2 seconds is the
// coarsest tick in use, that of FAT.
const racyMs = 2_000;

const entrySchema = z.object({ status: z.string(), digest: z.string() });
const fileSchema = z.record(z.string(), entrySchema);

/** Reads the cache; a missing or damaged one is empty, because it only saves time. */
export async function openStatCache(path: string | undefined): Promise<StatCache> {
  const old = path === undefined ? {} : await readCache(path);
  const next: z.infer<typeof fileSchema> = {};
  return {
    digestOf(file, status) {
      const entry = old[file];
      return entry?.status === fingerprint(status) ? entry.digest : undefined;
    },
    keep(file) {
      const entry = old[file];
      if (entry !== undefined) next[file] = entry;
    },
    remember(file, status, digest, hashedAtMs) {
      const changedAtMs = Number(status.mtimeMs > status.ctimeMs ? status.mtimeMs : status.ctimeMs);
      if (changedAtMs < hashedAtMs - racyMs) next[file] = { status: fingerprint(status), digest };
    },
    // Compared with the times of files, which are the system's.
    nowMs: () => Date.now(),
    async save() {
      if (path === undefined) return;
      await mkdir(dirname(path), { recursive: true });
      // Two may look at one folder at once: each writes aside on its own, and the last one's cache stays.
      const part = `${path}.${randomUUID()}.part`;
      await writeFile(part, JSON.stringify(next));
      await rename(part, path);
    },
  };
}

async function readCache(path: string): Promise<z.infer<typeof fileSchema>> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return {};
  }
}

function fingerprint(status: BigIntStats): string {
  return [status.size, status.mtimeNs, status.ctimeNs, status.ino].join(":");
}
