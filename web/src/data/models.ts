import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

export interface ModelVersion {
  id: string;
  model: string;
  number: number;
  kind: "onnx" | "rule" | "python";
  state: "registering" | "ready" | "rejected";
  rejection?: string | null;
  files: { path: string; digest: string; sizeBytes: number }[];
  digest: string;
  signature: {
    inputs: { name: string; datatype: string; optional?: boolean }[];
    outputs: { name: string; datatype: string }[];
    labels: string[];
  } | null;
  onnxDigest: string | null;
  parity: { rows: number; largestDifference: number; tolerance: number; agrees: boolean } | null;
  lineage: {
    executionId: string | null;
    runId: string | null;
    codeDigest: string | null;
    environmentDigest: string | null;
    datasetVersions: Record<string, string>;
    parameters: Record<string, unknown>;
  };
  metrics: Record<string, number>;
  aliases: string[];
  createdAtMs: number;
  actor: string;
}

/** What a version came from, and what came of it. */
export interface Lineage {
  nodes: { id: string; kind: string; label: string; link?: string | null; state?: string; detail?: string }[];
  edges: { from: string; to: string; label?: string }[];
}

export function modelsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "models"],
    queryFn: ({ signal }) =>
      request<{ models: { model: string; versions: ModelVersion[] }[] }>(projectPath(project, "models"), {
        signal,
      }),
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
