import {
  boundedMeanConfidenceSequence,
  compareSequentially,
  meanAndVarianceOfSums,
  meanConfidenceSequence,
} from "#stats";
import type { ErrorCosts, Sums } from "#stats";

import type { RolloutComparison, RolloutReading } from "./entities.ts";
import { shown } from "./incidents.ts";

/** What one side of a rollout has shown so far. */
export interface Arm {
  readonly predictions: number;
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
  readonly latencyMs: Sums;
  /** Answers beyond the charter's latency. */
  readonly slow: number;
  /** As the gateway counts them; null when it was not asked. */
  readonly requests: { readonly n: number; readonly errors: number } | null;
}

/** The same requests answered by both: how often each pair of decisions was given for each truth. */
export interface PairCell {
  readonly candidateDecision: boolean;
  readonly liveDecision: boolean;
  /** Null while the outcome is not known. */
  readonly isPositive: boolean | null;
  readonly count: number;
}

export interface RolloutEvidence {
  readonly step: "shadow" | "canary";
  readonly candidate: Arm;
  readonly live: Arm;
  /** Of a shadow. */
  readonly pairs: readonly PairCell[];
}

export interface GuardrailRules {
  readonly costs: ErrorCosts;
  readonly currency: string;
  /** Of the charter; null where it asks for none. */
  readonly bounds: {
    readonly expectedCost: number | null;
    readonly recall: number | null;
    readonly latencyP95Ms: number | null;
  };
}

/** The chance that a candidate no worse than allowed is called worse at any time of its rollout, over all it is asked. */
const alpha = 0.05;
/** How much worse than the live version is not yet worth going back for. */
const margins = { errors: 0.005, latency: 0.5, cost: 0.1 };

type Comparing = Omit<RolloutComparison, "verdict" | "sentence" | "interval" | "difference"> & {
  decide(alpha: number): Pick<RolloutComparison, "verdict" | "interval" | "difference">;
};

/**
 * Compares a candidate with the live version and with the charter's bounds. All intervals hold at every
 * moment at once, and share one alpha, so the reading may be taken as often as one likes.
 */
export function compareRollout(
  evidence: RolloutEvidence,
  rules: GuardrailRules,
): Pick<RolloutReading, "verdict" | "comparisons"> {
  const comparing = [
    ...compareErrors(evidence),
    ...compareLatency(evidence, rules),
    ...compareCost(evidence, rules),
    ...compareWithBounds(evidence, rules),
  ];
  const comparisons = comparing.map(({ decide, ...comparison }): RolloutComparison => {
    const decided = decide(alpha / comparing.length);
    return { ...comparison, ...decided, sentence: sentenceOf(comparison, decided.verdict) };
  });
  const has = (verdict: RolloutComparison["verdict"]): boolean =>
    comparisons.some((one) => one.verdict === verdict);
  return {
    comparisons,
    verdict: has("worse")
      ? "worse"
      : has("undecided") || comparisons.length === 0
        ? "undecided"
        : "not_worse",
  };
}

function compareErrors({ candidate, live }: RolloutEvidence): Comparing[] {
  if (candidate.requests === null || live.requests === null) return [];
  const [treatment, control] = [errorsOf(candidate.requests), errorsOf(live.requests)];
  if (treatment.n === 0 || control.n === 0) return [];
  return [
    {
      metric: "errors",
      method: "two_samples",
      candidate: treatment.sum / treatment.n,
      live: control.sum / control.n,
      bound: null,
      n: treatment.n,
      decide: (share) =>
        decided(
          compareSequentially({ control, treatment, alpha: share, margin: margins.errors, range: [0, 1] }),
        ),
    },
  ];
}

function errorsOf({ n, errors }: { n: number; errors: number }): Sums {
  return { n, sum: errors, sumSquares: errors };
}

function compareLatency({ candidate, live }: RolloutEvidence, { bounds }: GuardrailRules): Comparing[] {
  const { latencyP95Ms } = bounds;
  if (candidate.predictions === 0) return [];
  if (latencyP95Ms !== null) {
    const slowShare = candidate.slow / candidate.predictions;
    return [
      {
        metric: "latency_p95_ms",
        method: "bound",
        candidate: slowShare,
        live: live.predictions === 0 ? null : live.slow / live.predictions,
        bound: 0.05,
        n: candidate.predictions,
        decide: (share) =>
          beyond({ n: candidate.predictions, sum: candidate.slow, high: 1, bound: 0.05, alpha: share }),
      },
    ];
  }
  if (live.predictions === 0) return [];
  return [
    {
      metric: "latency_ms",
      method: "two_samples",
      candidate: candidate.latencyMs.sum / candidate.predictions,
      live: live.latencyMs.sum / live.predictions,
      bound: null,
      n: candidate.predictions,
      decide: (share) =>
        decided(
          compareSequentially({
            control: live.latencyMs,
            treatment: candidate.latencyMs,
            alpha: share,
            relative: true,
            margin: margins.latency,
            expectedSampleSize: 1_000,
          }),
        ),
    },
  ];
}

function compareCost(evidence: RolloutEvidence, { costs }: GuardrailRules): Comparing[] {
  const { candidate, live, step, pairs } = evidence;
  const [treatment, control] = [costSums(candidate, costs), costSums(live, costs)];
  if (treatment.n === 0 || control.n === 0) return [];
  const liveMean = control.sum / control.n;
  const margin = margins.cost * liveMean;
  const base = {
    metric: "expected_cost",
    candidate: treatment.sum / treatment.n,
    live: liveMean,
    bound: null,
    n: treatment.n,
  } as const;
  if (step === "canary") {
    const decide = (share: number): ReturnType<Comparing["decide"]> =>
      decided(compareSequentially({ control, treatment, alpha: share, margin, expectedSampleSize: 1_000 }));
    return [{ ...base, method: "two_samples", decide }];
  }
  const differences = pairedCostDifferences(pairs, costs);
  if (differences.n === 0) return [];
  return [
    {
      ...base,
      method: "paired",
      n: differences.n,
      decide: (share) => comparePairs(differences, costs, margin, share),
    },
  ];
}

