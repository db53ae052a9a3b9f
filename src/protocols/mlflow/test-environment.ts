import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

const root = join(import.meta.dirname, "..", "..", "..");

/** The environment of the blueprint, which the demo builds too; a text says why there is none here. */
export async function findEnvironment(): Promise<Environment | string> {
  const requirementsText = await readFile(
    join(root, "blueprints/text-classification/requirements.lock"),
    "utf8",
  );
  try {
    return await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText,
      pythonVersion: ">=3.10",
    });
  } catch (error) {
    if (error instanceof Problem) return `no Python environment: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}
