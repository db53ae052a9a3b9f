import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

/** The MLflow that is imported, with what its server needs: a driver of PostgreSQL, a SQLAlchemy of its time. */
const requirements = {
  "MLflow 3.17": "mlflow==3.17.2\npsycopg2-binary==2.9.13\n",
  "MLflow 2.22": "mlflow==2.22.5\nsqlalchemy<2.1\n",
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
