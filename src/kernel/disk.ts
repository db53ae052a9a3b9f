import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { defineProblems, Problem } from "./errors.ts";

export const diskProblems = defineProblems({
  disk_full: {
    kind: "unavailable",
    when: "The disk, or the quota on it, has no room left for a file being written.",
    next: "Free space on that disk, or move the state to a larger one, then try again: nothing was half written.",
  },
  folder_not_writable: {
    kind: "unavailable",
    when: "A folder Gyre must write to is read-only or belongs to someone else.",
    next: "Give the user that runs Gyre write permission on the folder, or choose another folder.",
  },
});

/**
 * Runs file work and turns the failures a person can mend (disk full, read-only) into Problems that
 * name the folder; everything else passes through.
 */
export async function onDisk<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toDiskProblem(folder, error);
  }
}

/**
 * Makes a folder and those above it. Throws `disk_full`, and `folder_not_writable` with the folder that
 * is there and refuses: on a read-only disk the system says that the folder to be made is not there.
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const nearest = nearestThere(resolve(folder));
    throw isWritable(nearest) ? toDiskProblem(folder, error) : folderNotWritable(nearest, error);
  }
}

function nearestThere(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestThere(dirname(folder));
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function toDiskProblem(folder: string, error: unknown): unknown {
  switch (systemCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return diskFull(folder, error);
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return folderNotWritable(folder, error);
    default:
      return error;
  }
}

/** The same for an error of file work that nobody expected to fail: most name their file themselves. */
export function explainDisk(error: unknown): Problem | undefined {
  const path = error instanceof Error && "path" in error ? error.path : undefined;
  if (typeof path !== "string") return isFull(error) ? someDiskFull(error) : undefined;
  const known = toDiskProblem(dirname(path), error);
  return known instanceof Problem ? known : undefined;
}

/** A write into a file that is open does not say which it was. */
function someDiskFull(cause: unknown): Problem {
  return new Problem(diskProblems.disk_full, {
    message: "The disk that holds the state, or the one for temporary files, is full.",
    next: "Free space there (df -h shows which it is), then try again: nothing was half written.",
    cause,
  });
}

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "");
}

export function diskFull(folder: string, cause: unknown): Problem {
  return new Problem(diskProblems.disk_full, {
    message: `The disk that holds ${folder} is full.`,
    next: `Free space there (df -h '${folder}'), then try again: nothing was half written.`,
    data: { folder },
    cause,
  });
}

export function folderNotWritable(folder: string, cause: unknown): Problem {
  return new Problem(diskProblems.folder_not_writable, {
    message: `The folder ${folder} cannot be written to.`,
    next: `Check its owner, permissions and mount (ls -ld '${folder}'), or choose another folder with --dir.`,
    data: { folder },
    cause,
  });
}

/** The `code` of an error of the operating system, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Makes a rename or a new file in the folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems refuse to sync a folder; they order renames themselves.
    if (systemCode(error) !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}
