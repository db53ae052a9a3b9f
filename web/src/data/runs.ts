import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export interface Run {
  id: string;
  name: string;
  experimentId: string;
  status: "running" | "finished" | "failed" | "killed" | "scheduled";
  startedAtMs: number;
  endedAtMs: number | null;
  actor: string;
  params: Record<string, string>;
  metrics: Record<string, number>;
  tags: Record<string, string>;
  inputs?: { dataset: string; number?: number; id?: string }[];
}

/** A metric of a run in at most `points` buckets; extremes and ends are always kept. */
export interface MetricHistory {
  key: string;
  points: { step: number; atMs: number; value: number; min?: number; max?: number }[];
}

export interface Artifact {
  path: string;
  isFolder: boolean;
  sizeBytes: number | null;
}

export function runsQuery(project: string, filter?: string) {
  return queryOptions({
    queryKey: [project, "runs", { filter }],
    queryFn: ({ signal }) =>
      request<{ runs: Run[]; nextCursor?: string | null }>(
        projectPath(project, "runs") + query({ filter, limit: 1000 }),
        { signal },
      ),
  });
}

export function runQuery(project: string, run: string) {
  return queryOptions({
    queryKey: [project, "runs", run],
    queryFn: ({ signal }) => request<{ run: Run }>(projectPath(project, "runs", run), { signal }),
  });
}

export function metricQuery(project: string, run: string, key: string) {
  return queryOptions({
    queryKey: [project, "runs", run, "metrics", key],
    queryFn: ({ signal }) =>
      request<MetricHistory>(projectPath(project, "runs", run, "metrics", key) + query({ points: 1500 }), {
        signal,
      }),
  });
}

export function artifactsQuery(project: string, run: string, path: string) {
  return queryOptions({
    queryKey: [project, "runs", run, "artifacts", path],
    queryFn: ({ signal }) =>
      request<{ artifacts: Artifact[] }>(projectPath(project, "runs", run, "artifacts") + query({ path }), {
        signal,
      }),
  });
}

export function artifactHref(project: string, run: string, path: string): string {
  return projectPath(project, "runs", run, "artifacts", "content") + query({ path });
}
