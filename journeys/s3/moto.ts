import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createCompute } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

/**
 * The interpreter of `requirements/moto.lock` (moto, a server of S3 in memory, and boto3), built by Gyre's own
 * compute the first time and found in the user's cache from then on; a text that begins with "no moto" says
 * why this machine cannot have it.
 */
export async function findMoto(): Promise<string> {
  try {
    const { interpreter } = await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText: await readFile(join(import.meta.dirname, "requirements", "moto.lock"), "utf8"),
      pythonVersion: ">=3.10",
    });
    return interpreter;
  } catch (error) {
    if (error instanceof Problem) return `no moto: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}
