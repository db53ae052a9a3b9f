import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

/** The MLflow whose database is imported. */
const requirements = {
  "mlflow 3.17": "mlflow==3.17.2\npsycopg2-binary==2.9.13\n",
} as const;

/** Built the first time, which takes minutes; a text says why this machine cannot have it. */
export async function findEnvironment(name: keyof typeof requirements): Promise<Environment | string> {
  try {
    return await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText: requirements[name],
      pythonVersion: ">=3.10",
    });
  } catch (error) {
    if (error instanceof Problem) return `no environment ${name}: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}
