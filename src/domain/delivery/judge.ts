import { boundOf, compares, traitsOf } from "#objectives";
import type { Gate } from "#objectives";
import {
  classificationIntervals,
  expectedCost,
  logLoss,
  nearestRankQuantile,
  proportionInterval,
  quantileInterval,
  rocAucInterval,
} from "#stats";
import type { ErrorCosts } from "#stats";

import type { GateResult, GateVerdict, HoldoutEvidence, ScoredRow, SliceResult } from "./index.ts";
import { countDecisions } from "./thresholds.ts";

/** Below this many rows that a metric is about, a gate or slice is inconclusive: it says so instead of guessing. */
export const fewestRows = 30;

const noAnswerMs = 60_000;

export interface JudgedBy {
  readonly positive: string;
  readonly costs: ErrorCosts;
  /** Null: the deployment's own decisions count. */
  readonly threshold: number | null;
  /** The baseline is the bar a model has to beat: its quality is measured and shown, and cannot fail. */
  readonly isBaseline: boolean;
}

interface Measured {
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  /** Rows the metric is about: the positives for recall, all of them for a cost. */
  readonly n: number;
}

/** Judges every gate on the evidence. Pure: the same evidence and gates give the same verdicts. */
export function judgeGates(gates: readonly Gate[], evidence: HoldoutEvidence, by: JudgedBy): GateResult[] {
  const results = gates.map((gate) => judgeGate(gate, evidence, by));
  return by.isBaseline ? results.map(excuseBaseline) : results;
}

function excuseBaseline(result: GateResult): GateResult {
  if (result.verdict !== "failed" || traitsOf(result.gate.metric).from === "load") return result;
  const finding = `${result.finding} The baseline is the bar, so this does not stop it.`;
  return { ...result, verdict: "inconclusive", finding };
}

export function failedGates(results: readonly GateResult[]): string[] {
  return results.filter((result) => result.verdict === "failed").map((result) => result.gate.id);
}

function judgeGate(gate: Gate, evidence: HoldoutEvidence, by: JudgedBy): GateResult {
  const measured = measure(gate, evidence, evidence.candidate, by);
  const baseline = gate.requirement.kind === "better_than" ? measureBaseline(gate, evidence, by) : null;
  const required = boundOf(gate, baseline);
  const slices = gate.forEach === null ? [] : judgeSlices(gate, gate.forEach, required, evidence, by);
  const verdict = gate.forEach === null ? verdictOf(measured, required) : worst(slices);
  return {
    gate,
    verdict,
    ...measured,
    bound: required?.bound ?? null,
    baseline,
    slices,
    finding: gate.forEach === null ? explain(verdict, measured, required, baseline) : explainSlices(slices),
  };
}

type Required = ReturnType<typeof boundOf>;

function judgeSlices(
  gate: Gate,
  column: string,
  required: Required,
  evidence: HoldoutEvidence,
  by: JudgedBy,
): SliceResult[] {
  const groups = Map.groupBy(evidence.candidate, (row) => row.slices[column] ?? "(missing)");
  return [...groups]
    .map(([slice, rows]) => {
      const measured = measure(gate, evidence, rows, by);
      return { slice, verdict: verdictOf(measured, required), ...measured };
    })
    .toSorted((a, b) => (a.slice < b.slice ? -1 : 1));
}

function measure(gate: Gate, evidence: HoldoutEvidence, rows: readonly ScoredRow[], by: JudgedBy): Measured {
  if (traitsOf(gate.metric).from === "load") return measureLoad(gate.metric, evidence);
  if (rows.length === 0) return nothing;
  const counts = countDecisions(rows, by.positive, by.threshold);
  const scores = rows.map((row) => row.score);
  const labels = rows.map((row) => row.actual === by.positive);
  switch (gate.metric) {
    case "expected_cost":
      return fromEstimate(expectedCost(counts, by.costs));
    case "recall":
    case "precision":
    case "accuracy":
    case "f1":
      return fromEstimate(classificationIntervals(counts)[gate.metric]);
    case "roc_auc":
      return fromEstimate(rocAucInterval(scores, labels));
    case "log_loss":
      return { value: logLoss(scores, labels), interval: null, n: rows.length };
    default:
      // Metrics of a regression: a classifier's rows cannot answer them.
      return nothing;
  }
}

const nothing: Measured = { value: null, interval: null, n: 0 };

function measureBaseline(gate: Gate, evidence: HoldoutEvidence, by: JudgedBy): number | null {
  if (evidence.baseline === null) return null;
  return measure(gate, evidence, evidence.baseline, { ...by, threshold: null }).value;
}

function measureLoad(metric: Gate["metric"], evidence: HoldoutEvidence): Measured {
  const { latenciesMs, errors, requests } = evidence.load;
  if (requests === 0) return nothing;
  if (metric === "error_rate") return fromEstimate(proportionInterval({ successes: errors, n: requests }));
  const p = latencyShares[metric] ?? 0.95;
  // An answer that never came counts as one that took the time limit: slower than any that did come.
  const all = [...latenciesMs, ...Array.from({ length: errors }, () => noAnswerMs)];
  const { low, high } = quantileInterval({ values: all, p });
  const isFinite = Number.isFinite(low) && Number.isFinite(high);
  return { value: nearestRankQuantile(all, p), interval: isFinite ? [low, high] : null, n: all.length };
}

const latencyShares: Partial<Record<Gate["metric"], number>> = {
  latency_p50_ms: 0.5,
  latency_p95_ms: 0.95,
  latency_p99_ms: 0.99,
};

function fromEstimate(estimate: { value: number; low: number; high: number; n: number } | null): Measured {
  if (estimate === null) return { value: null, interval: null, n: 0 };
  return { value: estimate.value, interval: [estimate.low, estimate.high], n: estimate.n };
}

function verdictOf(measured: Measured, required: Required): GateVerdict {
  if (measured.value === null || required === null || measured.n < fewestRows) return "inconclusive";
  return compares(measured.value, required.comparison, required.bound) ? "passed" : "failed";
}

function worst(slices: readonly SliceResult[]): GateVerdict {
  if (slices.some((slice) => slice.verdict === "failed")) return "failed";
  return slices.some((slice) => slice.verdict === "passed") ? "passed" : "inconclusive";
}

function explain(
  verdict: GateVerdict,
  measured: Measured,
  required: Required,
  baseline: number | null,
): string {
  if (required === null) return "There is no baseline to compare with yet.";
  if (measured.value === null) return "The evidence holds no rows that could answer it.";
  const range =
    measured.interval === null ? "" : ` (${shown(measured.interval[0])} to ${shown(measured.interval[1])})`;
  const compared = baseline === null ? "" : `, the baseline has ${shown(baseline)}`;
  const few = verdict === "inconclusive" ? `; ${measured.n} rows are too few to say` : "";
  const { bound, comparison } = required;
  return `${shown(measured.value)}${range} on ${measured.n} rows, asked ${comparison} ${shown(bound)}${compared}${few}.`;
}

function explainSlices(slices: readonly SliceResult[]): string {
  const named = (verdict: GateVerdict): string =>
    slices
      .filter((slice) => slice.verdict === verdict)
      .map((slice) => `${slice.slice} ${slice.value === null ? "no rows" : shown(slice.value)}`)
      .join(", ");
  const failed = named("failed");
  const few = named("inconclusive");
  const parts = [failed === "" ? `No slice of ${slices.length} fails` : `Fails for ${failed}`];
  if (few !== "") parts.push(`too few rows to say for ${few}`);
  return `${parts.join("; ")}.`;
}

function shown(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
