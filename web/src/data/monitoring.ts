import { queryOptions } from "@tanstack/react-query";
import type { Comparison } from "./charter.ts";
import { projectPath, query, request } from "./client.ts";
import type { Incident } from "./incidents.ts";

/** A rule of the charter that watches, and what it says now; one per slice when it is for each slice. */
export interface Monitor {
  monitor: string;
  kind: "performance" | "latency" | "coverage" | "drift";
  sentence: string;
  metric: string | null;
  segment: string | null;
  comparison: Comparison | null;
  bound: number | null;
  state: "watching" | "alarm" | "no_bound" | "too_early";
  releaseId: string;
  modelVersionId: string;
  value: number | null;
  interval: [number, number] | null;
  n: number;
  /** Evidence against the bound; it alarms at `alarmAt`. */
  eValue: number;
  alarmAt: number;
  alarm: { windowStartMs: number; onsetMs: number } | null;
}

/** A metric over a stretch of event time; restated when a late outcome lands in it. */
export interface Window {
  metric: string;
  segment: string | null;
  startMs: number;
  endMs: number;
  state: "provisional" | "final";
  value: number | null;
  interval: [number, number] | null;
  n: number;
  predictions: number;
  outcomes: number;
  coverage: number;
  restated: number;
  asOfMs: number;
}

/** How one thing the model sees or says has moved since its release. */
export interface DriftFeature {
  feature: string;
  kind: "score" | "decision" | "segment" | "text_length" | "number" | "category";
  eValue: number;
  alarm: { windowStartMs: number; onsetMs: number } | null;
  strongest: {
    cell: string;
    direction: "more" | "fewer";
    referenceShare: number;
    share: number;
    interval: [number, number];
  } | null;
  reference: { cells: string[]; counts: number[] };
  counts: number[];
  series: { startMs: number; eValue: number; n: number }[];
}

export interface MonitoringOverview {
  evaluatedUntilMs: number | null;
  predictions: number;
  outcomes: number;
  windowMs: number;
  currency: string;
  segments: string[];
  monitors: Monitor[];
  openIncidents: Incident[];
}

/** One metric over event time, with what happened to the product beside it. */
export interface Quality {
  windows: Window[];
  /** Of the live release; null where there is none. */
  bound: number | null;
  comparison: string | null;
  releases: Marker[];
  incidents: Marker[];
}

export interface Marker {
  atMs: number;
  text: string;
  id: string;
}

/** The candidate beside the live version while it is being rolled out. */
export interface RolloutReading {
  releaseId: string;
  liveReleaseId: string;
  step: "shadow" | "canary";
  sinceMs: number;
  predictions: { candidate: number; live: number };
  outcomes: { candidate: number; live: number };
  agreement: number | null;
  verdict: RolloutVerdict;
  comparisons: {
    metric: string;
    method: "paired" | "two_samples" | "bound";
    candidate: number | null;
    live: number | null;
    bound: number | null;
    difference: number | null;
    interval: [number, number] | null;
    n: number;
    verdict: RolloutVerdict;
    sentence: string;
  }[];
}

export type RolloutVerdict = "worse" | "not_worse" | "undecided";

export function rolloutQuery(project: string, release: string) {
  return queryOptions({
    queryKey: [project, "monitoring", "rollout", release],
    queryFn: ({ signal }) =>
      request<{ reading: RolloutReading | null }>(projectPath(project, "releases", release, "rollout"), {
        signal,
      }),
  });
}

export function monitoringQuery(project: string) {
  return queryOptions({
    queryKey: [project, "monitoring"],
    queryFn: ({ signal }) => request<MonitoringOverview>(projectPath(project, "monitoring"), { signal }),
  });
}

export function qualityQuery(
  project: string,
  metric: string,
  segment?: string,
  span: { fromMs?: number; toMs?: number } = {},
) {
  return queryOptions({
    queryKey: [project, "monitoring", "quality", metric, segment ?? "", span],
    queryFn: ({ signal }) =>
      request<Quality>(
        projectPath(project, "monitoring", "quality") +
          query({ metric, segment, from: span.fromMs, to: span.toMs }),
        {
          signal,
        },
      ),
  });
}

export function driftQuery(project: string) {
  return queryOptions({
    queryKey: [project, "monitoring", "drift"],
    queryFn: ({ signal }) =>
      request<{ features: DriftFeature[] }>(projectPath(project, "monitoring", "drift"), { signal }),
  });
}
