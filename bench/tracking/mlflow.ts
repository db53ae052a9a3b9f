import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { createCompute } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

// The server is in the full package; psycopg2 is what it needs for PostgreSQL.
const requirementsText = "mlflow==3.17.2\npsycopg2-binary==2.9.13\n";

/**
 * The `mlflow` program: the one that GYRE_BENCH_MLFLOW names, the one in PATH, or one from an environment
 * built for it, which takes minutes the first time. Undefined where none can be built.
 */
export async function findMlflow(): Promise<string | undefined> {
  const given = process.env["GYRE_BENCH_MLFLOW"];
  if (given !== undefined && given !== "") return given;
  const inPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "mlflow"))
    .find(existsSync);
  if (inPath !== undefined) return inPath;
  try {
    const compute = createCompute({ clock: systemClock });
    const { interpreter } = await compute.ensureEnvironment({ requirementsText, pythonVersion: ">=3.10" });
    return join(dirname(interpreter), "mlflow");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.log(`  No MLflow to compare with: ${error.message.split("\n", 1)[0]}`);
    return undefined;
  }
}
