import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

export type Locked = "mlflow-2" | "mlflow-3" | "schemathesis";

/**
 * The environment of a lock file in `requirements/`, built by Gyre's own compute the first time and found
 * in the user's cache from then on; a text says why this machine cannot have it.
 */
export async function findEnvironment(name: Locked): Promise<Environment | string> {
  const lock = join(import.meta.dirname, "requirements", `${name}.lock`);
  try {
    return await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText: await readFile(lock, "utf8"),
      pythonVersion: ">=3.10",
    });
  } catch (error) {
    if (error instanceof Problem) return `no environment ${name}: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}
