import { statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { diskFull, folderNotWritable } from "../disk.ts";

// The primary result codes of SQLite; the extended ones carry them in their lowest byte.
const busy = 5;
const readOnly = 8;
const inputOutput = 10;
const full = 13;
const cannotOpen = 14;

export function isBusy(error: unknown): boolean {
  return codeOf(error) === busy;
}

/** Whether there was no transaction left to roll back. */
export function isRolledBack(error: unknown): boolean {
  return error instanceof Error && error.message.includes("no transaction is active");
}

/** What a person can mend (disk full, read-only) as a Problem that names the folder; anything else as it is. */
export function explainSqlite(error: unknown, location: string): unknown {
  const folder = dirname(resolve(location));
  switch (codeOf(error)) {
    case full:
      return diskFull(folder, error);
    case readOnly:
      return folderNotWritable(folder, error);
    case inputOutput:
    case cannotOpen:
      // A log or an index beside the database that cannot grow is told as a failure of the device.
      return hasNoRoom(folder) ? diskFull(folder, error) : error;
    default:
      return error;
  }
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

function hasNoRoom(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0;
  } catch {
    return false;
  }
}
