import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

export const pythonVersion = ">=3.10";

/** The text of a requirements file of these journeys. */
export async function requirementsOf(name: string): Promise<string> {
  return await readFile(join(import.meta.dirname, "requirements", `${name}.txt`), "utf8");
}

/**
 * The environment of such a file, built by Gyre's own compute the first time and found in the user's cache
 * from then on, also by the steps of a project with the same requirements; a text says why it cannot be had.
 */
export async function findEnvironment(name: string): Promise<Environment | string> {
  try {
    return await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText: await requirementsOf(name),
      pythonVersion,
    });
  } catch (error) {
    if (error instanceof Problem) return `no environment ${name}: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}
