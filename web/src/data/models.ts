import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

export interface ModelVersion {
  id: string;
  model: string;
  number: number;
  kind: "onnx" | "rule";
  state: "ready" | "rejected";
  rejection: string | null;
  files: { path: string; digest: string; sizeBytes: number }[];
  digest: string;
  signature: { inputs: ModelInput[]; labels: string[] };
  runnableDigest: string | null;
  parity: {
    rows: number;
    largestDifference: number;
    tolerance: number;
    labelsDiffer: number;
    agrees: boolean;
  } | null;
  origin: {
    executionId: string | null;
    runId: string | null;
    codeDigest: string | null;
    environmentDigest: string | null;
    datasetVersions: Record<string, string>;
    parameters: Record<string, unknown>;
    purpose: { kind: string; reason: string } | null;
  };
  metrics: Record<string, number>;
  aliases: string[];
  createdAtMs: number;
  actor: string;
}

export interface ModelInput {
  name: string;
  datatype: "BYTES" | "FP32" | "FP64" | "INT64" | "BOOL";
  optional: boolean;
}

/** What a version came from, and what came of it. */
export interface Lineage {
  nodes: { id: string; kind: string; label: string; link: string | null }[];
  edges: { from: string; to: string; label: string }[];
}

export function modelsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "models"],
    queryFn: ({ signal }) =>
      request<{ models: { model: string; versions: number; newest: ModelVersion }[] }>(
        projectPath(project, "models"),
        {
          signal,
        },
      ),
  });
}

export function modelVersionsQuery(project: string, model: string) {
  return queryOptions({
    queryKey: [project, "models", model],
    queryFn: ({ signal }) =>
      request<{ versions: ModelVersion[] }>(projectPath(project, "models", model, "versions"), { signal }),
  });
}

export function modelVersionQuery(project: string, model: string, version: string) {
  return queryOptions({
    queryKey: [project, "models", model, version],
    queryFn: ({ signal }) =>
      request<{ version: ModelVersion; lineage: Lineage }>(
        projectPath(project, "models", model, "versions", version),
        { signal },
      ),
  });
}

/** What an alias pointed at from a moment on; after a removal at nothing. */
export interface AliasChange {
  alias: string;
  number: number;
  change: "set" | "removed";
  atMs: number;
  actor: string;
}

export function aliasHistoryQuery(project: string, model: string) {
  return queryOptions({
    queryKey: [project, "models", model, "aliases"],
    queryFn: ({ signal }) =>
      request<{ changes: AliasChange[] }>(projectPath(project, "models", model, "aliases"), { signal }),
  });
}

export function modelFileHref(project: string, version: ModelVersion, path: string): string {
  const folder = projectPath(project, "models", version.model, "versions", version.number, "files");
  return `${folder}/${path.split("/").map(encodeURIComponent).join("/")}`;
}
