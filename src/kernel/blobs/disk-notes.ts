import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { onDisk, systemCode } from "../disk.ts";
import { requireNoteName } from "./driver.ts";
import { namesIn } from "./folders.ts";
import type { BlobNotes } from "./index.ts";

/** Keeps each note as a file below `folder`, at the place where a bucket has it below its prefix. */
export function createDiskNotes(folder: string): BlobNotes {
  const pathOf = (name: string): string => join(folder, requireNoteName(name));
  return {
    async read(name) {
      try {
        return await readFile(pathOf(name));
      } catch (error) {
        if (systemCode(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    async write(name, bytes) {
      await onDisk(folder, async () => {
        await mkdir(dirname(pathOf(name)), { recursive: true });
        const part = `${pathOf(name)}.${randomUUID()}.part`;
        await writeFile(part, bytes);
        await rename(part, pathOf(name));
      });
    },
    async list(within) {
      const names = await namesIn(join(folder, requireNoteName(within)), /^[a-z0-9-]+$/);
      return names.map((name) => `${within}/${name}`);
    },
    remove: async (name) => await onDisk(folder, () => rm(pathOf(name), { force: true })),
  };
}
