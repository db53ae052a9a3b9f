import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";
import type { Gate, RolloutStep } from "./charter.ts";

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
  /** Who made the version; may not approve it. */
  author: string;
  reason: string;
  /** On the probability of the deciding class: from here on the decision is yes. */
  threshold: number | null;
  thresholdCurve: { threshold: number; costPerPrediction: number }[];
  gates: GateResult[];
  judgedAtMs: number | null;
  approvals: { by: string; atMs: number; note: string | null }[];
  approvalsNeeded: number;
  exception: { by: string; reason: string } | null;
  steps: RolloutStep[];
  currentStep: number | null;
  stepStartedAtMs: number | null;
  replaces: string | null;
  liveAtMs: number | null;
  endedAtMs: number | null;
  endReason: string | null;
}

export interface GateResult {
  gate: Gate;
  verdict: Verdict;
  value: number | null;
  interval: [number, number] | null;
  n: number;
  bound: number | null;
  baseline: number | null;
  slices: {
    slice: string;
    verdict: Verdict;
    value: number | null;
    interval: [number, number] | null;
    n: number;
  }[];
  /** What was found, in a sentence. */
  finding: string;
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

/** Ends the release under way, or goes back to the one before the live one. */
export function rollBack(project: string, body: { environment: string; reason: string }) {
  return request<{ release: Release }>(projectPath(project, "roll-back"), { method: "POST", body });
}

function decide(project: string, release: string, verb: "approve" | "decline", body: Record<string, string>) {
  return request<{ release: Release }>(projectPath(project, "releases", release, verb), {
    method: "POST",
    body,
  });
}
