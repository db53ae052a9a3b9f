import { digestOfJson } from "#kernel/digest";
import { monitoringWindowMs, segmentsOf } from "#objectives";
import type { Comparison, DriftSubject, Generated, ProjectFile } from "#objectives";
import type { ErrorCosts } from "#stats";

interface PlannedBasics {
  readonly id: string;
  /** The chance of a false alarm in a period, however often one looks. */
  readonly alpha: number;
  readonly sentence: string;
}

/** A gate watched in live traffic, over all or in each slice. */
export interface PlannedPerformance extends PlannedBasics {
  readonly metric: string;
  readonly comparison: Comparison;
  /** Null for a bound against the baseline: then the one the live release was judged by holds. */
  readonly bound: number | null;
  readonly gate: string;
  /** Whether the gate's bound holds, or what the live version showed when it was judged. */
  readonly against: "gate" | "release";
  readonly forEach: string | null;
  /** Its rows are those with an outcome, so its windows must have matured. */
  readonly needsOutcomes: boolean;
}

export interface PlannedDrift extends PlannedBasics {
  readonly subject: DriftSubject;
}

/** What the charter asks of monitoring, in the units of this module. */
export interface MonitoringPlan {
  readonly environment: string;
  /** The column of the truth, and the class the decision is about. */
  readonly target: string;
  readonly positive: string;
  readonly costs: ErrorCosts;
  readonly currency: string;
  /** The columns that windows are cut by. */
  readonly segments: readonly string[];
  readonly arriveWithinMs: number;
  readonly windowMs: number;
  /** Of the error contract. */
  readonly periodMs: number;
  readonly performance: readonly PlannedPerformance[];
  readonly drift: readonly PlannedDrift[];
  readonly coverage: PlannedBasics | null;
}

/**
 * The plan that follows from a charter; undefined while it decides nothing, since then no prediction is
 * right or wrong.
 */
export function planOf(
  charter: Pick<Generated, "decisionRule" | "monitors"> & { readonly projectFile: ProjectFile },
): MonitoringPlan | undefined {
  const { decisionRule, monitors, projectFile } = charter;
  if (decisionRule === null) return undefined;
  const { target, positive, costs } = decisionRule;
  return {
    environment: projectFile.delivery.environments.at(-1) ?? "production",
    target,
    positive,
    // Without costs errors count alike, so the expected cost is the share of errors.
    costs: costs ?? { falseNegative: 1, falsePositive: 1 },
    currency: costs?.currency ?? "",
    segments: [...segmentsOf(projectFile)].toSorted(),
    arriveWithinMs: projectFile.monitoring.outcomes.arriveWithinMs,
    windowMs: monitors[0]?.windowMs ?? monitoringWindowMs,
    periodMs: projectFile.monitoring.falseAlarms.periodMs,
    performance: monitors.flatMap((monitor) => {
      if (monitor.kind !== "performance") return [];
      const { id, alpha, sentence, gate, against, needsOutcomes } = monitor;
      const { requirement } = gate;
      return [
        {
          id,
          alpha,
          sentence,
          metric: gate.metric,
          comparison: requirement.kind === "threshold" ? requirement.comparison : comparisonOf(gate.metric),
          bound: requirement.kind === "threshold" ? requirement.threshold : null,
          gate: gate.id,
          against,
          forEach: gate.forEach,
          needsOutcomes,
        },
      ];
    }),
    drift: monitors.flatMap((monitor) =>
      monitor.kind === "drift"
        ? [{ id: monitor.id, alpha: monitor.alpha, sentence: monitor.sentence, subject: monitor.subject }]
        : [],
    ),
    coverage: monitors.find(({ kind }) => kind === "coverage") ?? null,
  };
}

/** Of the metrics that live traffic answers, only costs and times are better when lower. */
function comparisonOf(metric: string): Comparison {
  return metric === "expected_cost" || metric.startsWith("latency") ? "<=" : ">=";
}

/** The latency that is slow, when the charter says so: windows count the answers beyond it. */
export function slowMs(plan: MonitoringPlan): number | null {
  const bounds = plan.performance.flatMap(({ metric, bound }) =>
    metric === "latency_p95_ms" && bound !== null ? [bound] : [],
  );
  return bounds.length === 0 ? null : Math.min(...bounds);
}

/** Two plans of the same shape count windows alike; with another shape all windows are counted anew. */
export function shapeOf(plan: MonitoringPlan): string {
  return digestOfJson([
    plan.windowMs,
    plan.positive,
    plan.target,
    plan.segments,
    slowMs(plan),
    plan.drift.map(({ id }) => id),
  ]);
}

export function windowStart(plan: Pick<MonitoringPlan, "windowMs">, atMs: number): number {
  return Math.floor(atMs / plan.windowMs) * plan.windowMs;
}

export function isFinal(
  plan: Pick<MonitoringPlan, "windowMs" | "arriveWithinMs">,
  startMs: number,
  asOfMs: number,
): boolean {
  return startMs + plan.windowMs + plan.arriveWithinMs <= asOfMs;
}

/** The next time that something is decided by the clock: a window closes, or its outcomes have had their time. */
export function nextEvaluationMs(plan: MonitoringPlan, nowMs: number): number {
  const closes = windowStart(plan, nowMs) + plan.windowMs;
  const matures = windowStart(plan, nowMs - plan.arriveWithinMs) + plan.windowMs + plan.arriveWithinMs;
  return Math.min(closes, matures);
}

export function periodWindows(plan: Pick<MonitoringPlan, "periodMs" | "windowMs">): number {
  return Math.max(1, Math.round(plan.periodMs / plan.windowMs));
}
