import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { createCompute } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

/**
 * The real `dvc` of `requirements/dvc.lock`, built by Gyre's own compute the first time and found in the
 * user's cache from then on; a text that begins with "no dvc" says why this machine cannot have it.
 */
export async function findDvc(): Promise<string> {
  try {
    const { interpreter } = await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText: await readFile(join(import.meta.dirname, "requirements", "dvc.lock"), "utf8"),
      pythonVersion: ">=3.10",
    });
    return join(dirname(interpreter), "dvc");
  } catch (error) {
    if (error instanceof Problem) return `no dvc: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}
