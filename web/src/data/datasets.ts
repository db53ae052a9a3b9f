import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export interface DatasetVersion {
  id: string;
  dataset: string;
  number: number;
  digest: string;
  sizeBytes: number;
  rows: number;
  columns: { name: string; type: ColumnType }[];
  source: string;
  parent: string | null;
  contractDigest: string | null;
  state: "usable" | "quarantined";
  breaches: ContractBreach[];
  createdAtMs: number;
  actor: string;
}

export type ColumnType = "text" | "integer" | "number" | "boolean" | "time";

export interface ContractBreach {
  column: string;
  rule: string;
  count: number;
  share: number;
  examples: { row: number; value: string | null }[];
  message: string;
}

export interface ColumnProfile {
  name: string;
  type: ColumnType;
  count: number;
  missing: number;
  distinct: number;
  min?: number | string | null;
  max?: number | string | null;
  mean?: number | null;
  stddev?: number | null;
  quantiles?: unknown;
  histogram?: { edges: number[]; counts: number[] } | null;
  top?: { value: string; count: number }[] | null;
  textLength?: unknown;
}

export interface Preview {
  columns: string[];
  rows: (string | null)[][];
}

export function datasetsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "datasets"],
    queryFn: ({ signal }) =>
      request<{ datasets: { dataset: string; versions: number; newest: DatasetVersion }[] }>(
        projectPath(project, "datasets"),
        {
          signal,
        },
      ),
  });
}

export function datasetVersionsQuery(project: string, dataset: string) {
  return queryOptions({
    queryKey: [project, "datasets", dataset],
    queryFn: ({ signal }) =>
      request<{ versions: DatasetVersion[] }>(projectPath(project, "datasets", dataset, "versions"), {
        signal,
      }),
  });
}

export function datasetVersionQuery(project: string, dataset: string, number: string) {
  return queryOptions({
    queryKey: [project, "datasets", dataset, number],
    queryFn: ({ signal }) =>
      request<{ version: DatasetVersion; profile: ColumnProfile[] }>(
        projectPath(project, "datasets", dataset, "versions", number),
        { signal },
      ),
  });
}

export function previewQuery(project: string, dataset: string, number: string, limit = 50) {
  return queryOptions({
    queryKey: [project, "datasets", dataset, number, "preview"],
    queryFn: ({ signal }) =>
      request<Preview>(
        projectPath(project, "datasets", dataset, "versions", number, "preview") + query({ limit }),
        { signal },
      ),
    staleTime: Infinity,
  });
}
