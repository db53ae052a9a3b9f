import type { z } from "zod";

import type { OwnerRecord } from "./records.ts";

/** The Gyre server that takes an import. */
export interface Destination {
  get<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer>;
  post<Answer>(path: string, schema: z.ZodType<Answer>, body: object): Promise<Answer>;
  upload(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Below `/api/v1/import/mlflow`. */
export const importPath = (name: string): string => `/api/v1/import/mlflow/${name}`;

/** Where MLflow's artifact routes keep a file of an owner. */
export function artifactPath(owner: OwnerRecord, experimentId: string, path: string): string {
  const root =
    "run" in owner
      ? [experimentId, owner.run, "artifacts"]
      : [experimentId, "models", owner.model, "artifacts"];
  const parts = [...root, ...path.split("/")].map(encodeURIComponent);
  return `/api/2.0/mlflow-artifacts/artifacts/${parts.join("/")}`;
}
