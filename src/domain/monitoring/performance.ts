import { createRiskMonitor } from "#stats";
import type { RiskBatch } from "#stats";

import type { MonitorReading } from "./entities.ts";
import { isMetric } from "./entities.ts";
import { isFinal, periodWindows } from "./plan.ts";
import type { MonitoringPlan, PlannedPerformance } from "./plan.ts";
import type { WatchedRelease } from "./ports.ts";
import { addWindows, measure } from "./windows.ts";
import type { WindowCounts } from "./windows.ts";

export interface PerformanceQuestion {
  readonly plan: MonitoringPlan;
  readonly release: Pick<WatchedRelease, "id" | "modelVersionId" | "gates">;
  /** Of this release, answered, in all segments. */
  readonly windows: readonly WindowCounts[];
  /** Windows before this have been judged: an incident of this release about them was closed. */
  readonly foldFromMs: { readonly outcomes: number; readonly answers: number };
  readonly nowMs: number;
}

/**
 * What every rule of the charter says of the live release, on windows whose outcomes have had their time.
 * Folded from the first window each time, so a late outcome restates the evidence as it restates the window.
 * A rule for each slice divides its share of the error contract evenly over the slices.
 */
export function readPerformance(question: PerformanceQuestion): MonitorReading[] {
  return question.plan.performance.flatMap((monitor) => {
    const segments = segmentsOf(monitor, question.windows);
    return segments.map((segment) =>
      readMonitor(question, monitor, segment, monitor.alpha / segments.length),
    );
  });
}

function segmentsOf({ forEach }: PlannedPerformance, windows: readonly WindowCounts[]): string[] {
  if (forEach === null) return [""];
  const all = windows.map(({ segment }) => segment).filter((segment) => segment.startsWith(`${forEach}=`));
  return [...new Set(all)].sort();
}

function readMonitor(
  question: PerformanceQuestion,
  monitor: PlannedPerformance,
  segment: string,
  alpha: number,
): MonitorReading {
  const { plan, release } = question;
  const bound = boundOf(monitor, release);
  const isLatency = monitor.metric === "latency_p95_ms";
  const windows = decidableWindows(question, segment, monitor.needsOutcomes);
  const last = windows.findLast(({ predictions }) => predictions > 0);
  const measured = measureMonitor(
    monitor,
    isLatency && last !== undefined ? last : addWindows(windows),
    plan,
  );
  const risk = bound === null ? null : riskOf(monitor, bound, plan);
  const reading: MonitorReading = {
    monitor: monitor.id,
    kind: isLatency ? "latency" : "performance",
    sentence: monitor.sentence,
    metric: isMetric(monitor.metric) ? monitor.metric : null,
    segment: segment === "" ? null : segment,
    comparison: monitor.comparison,
    bound,
    state: risk === null ? "no_bound" : measured.n === 0 ? "too_early" : "watching",
    releaseId: release.id,
    modelVersionId: release.modelVersionId,
    ...measured,
    eValue: 1,
    alarmAt: 1 / alpha,
    alarm: null,
  };
  if (risk === null) return reading;

  const watcher = createRiskMonitor({
    tolerated: risk.tolerated,
    upperBound: risk.upperBound,
    alpha,
    periodBatches: periodWindows(plan),
  });
  const state = windows.reduce(
    (before, window) => watcher.update(before, risk.batch(window)),
    watcher.initial(),
  );
  const { eValue, alarm } = watcher.read(state);
  const alarmWindow = alarm === null ? undefined : windows[alarm.batch];
  const onsetWindow = alarm === null ? undefined : windows[alarm.onsetBatch];
  if (alarmWindow === undefined || onsetWindow === undefined) return { ...reading, eValue };
  const sinceOnset = measureMonitor(monitor, addWindows(windows.slice(windows.indexOf(onsetWindow))), plan);
  return {
    ...reading,
    ...(isLatency ? {} : sinceOnset),
    state: "alarm",
    eValue,
    alarm: { windowStartMs: alarmWindow.startMs, onsetMs: onsetWindow.startMs },
  };
}

/**
 * The bound in the unit of the metric; one against the baseline was measured when the release was judged.
 *
 * Against the release itself the bound is a quarter more than it was judged to be, or half way to the end of
 * that judgement's interval, about one standard error, where the held-out rows were too few to know better.
 */
