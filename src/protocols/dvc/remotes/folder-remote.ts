import { constants, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { copyFile, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { asideIn, asidePrefix } from "../files/half-written.ts";
import { remoteFailed } from "./remote.ts";
import type { Remote, RemoteObject, RemoteOptions } from "./remote.ts";

/** A remote that is a folder of this machine, or of one it has mounted. */
export function openFolderRemote({ name, address, jobs }: RemoteOptions): Remote {
  const root = address.replace(/^(file|local):\/\//, "");
  const placeOf = (key: string): string => join(root, key);
  const self = { name, address };
  const aside = (place: string): string => {
    mkdirSync(dirname(place), { recursive: true });
    return asideIn(dirname(place));
  };
  /** Written aside and renamed: a reader meets whole objects only. */
  const write = async (key: string, fill: (place: string) => Promise<void>): Promise<void> => {
    const place = placeOf(key);
    const part = aside(place);
    try {
      await fill(part);
      renameSync(part, place);
    } catch (cause) {
      rmSync(part, { force: true });
      throw remoteFailed(self, `could not take ${key}`, cause);
    }
  };
  return {
    name,
    address,
    isReadOnly: false,
    folder: root,
    calls: jobs ?? 8,
    has: async (key) => statSync(placeOf(key), { throwIfNoEntry: false }) !== undefined,
    async read(key, part) {
      let file;
      try {
        file = await open(placeOf(key), "r");
      } catch {
        return undefined;
      }
      try {
        if (part === undefined) return await file.readFile();
        const bytes = Buffer.alloc(part.length);
        const { bytesRead } = await file.read(bytes, 0, part.length, part.from);
        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async download(key, place) {
      if (statSync(placeOf(key), { throwIfNoEntry: false }) === undefined) return false;
      await copyFile(placeOf(key), place, constants.COPYFILE_FICLONE);
      return true;
    },
    put: async (key, bytes) => await write(key, async (place) => await writeFile(place, bytes)),
    upload: async (key, source) =>
      await write(key, async (place) => await copyFile(source, place, constants.COPYFILE_FICLONE)),
    list: async (prefix) => {
      // A prefix may end within a name: the folder above it is listed.
      const folder = prefix.endsWith("/") ? prefix : prefix.slice(0, prefix.lastIndexOf("/") + 1);
      return [...walk(root, folder)].filter(({ key }) => key.startsWith(prefix));
    },
    async remove(keys) {
      for (const key of keys) rmSync(placeOf(key), { force: true });
    },
    close: async () => {},
  };
}

function* walk(root: string, folder: string): Generator<RemoteObject> {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    if (entry.name.startsWith(asidePrefix)) continue;
    const key = `${folder}${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, `${key}/`);
    else yield { key, sizeBytes: statSync(join(root, key)).size };
  }
}
