import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";

/** Removes whatever lies at a path; nothing there is no fault. */
export function removePath(place: string): void {
  rmSync(place, { recursive: true, force: true });
}

export function removeFile(place: string): void {
  try {
    unlinkSync(place);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

/** Makes the folder of a path; a file that stands in its way goes. */
export function makeFolder(folder: string): void {
  const status = lstatSync(folder, { throwIfNoEntry: false });
  if (status?.isDirectory() === true) return;
  if (status !== undefined && statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    unlinkSync(folder);
  else if (status !== undefined) return;
  mkdirSync(folder, { recursive: true });
}

/** Removes folders that have become empty, up to but without `stop`. */
export function removeEmptyFolders(folder: string, stop: string): void {
  for (let current = folder; current !== stop && current.startsWith(`${stop}/`); current = dirname(current)) {
    try {
      if (readdirSync(current).length > 0) return;
      rmdirSync(current);
    } catch {
      return;
    }
  }
}
