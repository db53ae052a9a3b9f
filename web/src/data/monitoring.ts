import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

/** One watched metric, generated from the charter, with its newest matured value. */
export interface Monitor {
  id: string;
  metric: string;
  segment: string | null;
  sentence: string;
  state: string;
  value: number | null;
  interval: [number, number] | null;
  n: number;
  coverage: number | null;
  bound: number | null;
  direction: "at_least" | "at_most" | null;
  asOfMs: number | null;
}

/** A metric over a stretch of event time; restated when a late outcome lands in it. */
export interface Window {
  startMs: number;
  endMs: number;
  state: "provisional" | "final";
  n: number;
  predictions: number;
  coverage: number;
  value: number | null;
  interval: [number, number] | null;
  restated: number;
  asOfMs: number;
}

/** What happened to the product, to be drawn over its curves. */
export interface Mark {
  atMs: number;
  label: string;
  tone?: "bad" | "good" | "accent";
}

export interface DriftSeries {
  column: string;
  kind: string;
  state: string;
  /** The e-value against "nothing changed"; evidence grows upward, 1/limit is the chance of a false alarm. */
  points: { atMs: number; value: number }[];
  limit: number;
}

export interface MonitoringOverview {
  monitors: Monitor[];
  metrics: string[];
  segments: string[];
  coverage: { predictions: number; withOutcome: number; share: number | null };
  marks: Mark[];
}

export function monitoringQuery(project: string) {
  return queryOptions({
    queryKey: [project, "monitoring"],
    queryFn: ({ signal }) => request<MonitoringOverview>(projectPath(project, "monitoring"), { signal }),
  });
}

export function qualityQuery(project: string, metric: string, segment?: string) {
  return queryOptions({
    queryKey: [project, "monitoring", "quality", metric, segment ?? ""],
    queryFn: ({ signal }) =>
      request<{ windows: Window[]; bound?: number | null; baseline?: number | null }>(
        projectPath(project, "monitoring", "quality") + query({ metric, segment }),
        { signal },
      ),
  });
}

export function driftQuery(project: string) {
  return queryOptions({
    queryKey: [project, "monitoring", "drift"],
    queryFn: ({ signal }) =>
      request<{ series: DriftSeries[] }>(projectPath(project, "monitoring", "drift"), { signal }),
  });
}

/** From one prediction back to everything it came from. */
export function traceQuery(project: string, prediction: string) {
  return queryOptions({
    queryKey: [project, "predictions", prediction],
    queryFn: ({ signal }) =>
      request<Record<string, unknown>>(projectPath(project, "predictions", prediction, "trace"), { signal }),
  });
}
