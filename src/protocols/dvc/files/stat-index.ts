import type { BigIntStats } from "node:fs";
import { mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";

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
  /** Keeps of a folder only the names that are still there. */
  keepOnly(place: string, names: ReadonlySet<string>): void;
  /** Writes the index, if it changed. */
  save(): void;
  /** What to add to this machine's clock for the time of the file system, in milliseconds. */
  readonly clockOffsetMs: number;
}

export interface IndexedFile {
  readonly print: string;
  readonly md5: string;
}

const heading = "gyre stat index 1";

export function openStatIndex(file: string): StatIndex {
  const folders = readIndex(file);
  let isChanged = false;
  let offset: number | undefined;
  return {
    folder: (place) => folders.get(place),
    remember(place, name, indexed) {
      const known = folders.get(place) ?? new Map<string, IndexedFile>();
      folders.set(place, known);
      known.set(name, indexed);
      isChanged = true;
    },
    keepOnly(place, names) {
      const known = folders.get(place);
      if (known === undefined || known.size <= names.size) return;
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      isChanged = true;
    },
    save() {
      if (!isChanged) return;
      writeIndex(file, folders);
      isChanged = false;
    },
    get clockOffsetMs() {
      offset ??= measureClockOffset(dirname(file));
      return offset;
    },
  };
}

/** What makes a file the same file; the size stands third, for those who need it. */
export function fingerprint(status: BigIntStats): string {
  return `${status.dev}:${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`;
}

export function sizeOfPrint(print: string): number {
  const start = print.indexOf(":", print.indexOf(":") + 1) + 1;
  return Number(print.slice(start, print.indexOf(":", start)));
}

// Kernels stamp files with the time of their last tick, at most 10 ms ago; FAT counts in steps of 2 s.
const fineTickNs = 20_000_000n;
const coarseTickNs = 2_000_000_000n;

/** Whether a file read at `readAtMs` (of the file system's clock) might change once more unnoticed. */
export function isRacy(status: BigIntStats, readAtMs: number): boolean {
  const tick = status.ctimeNs % 1_000_000n === 0n ? coarseTickNs : fineTickNs;
  return status.ctimeNs >= BigInt(Math.floor(readAtMs)) * 1_000_000n - tick;
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

type Folders = Map<string, Map<string, IndexedFile>>;

/** Folders and files alternate as `/folder\0`, then `name\0print\0md5\0` for each; a checksum stands first. */
function readIndex(file: string): Folders {
  const folders: Folders = new Map();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return folders;
  }
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (text.slice(0, end) !== `${heading} ${crc32(body)}`) return folders;
  const parts = body.split("\0");
  let current = new Map<string, IndexedFile>();
  for (let index = 0; index < parts.length - 1;) {
    const part = parts[index] ?? "";
    if (part.startsWith("/")) {
      current = new Map();
      folders.set(part.slice(1), current);
      index += 1;
    } else {
      current.set(part, { print: parts[index + 1] ?? "", md5: parts[index + 2] ?? "" });
      index += 3;
    }
  }
  return folders;
}

function writeIndex(file: string, folders: Folders): void {
  let text = "";
  for (const [place, known] of folders) {
    if (known.size === 0) continue;
    text += `/${place}\0`;
    for (const [name, { print, md5 }] of known) text += `${name}\0${print}\0${md5}\0`;
  }
  const body = Buffer.from(text);
  const aside = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(aside, Buffer.concat([Buffer.from(`${heading} ${crc32(body)}\n`), body]));
    renameSync(aside, file);
  } catch {
    // A full disk must not end a command that has done its work.
    try {
      unlinkSync(aside);
    } catch {
      return;
    }
  }
}
