import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";
import type { Gate } from "./charter.ts";

export interface Release {
  id: string;
  environment: string;
  modelVersionId: string;
  model: string;
  number: number;
  state:
    | "judging"
    | "refused"
    | "awaiting_approval"
    | "rolling_out"
    | "live"
    | "superseded"
    | "rolled_back"
    | "declined";
  requestedBy: string;
  requestedAtMs: number;
  reason?: string | null;
  /** On the probability of the deciding class: from here on the decision is yes. */
  threshold: number | null;
  thresholdCurve?: { threshold: number; costPerPrediction: number }[] | null;
  gates: GateResult[];
  approvals: { by: string; atMs: number; note?: string | null }[];
  approvalsNeeded: number;
  exception?: { by: string; reason: string } | null;
  rollout: { steps: RolloutStep[]; current: number | null; stepStartedAtMs: number | null };
  replaces: string | null;
  endedAtMs: number | null;
  endReason: string | null;
}

export type RolloutStep =
  | { kind: "shadow"; durationMs: number }
  | { kind: "canary"; share: number; durationMs: number }
  | { kind: "all" };

export interface GateResult {
  gate: Gate;
  verdict: Verdict;
  value: number | null;
  interval: [number, number] | null;
  n: number;
  baseline?: number | null;
  bound: number | null;
  slices?:
    | {
        slice: string;
        verdict: Verdict;
        value: number | null;
        interval: [number, number] | null;
        n: number;
      }[]
    | null;
  sentence: string;
}

export type Verdict = "passed" | "failed" | "inconclusive";

export function releasesQuery(project: string) {
  return queryOptions({
    queryKey: [project, "releases"],
    queryFn: ({ signal }) => request<{ releases: Release[] }>(projectPath(project, "releases"), { signal }),
  });
}

export function releaseQuery(project: string, release: string) {
  return queryOptions({
    queryKey: [project, "releases", release],
    queryFn: ({ signal }) =>
      request<{ release: Release }>(projectPath(project, "releases", release), { signal }),
  });
}

export function requestRelease(
  project: string,
  body: { model: string; version: string; environment?: string; reason?: string },
) {
  return request<{ release: Release }>(projectPath(project, "releases"), { method: "POST", body });
}

export function approveRelease(project: string, release: string, note?: string) {
  return decide(project, release, "approve", note ? { note } : {});
}

export function declineRelease(project: string, release: string, reason: string) {
  return decide(project, release, "decline", { reason });
}

export function rollBackRelease(project: string, release: string, reason: string) {
  return decide(project, release, "roll-back", { reason });
}

function decide(project: string, release: string, verb: string, body: Record<string, string>) {
  return request<{ release: Release }>(projectPath(project, "releases", release, verb), {
    method: "POST",
    body,
  });
}