export function boundOf(
  { bound, gate, against, comparison }: PlannedPerformance,
  release: Pick<WatchedRelease, "gates">,
): number | null {
  const judged = release.gates.find((one) => one.gate.id === gate);
  if (against === "gate") return bound ?? judged?.bound ?? null;
  if (judged === undefined || judged.value === null) return null;
  const { value, interval } = judged;
  return comparison === "<=" || comparison === "<"
    ? Math.max(value * (1 + toleratedWorsening), (value + (interval?.[1] ?? value)) / 2)
    : Math.min(value * (1 - toleratedWorsening), (value + (interval?.[0] ?? value)) / 2);
}

const toleratedWorsening = 0.25;

/** One batch per window, also for those in which nothing was asked, so that time passes as the contract means it. */
function decidableWindows(
  { plan, windows, foldFromMs, nowMs }: PerformanceQuestion,
  segment: string,
  needsOutcomes: boolean,
): WindowCounts[] {
  const { windowMs } = plan;
  const arriveWithinMs = needsOutcomes ? plan.arriveWithinMs : 0;
  const wanted = windows.filter(
    ({ startMs, ...window }) =>
      window.segment === segment &&
      startMs >= (needsOutcomes ? foldFromMs.outcomes : foldFromMs.answers) &&
      isFinal({ windowMs, arriveWithinMs }, startMs, nowMs),
  );
  return fillGaps(wanted, plan.windowMs);
}

export function fillGaps(windows: readonly WindowCounts[], windowMs: number): WindowCounts[] {
  const byStart = new Map(windows.map((window) => [window.startMs, window]));
  const starts = [...byStart.keys()];
  if (starts.length === 0) return [];
  const filled: WindowCounts[] = [];
  const empty = addWindows([]);
  for (let startMs = Math.min(...starts); startMs <= Math.max(...starts); startMs += windowMs) {
    filled.push(byStart.get(startMs) ?? { ...empty, startMs });
  }
  return filled;
}

function measureMonitor(
  { metric }: PlannedPerformance,
  counts: WindowCounts,
  plan: MonitoringPlan,
): { value: number | null; interval: readonly [number, number] | null; n: number } {
  return isMetric(metric) ? measure(counts, metric, plan) : { value: null, interval: null, n: 0 };
}

interface Risk {
  readonly tolerated: number;
  readonly upperBound: number;
  batch(window: WindowCounts): RiskBatch;
}

/** The metric as the mean of a bounded loss that must stay below its bound; null where the bound forbids or allows all. */
function riskOf({ metric }: PlannedPerformance, bound: number, plan: MonitoringPlan): Risk | null {
  const { falseNegative, falsePositive } = plan.costs;
  if (metric === "expected_cost") {
    return withinReach(bound, Math.max(falseNegative, falsePositive), (window) => [
      { value: falseNegative, count: window.falseNegative },
      { value: falsePositive, count: window.falsePositive },
      { value: 0, count: window.truePositive + window.trueNegative },
    ]);
  }
  const losses = (lost: (window: WindowCounts) => number, kept: (window: WindowCounts) => number) =>
    withinReach(metric === "latency_p95_ms" ? 0.05 : 1 - bound, 1, (window) => [
      { value: 1, count: lost(window) },
      { value: 0, count: kept(window) },
    ]);
  switch (metric) {
    case "recall":
      return losses(
        (window) => window.falseNegative,
        (window) => window.truePositive,
      );
    case "precision":
      return losses(
        (window) => window.falsePositive,
        (window) => window.truePositive,
      );
    case "specificity":
      return losses(
        (window) => window.falsePositive,
        (window) => window.trueNegative,
      );
    case "accuracy":
      return losses(
        (window) => window.falsePositive + window.falseNegative,
        (window) => window.truePositive + window.trueNegative,
      );
    case "latency_p95_ms":
      return losses(
        (window) => window.slow,
        (window) => window.predictions - window.slow,
      );
    default:
      return null;
  }
}

function withinReach(
  tolerated: number,
  upperBound: number,
  losses: (window: WindowCounts) => { value: number; count: number }[],
): Risk | null {
  if (!(tolerated > 0 && tolerated < upperBound)) return null;
  return { tolerated, upperBound, batch: (window) => ({ losses: losses(window) }) };
}
