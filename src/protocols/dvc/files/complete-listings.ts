import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { isMapping } from "../formats/json-guards.ts";
import { isRacy } from "./file-print.ts";

/**
 * Remembers of which listings the cache had every object, by what `stat` says of its 256 folders: as long as
 * nothing came into them and nothing left, seventy thousand names need not be read to say so again. A folder
 * that changed so shortly before that a further change could bear the same time is not remembered by.
 */
export interface CompleteListings {
  /** What `check` found for this listing, or finds now. */
  isComplete(md5: string, check: () => boolean): boolean;
  /** To be called when objects came or went. */
  forget(): void;
  save(): void;
}

/** `objects` holds the folders of two digits, `file` what is remembered. */
export function openCompleteListings(objects: string, file: string): CompleteListings {
  const saved = read(file);
  let complete = new Set<string>();
  let state: CacheState | undefined;
  let isChanged = false;
  const look = (): CacheState => {
    const now = stateOf(objects);
    complete = now.print === saved.print ? new Set(saved.listings) : new Set();
    return now;
  };
  return {
    isComplete(md5, check) {
      state ??= look();
      if (complete.has(md5)) return true;
      if (!check()) return false;
      complete.add(md5);
      isChanged = true;
      return true;
    },
    forget() {
      state = undefined;
      isChanged = false;
    },
    save() {
      if (isChanged && state !== undefined && !state.isRacy)
        write(file, { print: state.print, listings: [...complete] });
      isChanged = false;
    },
  };
}

interface Saved {
  readonly print: string;
  readonly listings: readonly string[];
}

interface CacheState {
  readonly print: string;
  readonly isRacy: boolean;
}

function stateOf(objects: string): CacheState {
  const nowMs = Date.now();
  const prints: string[] = [];
  let racy = false;
  for (let prefix = 0; prefix < 256; prefix++) {
    const place = join(objects, prefix.toString(16).padStart(2, "0"));
    const status = statSync(place, { bigint: true, throwIfNoEntry: false });
    racy ||= status !== undefined && isRacy(status, nowMs);
    prints.push(status === undefined ? "" : `${status.ino}.${status.mtimeNs}.${status.ctimeNs}`);
  }
  return { print: prints.join(" "), isRacy: racy };
}

function read(file: string): Saved {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    const { print, listings } = isMapping(value) ? value : {};
    if (typeof print === "string" && Array.isArray(listings))
      return { print, listings: listings.filter((md5) => typeof md5 === "string") };
  } catch {
    // Nothing is remembered, or something else lies there.
  }
  return { print: "", listings: [] };
}

function write(file: string, saved: Saved): void {
  const aside = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(aside, JSON.stringify(saved));
    renameSync(aside, file);
  } catch {
    // It only saves time: a full disk must not end a command that has done its work.
    return;
  }
}
