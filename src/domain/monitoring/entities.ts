/** What a window says. Costs are per prediction in the charter's currency; shares lie within 0 and 1. */
export const metrics = [
  "expected_cost",
  "recall",
  "precision",
  "specificity",
  "accuracy",
  "f1",
  "latency_p95_ms",
  "decision_share",
  "volume",
  "coverage",
] as const;
export type Metric = (typeof metrics)[number];

export function isMetric(name: string): name is Metric {
  return metrics.some((metric) => metric === name);
}

/**
 * One value over one stretch of event time, the time of the predictions. `provisional` until the window has
 * ended and its outcomes have had their time to arrive; then `final`, and restated when a late one lands.
 */
export interface Window {
  readonly metric: Metric;
  readonly segment: string | null;
  readonly modelVersionId: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: "provisional" | "final";
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  /** The rows the value is about: those with an outcome, the positives for a recall, all for a latency. */
  readonly n: number;
  readonly predictions: number;
  readonly outcomes: number;
  /** The share of predictions whose outcome is known; the rest is missing. */
  readonly coverage: number;
  /** How often an outcome changed it after it was final. */
  readonly restated: number;
  readonly asOfMs: number;
}

/** A rule of the charter that watches, and what it says now. One per slice when the rule is for each slice. */
export interface MonitorReading {
  readonly monitor: string;
  readonly kind: "performance" | "latency" | "coverage" | "drift";
  readonly sentence: string;
  readonly metric: Metric | null;
  readonly segment: string | null;
  readonly comparison: "<=" | ">=" | "<" | ">" | null;
  /** Null while there is nothing to compare with, as for the first release. */
  readonly bound: number | null;
  readonly state: "watching" | "alarm" | "no_bound" | "too_early";
  readonly releaseId: string;
  readonly modelVersionId: string;
  /** Over the matured windows of the live release. */
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  readonly n: number;
  /** The evidence against the bound: it alarms at `alarmAt`. */
  readonly eValue: number;
  readonly alarmAt: number;
  readonly alarm: { readonly windowStartMs: number; readonly onsetMs: number } | null;
}

export interface DriftPoint {
  readonly startMs: number;
  readonly eValue: number;
  readonly n: number;
}

export interface DriftFeature {
  readonly feature: string;
  readonly kind: "score" | "decision" | "segment" | "text_length" | "number" | "category";
  readonly eValue: number;
  readonly alarm: { readonly windowStartMs: number; readonly onsetMs: number } | null;
  readonly strongest: {
    readonly cell: string;
    readonly direction: "more" | "fewer";
    readonly referenceShare: number;
    readonly share: number;
    readonly interval: readonly [number, number];
  } | null;
  readonly reference: { readonly cells: readonly string[]; readonly counts: readonly number[] };
  /** Since the onset, or over everything after the reference. */
  readonly counts: readonly number[];
  readonly series: readonly DriftPoint[];
}

export interface CoverageSeries {
  readonly arriveWithinMs: number;
  readonly windows: readonly Window[];
  /** Outcomes that name no prediction of the project. */
  readonly unknownOutcomes: number;
}

export interface MonitoringOverview {
  readonly evaluatedUntilMs: number | null;
  readonly predictions: number;
  readonly outcomes: number;
  readonly windowMs: number;
  readonly currency: string;
  readonly segments: readonly string[];
  readonly monitors: readonly MonitorReading[];
  readonly openIncidents: readonly Incident[];
}

/** `performance` and `guardrail` call for an act; `data` and `outage` for a person. Drift alone is a diagnosis. */
export const incidentKinds = ["performance", "drift", "guardrail", "data", "outage"] as const;
export type IncidentKind = (typeof incidentKinds)[number];
export type IncidentState = "open" | "resolved";

export const verdicts = ["useful", "noise", "expected"] as const;
export type Verdict = (typeof verdicts)[number];

export interface RankedCause {
  readonly kind: "segment" | "column" | "vocabulary" | "class_mix" | "release";
  readonly name: string;
  readonly detail: string;
  /** The share of the rise it explains, or, for a shift without outcomes, the share of rows that moved. */
  readonly weight: number;
  /** Words with how often they came before and since, messages that hold them. */
  readonly examples: readonly string[];
}

export interface Cause {
  /** The strongest first. */
  readonly ranked: readonly RankedCause[];
  readonly sentence: string;
}

export interface TimelineEntry {
  readonly atMs: number;
  readonly text: string;
  readonly link: string | null;
  /** The line of the ledger it came from. */
  readonly seq: number | null;
}

export interface Resolution {
  readonly by: string;
  readonly verdict: Verdict | "recovered" | "rolled_back";
  readonly note: string;
}

/** One thing that goes wrong with one release line, from the first sign to its end. */
export interface Incident {
  readonly id: string;
  readonly project: string;
  readonly kind: IncidentKind;
  readonly severity: "page" | "digest";
  readonly monitor: string;
  readonly title: string;
  readonly state: IncidentState;
  readonly openedAtMs: number;
  /** When it is estimated to have begun, in event time. */
  readonly onsetMs: number;
  readonly environment: string;
  readonly modelVersionId: string;
  readonly releaseId: string;
  readonly evidence: {
    readonly metric: string;
    readonly value: number | null;
    readonly expected: number | null;
    readonly interval: readonly [number, number] | null;
    readonly n: number;
    readonly eValue: number | null;
    readonly windowStartMs: number;
    readonly windowEndMs: number;
  };
  readonly cause: Cause;
  readonly timeline: readonly TimelineEntry[];
  readonly resolvedAtMs: number | null;
  readonly resolution: Resolution | null;
}

/** A candidate beside the live version in one respect; an anytime-valid interval, so it may be looked at all the time. */
export interface RolloutComparison {
  readonly metric: "errors" | "latency_p95_ms" | "latency_ms" | "expected_cost" | "recall";
  /** `paired`: the same requests. `two_samples`: requests dealt out. `bound`: the candidate against the charter's bound. */
  readonly method: "paired" | "two_samples" | "bound";
  readonly candidate: number | null;
  readonly live: number | null;
  readonly bound: number | null;
  readonly difference: number | null;
  readonly interval: readonly [number, number] | null;
  readonly n: number;
  readonly verdict: "worse" | "not_worse" | "undecided";
  readonly sentence: string;
}

export interface RolloutReading {
  readonly releaseId: string;
  readonly liveReleaseId: string;
  readonly step: "shadow" | "canary";
  readonly sinceMs: number;
  readonly predictions: { readonly candidate: number; readonly live: number };
  readonly outcomes: { readonly candidate: number; readonly live: number };
  /** On the same requests, how often both decided the same; null for a canary. */
  readonly agreement: number | null;
  readonly verdict: "worse" | "not_worse" | "undecided";
  readonly comparisons: readonly RolloutComparison[];
}