/** Every shadow's row is its own control: the interval is of the mean difference in cost on the same rows. */
function comparePairs(
  differences: Sums,
  costs: ErrorCosts,
  margin: number,
  share: number,
): ReturnType<Comparing["decide"]> {
  const { n, sum } = differences;
  const { mean, variance } = meanAndVarianceOfSums(differences);
  const limit = Math.max(costs.falseNegative, costs.falsePositive);
  const isLarge = n >= 100 && variance > 0;
  const { low, high } = isLarge
    ? meanConfidenceSequence({ n, mean, variance, alpha: share, expectedSampleSize: 1_000 })
    : boundedMeanConfidenceSequence({ n, sum, low: -limit, high: limit, alpha: share });
  const verdict = low > margin ? "worse" : high <= margin ? "not_worse" : "undecided";
  return { verdict, difference: sum / n, interval: [low, high] };
}

export function pairedCostDifferences(pairs: readonly PairCell[], costs: ErrorCosts): Sums {
  const sums = { n: 0, sum: 0, sumSquares: 0 };
  for (const { candidateDecision, liveDecision, isPositive, count } of pairs) {
    if (isPositive === null) continue;
    const cost = (decision: boolean): number =>
      decision === isPositive ? 0 : isPositive ? costs.falseNegative : costs.falsePositive;
    const difference = cost(candidateDecision) - cost(liveDecision);
    sums.n += count;
    sums.sum += count * difference;
    sums.sumSquares += count * difference * difference;
  }
  return sums;
}

function compareWithBounds(
  { candidate, live }: RolloutEvidence,
  { costs, bounds }: GuardrailRules,
): Comparing[] {
  const cost = costSums(candidate, costs);
  const positives = candidate.truePositive + candidate.falseNegative;
  const livePositives = live.truePositive + live.falseNegative;
  const { expectedCost, recall } = bounds;
  const high = Math.max(costs.falseNegative, costs.falsePositive);
  const comparing: Comparing[] = [];
  if (expectedCost !== null && expectedCost > 0 && expectedCost < high && cost.n > 0) {
    comparing.push({
      metric: "expected_cost",
      method: "bound",
      candidate: cost.sum / cost.n,
      live: null,
      bound: expectedCost,
      n: cost.n,
      decide: (share) => beyond({ n: cost.n, sum: cost.sum, high, bound: expectedCost, alpha: share }),
    });
  }
  if (recall !== null && recall > 0 && recall < 1 && positives > 0) {
    comparing.push({
      metric: "recall",
      method: "bound",
      candidate: candidate.truePositive / positives,
      live: livePositives === 0 ? null : live.truePositive / livePositives,
      bound: recall,
      n: positives,
      decide: (share) => {
        const missed = beyond({
          n: positives,
          sum: candidate.falseNegative,
          high: 1,
          bound: 1 - recall,
          alpha: share,
        });
        const [low, top] = missed.interval ?? [0, 1];
        return { verdict: missed.verdict, difference: null, interval: [1 - top, 1 - low] };
      },
    });
  }
  return comparing;
}

function beyond(question: {
  readonly n: number;
  readonly sum: number;
  readonly high: number;
  readonly bound: number;
  readonly alpha: number;
}): ReturnType<Comparing["decide"]> {
  const { n, sum, high, bound, alpha: share } = question;
  const interval = boundedMeanConfidenceSequence({ n, sum, low: 0, high, alpha: share });
  const verdict = interval.low > bound ? "worse" : interval.high <= bound ? "not_worse" : "undecided";
  return { verdict, difference: null, interval: [interval.low, interval.high] };
}

function costSums(arm: Arm, costs: ErrorCosts): Sums {
  const n = arm.truePositive + arm.falsePositive + arm.falseNegative + arm.trueNegative;
  return {
    n,
    sum: arm.falseNegative * costs.falseNegative + arm.falsePositive * costs.falsePositive,
    sumSquares: arm.falseNegative * costs.falseNegative ** 2 + arm.falsePositive * costs.falsePositive ** 2,
  };
}

function decided(comparison: ReturnType<typeof compareSequentially>): ReturnType<Comparing["decide"]> {
  const { verdict, value, low, high } = comparison;
  const isKnown = Number.isFinite(low) && Number.isFinite(high);
  return { verdict, difference: value, interval: isKnown ? [low, high] : null };
}

function sentenceOf(
  {
    metric,
    method,
    candidate,
    live,
    bound,
  }: Pick<RolloutComparison, "metric" | "method" | "candidate" | "live" | "bound">,
  verdict: RolloutComparison["verdict"],
): string {
  const names = {
    errors: "Failed requests",
    latency_p95_ms: "Slow answers",
    latency_ms: "Latency in ms",
    expected_cost: "Cost per prediction",
    recall: "Recall",
  };
  const against = method === "bound" ? `the charter's ${shown(bound)}` : `${shown(live)} of the live version`;
  const verdicts = { worse: "worse", not_worse: "not worse", undecided: "too early to say" };
  return `${names[metric]}: ${shown(candidate)} against ${against}: ${verdicts[verdict]}`;
}
