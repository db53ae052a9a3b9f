import { open } from "node:fs/promises";

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

export function toDiskProblem(folder: string, error: unknown): unknown {
  switch (systemCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new Problem(diskProblems.disk_full, {
        message: `The disk that holds ${folder} is full.`,
        next: `Free space there (df -h '${folder}'), then try again: nothing was half written.`,
        data: { folder },
        cause: error,
      });
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new Problem(diskProblems.folder_not_writable, {
        message: `The folder ${folder} cannot be written to.`,
        next: `Check its owner, permissions and mount (ls -ld '${folder}'), or choose another folder with --dir.`,
        data: { folder },
        cause: error,
      });
    default:
      return error;
  }
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
