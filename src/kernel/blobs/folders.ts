import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { systemCode } from "../disk.ts";

/** The names in a folder that have this form, sorted; none where there is no folder. */
export async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => pattern.test(name)).toSorted();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

// Longer than any upload: another process may be writing its own file there.
export const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** Removes what was written aside a day ago and never came into its place. */
export async function removeAbandoned(incoming: string): Promise<void> {
  for (const name of await namesIn(incoming, /./)) {
    const path = join(incoming, name);
    // File times are the system's, so they are compared with the system's clock.
    if ((await stat(path)).mtimeMs < Date.now() - abandonedAfterMs) await rm(path, { force: true });
  }
}

/** Tries first: the folder is there but for once. */
export async function makingFolder<Result>(
  path: string,
  work: () => Promise<Result>,
  onMade: () => void = () => {},
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true });
    onMade();
    return await work();
  }
}
