import { mkdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { recordText } from "./file-print.ts";
import type { IndexedFile } from "./file-print.ts";
import { readIndexFile, writeIndexFile } from "./index-file.ts";

/**
 * Remembers the digests of files by what `stat` says of them, for a whole repository, so that only what
 * has changed is read again.
 *
 * A file is the same when device, inode, size and both times in nanoseconds are. A file that changed so
 * shortly before it was read that a further change could bear the same times is not remembered (Git's rule
 * for "racy" files). Its clock is that of the file system, not of this machine. A damaged or missing index
 * is an empty one: it only saves time.
 */
export interface StatIndex {
  /** What is known of the files of a folder, by name; undefined when nothing is. */
  folder(place: string): ReadonlyMap<string, IndexedFile> | undefined;
  remember(place: string, name: string, file: IndexedFile): void;
  /** The same for many files of a folder, written with `recordText` one after the other. */
  rememberText(place: string, records: string): void;
  /** Keeps of a folder only the names that are still there. */
  keepOnly(place: string, names: ReadonlySet<string>): void;
  /** Writes the index, if it changed; `write` does it elsewhere. */
  save(write?: (file: string, text: string) => void): void;
  /** What to add to this machine's clock for the time of the file system, in milliseconds. */
  readonly clockOffsetMs: number;
}

export function openStatIndex(file: string): StatIndex {
  const folders = readIndex(file);
  let isChanged = false;
  let offset: number | undefined;
  const filesOf = (place: string): Map<string, IndexedFile> | undefined => {
    const known = folders.get(place);
    if (typeof known !== "string") return known;
    const files = readRecords(known);
    folders.set(place, files);
    return files;
  };
  return {
    folder: filesOf,
    remember(place, name, indexed) {
      const known = filesOf(place) ?? new Map<string, IndexedFile>();
      folders.set(place, known);
      known.set(name, indexed);
      isChanged = true;
    },
    rememberText(place, records) {
      const known = folders.get(place) ?? "";
      if (typeof known === "string") folders.set(place, known + records);
      else for (const [name, indexed] of readRecords(records)) known.set(name, indexed);
      isChanged = true;
    },
    keepOnly(place, names) {
      const known = filesOf(place);
      if (known === undefined || known.size <= names.size) return;
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      isChanged = true;
    },
    save(write = writeIndexFile) {
      if (!isChanged) return;
      write(file, textOf(folders));
      isChanged = false;
    },
    get clockOffsetMs() {
      offset ??= measureClockOffset(dirname(file));
      return offset;
    },
  };
}

function measureClockOffset(folder: string): number {
  try {
    mkdirSync(folder, { recursive: true });
    const probe = join(folder, `gyre-clock-${process.pid}`);
    writeFileSync(probe, "");
    const offset = Number(statSync(probe, { bigint: true }).ctimeNs / 1_000_000n) - Date.now();
    unlinkSync(probe);
    // What is within a tick is no difference of clocks.
    return Math.abs(offset) < 1_000 ? 0 : offset;
  } catch {
    return 0;
  }
}

/** What is known of a folder's files; as text until somebody asks for it. */
type Folders = Map<string, string | Map<string, IndexedFile>>;

/** For each folder `/folder\0` and the records of its files, which begin with a name. */
function readIndex(file: string): Folders {
  const folders: Folders = new Map();
  const body = readIndexFile(file);
  for (let start = 0; start < body.length;) {
    const next = body.indexOf("\0/", start);
    const stop = next === -1 ? body.length : next + 1;
    const nameEnd = body.indexOf("\0", start);
    folders.set(body.slice(start + 1, nameEnd), body.slice(nameEnd + 1, stop));
    start = stop;
  }
  return folders;
}

function readRecords(text: string): Map<string, IndexedFile> {
  const parts = text.split("\0");
  const files = new Map<string, IndexedFile>();
  for (let index = 0; index < parts.length - 1; index += 3)
    files.set(parts[index] ?? "", { print: parts[index + 1] ?? "", md5: parts[index + 2] ?? "" });
  return files;
}

function textOf(folders: Folders): string {
  let text = "";
  for (const [place, known] of folders) {
    const records =
      typeof known === "string" ? known : [...known].map(([name, one]) => recordText(name, one)).join("");
    if (records !== "") text += `/${place}\0${records}`;
  }
  return text;
}
