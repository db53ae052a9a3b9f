import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { onDisk, systemCode } from "../disk.ts";
import { chunkBytes, partMissing, requirePart, requireUpload } from "./driver.ts";
import { abandonedAfterMs } from "./folders.ts";
import type { NamedPart, StoredBlob, UploadParts } from "./index.ts";
import { writeHashed } from "./write-hashed.ts";

/**
 * Keeps each part as a file `<upload>/<number>-<digest>` under `folder`. Parts are not synced: whoever
 * completes the upload has them read again, and what is made of them is.
 */
export function createDiskParts({ folder }: { readonly folder: string }): UploadParts {
  const pathOf = (upload: string, part: NamedPart): string => {
    const { number, digest } = requirePart(part);
    return join(folder, requireUpload(upload), `${number}-${digest}`);
  };

  async function put(upload: string, number: number, source: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const own = join(folder, requireUpload(upload));
    await removeAbandoned(folder);
    await mkdir(own, { recursive: true });
    const temporary = join(own, `incoming-${randomUUID()}`);
    try {
      const stored = await writeHashed(temporary, source, { mode: 0o600, isSynced: false });
      await rename(temporary, pathOf(upload, { number, digest: stored.digest }));
      return stored;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    put: async (upload, number, source) => await onDisk(folder, () => put(upload, number, source)),
    async *read(upload, parts) {
      for (const part of parts) if (!(await isThere(pathOf(upload, part)))) throw partMissing(part);
      for (const part of parts) yield* createReadStream(pathOf(upload, part), { highWaterMark: chunkBytes });
    },
    remove: async (upload) =>
      await onDisk(folder, () => rm(join(folder, requireUpload(upload)), { recursive: true, force: true })),
  };
}

async function isThere(path: string): Promise<boolean> {
  return (await modifiedAtMs(path)) !== undefined;
}

async function modifiedAtMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

// A client that went away never says so. Its last part is the last change of its folder.
async function removeAbandoned(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // File times are the system's, so they are compared with the system's clock.
    if (((await modifiedAtMs(path)) ?? 0) < Date.now() - abandonedAfterMs)
      await rm(path, { recursive: true, force: true });
  }
}
