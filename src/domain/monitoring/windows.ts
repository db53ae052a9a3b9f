import { classificationIntervals, classificationMetrics, expectedCost, proportionInterval } from "#stats";
import type { ConfusionCounts, Estimate } from "#stats";

import type { Metric, Window } from "./entities.ts";
import { isFinal } from "./plan.ts";
import type { MonitoringPlan } from "./plan.ts";

/** What is counted of one window of one release in one segment: every metric follows from it. */
export interface WindowCounts extends ConfusionCounts {
  /** `""`: whatever release answered. */
  readonly releaseId: string;
  readonly modelVersionId: string;
  readonly role: "answered" | "shadow";
  /** `airline=United`; `""` for all rows. */
  readonly segment: string;
  readonly startMs: number;
  readonly predictions: number;
  /** Predictions with a known outcome. */
  readonly outcomes: number;
  readonly decisions: number;
  /** Answers beyond the latency of the charter. */
  readonly slow: number;
  /** At the shares of `latencyShares`. */
  readonly latencyQuantilesMs: readonly number[];
  readonly restated: number;
  readonly asOfMs: number;
}

/**
 * Quantiles kept of a window's latencies: the 95th and, for its interval by order statistics, neighbours
 * on both sides. The interval takes the next share outwards, so it is a little wide and never too narrow.
 */
export const latencyShares = [
  0, 0.5, 0.8, 0.86, 0.9, 0.92, 0.93, 0.94, 0.945, 0.95, 0.955, 0.96, 0.97, 0.98, 0.99, 1,
];

export function toWindow(counts: WindowCounts, metric: Metric, plan: MonitoringPlan, nowMs: number): Window {
  const measured = measure(counts, metric, plan);
  return {
    metric,
    segment: counts.segment === "" ? null : counts.segment,
    modelVersionId: counts.modelVersionId === "" ? null : counts.modelVersionId,
    startMs: counts.startMs,
    endMs: counts.startMs + plan.windowMs,
    state: isFinal(plan, counts.startMs, nowMs) ? "final" : "provisional",
    ...measured,
    predictions: counts.predictions,
    outcomes: counts.outcomes,
    coverage: counts.predictions === 0 ? 0 : counts.outcomes / counts.predictions,
    restated: counts.restated,
    asOfMs: nowMs,
  };
}

export interface Measured {
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  readonly n: number;
}

export function measure(counts: WindowCounts, metric: Metric, plan: Pick<MonitoringPlan, "costs">): Measured {
  switch (metric) {
    case "expected_cost":
      return counts.outcomes === 0 ? nothing : fromEstimate(expectedCost(counts, plan.costs));
    case "accuracy":
    case "recall":
    case "precision":
    case "specificity":
    case "f1": {
      const value = classificationMetrics(counts)[metric];
      const estimate = classificationIntervals(counts)[metric];
      return value === null || estimate === null ? nothing : fromEstimate(estimate);
    }
    case "decision_share":
      return share(counts.decisions, counts.predictions);
    case "coverage":
      return share(counts.outcomes, counts.predictions);
    case "volume":
      return { value: counts.predictions, interval: null, n: counts.predictions };
    case "latency_p95_ms":
      return measureLatency(counts);
  }
}

function measureLatency({ latencyQuantilesMs, predictions }: WindowCounts): Measured {
  const at = (index: number): number | null => latencyQuantilesMs[index] ?? null;
  const value = at(latencyShares.indexOf(0.95));
  if (value === null || predictions === 0) return nothing;
  const half = 1.96 * Math.sqrt((0.95 * 0.05) / predictions);
  const low = at(latencyShares.findLastIndex((kept) => kept <= 0.95 - half));
  const high = at(latencyShares.findIndex((kept) => kept >= Math.min(1, 0.95 + half)));
  return { value, interval: low === null || high === null ? null : [low, high], n: predictions };
}

/** Adds windows up: of the same rows' segments, releases or times. Latencies do not add and are left out. */
export function addWindows(windows: readonly WindowCounts[]): WindowCounts {
  const total = (field: (window: WindowCounts) => number): number =>
    windows.reduce((sum, window) => sum + field(window), 0);
  const first = windows[0];
  return {
    releaseId: first?.releaseId ?? "",
    modelVersionId: first?.modelVersionId ?? "",
    role: first?.role ?? "answered",
    segment: first?.segment ?? "",
    startMs: first?.startMs ?? 0,
    predictions: total((window) => window.predictions),
    outcomes: total((window) => window.outcomes),
    truePositive: total((window) => window.truePositive),
    falsePositive: total((window) => window.falsePositive),
    falseNegative: total((window) => window.falseNegative),
    trueNegative: total((window) => window.trueNegative),
    decisions: total((window) => window.decisions),
    slow: total((window) => window.slow),
    latencyQuantilesMs: [],
    restated: total((window) => window.restated),
    asOfMs: Math.max(0, ...windows.map((window) => window.asOfMs)),
  };
}

/** The newly counted windows that differ from the stored ones; one that was final before is restated. */
export function restate(
  stored: readonly WindowCounts[],
  counted: readonly WindowCounts[],
  plan: MonitoringPlan,
  evaluatedUntilMs: number,
): WindowCounts[] {
  const before = new Map(stored.map((window) => [keyOf(window), window]));
  return counted.flatMap((window) => {
    const known = before.get(keyOf(window));
    if (known === undefined) return [window];
    if (isSame(known, window)) return [];
    const wasFinal = isFinal(plan, known.startMs, evaluatedUntilMs);
    return [{ ...window, restated: known.restated + (wasFinal ? 1 : 0) }];
  });
}

function isSame(first: WindowCounts, second: WindowCounts): boolean {
  return countFields.every((field) => first[field] === second[field]);
}

const countFields = [
  "predictions",
  "outcomes",
  "truePositive",
  "falsePositive",
  "falseNegative",
  "trueNegative",
  "decisions",
  "slow",
] as const;

function keyOf(window: WindowCounts): string {
  return JSON.stringify([window.releaseId, window.role, window.segment, window.startMs]);
}

const nothing: Measured = { value: null, interval: null, n: 0 };

function share(successes: number, n: number): Measured {
  return n === 0 ? nothing : fromEstimate(proportionInterval({ successes, n }));
}

function fromEstimate({ value, low, high, n }: Estimate): Measured {
  return { value, interval: [low, high], n };
}
