import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inParallel } from "#kernel/in-parallel";

import { invalidFile } from "../formats/invalid-file.ts";
import type { Remote } from "./remote.ts";

/**
 * Many small objects in few large ones, for remotes where every call costs: `gyre/packs/<id>.pack` holds
 * the bytes of objects one behind the other, `<id>.idx` a line `md5 offset length` for each. The index is
 * put after its pack, so what has an index is whole. DVC does not read packs; a remote has them only once
 * somebody asked for them, which the object `gyre/packs/format` keeps.
 */
export interface Packs {
  /** Whether new small objects go into packs. */
  readonly isAskedFor: boolean;
  find(md5: string): PackedObject | undefined;
  /** Marks the remote as one with packs. */
  begin(): Promise<void>;
  put(objects: readonly { readonly md5: string; readonly bytes: Buffer }[]): Promise<void>;
}

export interface PackedObject {
  readonly pack: string;
  readonly from: number;
  readonly length: number;
}

const folder = "gyre/packs/";
const formatKey = `${folder}format`;
const format = "gyre packs 1\n";

/** An object above this size is worth a call of its own. */
export const largestPackedBytes = 1024 * 1024;
/** A pack is put when it has grown to this size. */
export const packBytes = 32 * 1024 * 1024;

/** Reads which packs a remote has; indexes that were read before are kept in a folder of ours. */
export async function openPacks(remote: Remote, cacheFolder: string): Promise<Packs> {
  const found = new Map<string, PackedObject>();
  const listed = await remote.list(folder);
  const isAskedFor = listed.some(({ key }) => key === formatKey);
  if (isAskedFor) await refuseOtherFormats(remote);
  const place = join(cacheFolder, createHash("sha256").update(remote.address).digest("hex").slice(0, 16));
  const known = new Set(namesIn(place));
  const take = (pack: string, text: string): void => {
    for (const line of text.split("\n")) {
      const [md5, from, length] = line.split(" ");
      if (md5 === undefined || from === undefined || length === undefined) continue;
      found.set(md5, { pack, from: Number(from), length: Number(length) });
    }
  };
  const indexes = listed.filter(({ key }) => key.endsWith(".idx"));
  await inParallel(indexes, remote.calls, async ({ key }) => {
    const name = key.slice(folder.length);
    const pack = `${folder}${name.replace(/\.idx$/, ".pack")}`;
    if (known.has(name)) return take(pack, readFileSync(join(place, name), "utf8"));
    const bytes = await remote.read(key);
    if (bytes === undefined) return;
    const text = bytes.toString();
    take(pack, text);
    keep(place, name, text);
  });
  return {
    isAskedFor,
    find: (md5) => found.get(md5),
    begin: async () => await remote.put(formatKey, Buffer.from(format)),
    async put(objects) {
      const lines: string[] = [];
      let from = 0;
      for (const { md5, bytes } of objects) {
        lines.push(`${md5} ${from} ${bytes.length}\n`);
        from += bytes.length;
      }
      const text = lines.join("");
      const id = createHash("sha256").update(text).digest("hex").slice(0, 32);
      await remote.put(`${folder}${id}.pack`, Buffer.concat(objects.map(({ bytes }) => bytes)));
      await remote.put(`${folder}${id}.idx`, Buffer.from(text));
      take(`${folder}${id}.pack`, text);
      keep(place, `${id}.idx`, text);
    },
  };
}

async function refuseOtherFormats(remote: Remote): Promise<void> {
  const text = (await remote.read(formatKey))?.toString();
  if (text !== undefined && text !== format)
    throw invalidFile(
      `${remote.address}/${formatKey}`,
      `its packs are of another format (${JSON.stringify(text.trim())}); use a newer gyre`,
    );
}

function namesIn(place: string): readonly string[] {
  try {
    return readdirSync(place);
  } catch {
    return [];
  }
}

function keep(place: string, name: string, text: string): void {
  try {
    mkdirSync(place, { recursive: true });
    const aside = join(place, `${name}.${process.pid}.tmp`);
    writeFileSync(aside, text);
    renameSync(aside, join(place, name));
  } catch {
    // It only saves a call the next time.
    return;
  }
}
