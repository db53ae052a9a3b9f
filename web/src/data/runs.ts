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
  userName: string;
  params: Record<string, string>;
  /** The last value of each; null stands for not a number. */
  metrics: Record<string, number | null>;
  tags: Record<string, string>;
}

export interface RunDetail extends Run {
  experimentName: string;
  inputs: { name: string; digest: string; sourceType: string; source: string; context: string | null }[];
  models: { id: string; name: string; modelType: string; status: string; step: number }[];
  parentRunId: string | null;
  children: Run[];
}

/** A metric of a run in few buckets; extremes and ends are always kept. */
export interface MetricSeries {
  key: string;
  axis: "step" | "time";
  points: number;
  buckets: {
    fromStep: number;
    toStep: number;
    fromMs: number;
    toMs: number;
    count: number;
    min: number | null;
    max: number | null;
    last: number | null;
  }[];
}

export interface Artifact {
  path: string;
  isFolder: boolean;
  sizeBytes: number | null;
  digest: string | null;
}

export function runsQuery(project: string, filter?: string) {
  return queryOptions({
    queryKey: [project, "runs", { filter }],
    queryFn: ({ signal }) =>
      request<{ runs: Run[]; cursor: string | null }>(
        projectPath(project, "runs") + query({ filter, limit: 1000 }),
        { signal },
      ),
  });
}

export function runQuery(project: string, run: string) {
  return queryOptions({
    queryKey: [project, "runs", run],
    queryFn: ({ signal }) => request<RunDetail>(projectPath(project, "runs", run), { signal }),
  });
}

export function metricQuery(project: string, run: string, key: string) {
  return queryOptions({
    queryKey: [project, "runs", run, "metrics", key],
    queryFn: ({ signal }) =>
      request<MetricSeries>(projectPath(project, "runs", run, "series") + query({ key, points: 800 }), {
        signal,
      }),
  });
}

export function artifactsQuery(project: string, run: string, path: string) {
  return queryOptions({
    queryKey: [project, "runs", run, "artifacts", path],
    queryFn: ({ signal }) =>
      request<{ entries: Artifact[] }>(projectPath(project, "runs", run, "artifacts") + query({ path }), {
        signal,
      }),
  });
}

export function artifactHref(project: string, run: string, path: string): string {
  return projectPath(project, "runs", run, "artifacts", "content") + query({ path });
}
