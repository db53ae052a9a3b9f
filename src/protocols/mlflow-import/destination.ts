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
  const parts = [...placeOfOwner(owner, experimentId), ...path.split("/")].map(encodeURIComponent);
  return `/api/2.0/mlflow-artifacts/artifacts/${parts.join("/")}`;
}

/** The folder below that of all artifacts where MLflow keeps the files of an owner, here and there. */
export function placeOfOwner(owner: OwnerRecord, experimentId: string): readonly string[] {
  if ("run" in owner) return [experimentId, owner.run, "artifacts"];
  if ("model" in owner) return [experimentId, "models", owner.model, "artifacts"];
  return [experimentId, "traces", owner.trace, "artifacts"];
}

/** The id of the run, the logged model or the trace. */
export function idOfOwner(owner: OwnerRecord): string {
  if ("run" in owner) return owner.run;
  return "model" in owner ? owner.model : owner.trace;
}
