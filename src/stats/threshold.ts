import type { ConfusionCounts } from "./confusion.ts";
import type { ErrorCosts } from "./expected-cost.ts";
import { itemAt, requireCount, requireSameLength } from "./preconditions.ts";

export interface ChosenThreshold {
  /** Predict positive where the score is at least this. */
  readonly threshold: number;
  /** The mean cost of a prediction at the threshold, on the rows it was chosen from. */
  readonly expectedCost: number;
  readonly counts: ConfusionCounts;
}

/**
 * The decision threshold with the least mean cost on these rows; scores are probabilities in [0, 1], labels say
 * whether the row is positive.
 *
 * Only the order of the scores matters to the cost, so any number between two neighbouring scores is as good as
 * any other: the **midpoint** is returned (0 and 1 stand in as neighbours at the ends; a score of 1 that is to be
 * predicted negative gives the next number above 1). Of several gaps with equal cost, the one nearest to
 * c_fp/(c_fp + c_fn) wins, which is the best threshold for calibrated scores (Elkan 2001), then the lower one.
 */
export function minimiseExpectedCost(
  scores: ArrayLike<number>,
  labels: ArrayLike<boolean>,
  costs: ErrorCosts,
): ChosenThreshold {
  requireSameLength(scores, labels, "scores and labels");
  requireCount("the cost of a false negative", costs.falseNegative);
  requireCount("the cost of a false positive", costs.falsePositive);
  const n = scores.length;
  if (n === 0) throw new RangeError("a threshold cannot be chosen from no rows");
  const groups = groupByScore(scores, labels);
  const ideal = idealThreshold(costs);

  // Below the lowest score every row is predicted positive; each group passed moves to the negative side.
  const positives = groups.reduce((sum, group) => sum + group.positives, 0);
  let counts: ConfusionCounts = {
    truePositive: positives,
    falsePositive: n - positives,
    falseNegative: 0,
    trueNegative: 0,
  };
  let best = {
    threshold: itemAt(groups, 0).score / 2,
    expectedCost: meanCost(counts, costs, n),
    counts,
  };
  for (const [index, group] of groups.entries()) {
    counts = {
      truePositive: counts.truePositive - group.positives,
      falsePositive: counts.falsePositive - group.negatives,
      falseNegative: counts.falseNegative + group.positives,
      trueNegative: counts.trueNegative + group.negatives,
    };
    const threshold = midpoint(group.score, groups[index + 1]?.score ?? 1);
    const candidate = { threshold, expectedCost: meanCost(counts, costs, n), counts };
    if (isBetter(candidate, best, ideal)) best = candidate;
  }
  return best;
}

/** The best threshold if the scores were perfectly calibrated; one half when nothing costs anything. */
export function idealThreshold({ falseNegative, falsePositive }: ErrorCosts): number {
  const sum = falseNegative + falsePositive;
  return sum === 0 ? 0.5 : falsePositive / sum;
}

interface ScoreGroup {
  readonly score: number;
  positives: number;
  negatives: number;
}

function groupByScore(scores: ArrayLike<number>, labels: ArrayLike<boolean>): ScoreGroup[] {
  const groups = new Map<number, ScoreGroup>();
  for (let row = 0; row < scores.length; row += 1) {
    const score = itemAt(scores, row);
    if (!(score >= 0 && score <= 1)) throw new RangeError(`a score must be a probability, not ${score}`);
    const group = groups.get(score) ?? { score, positives: 0, negatives: 0 };
    groups.set(score, group);
    group[labels[row] ? "positives" : "negatives"] += 1;
  }
  return [...groups.values()].sort((first, second) => first.score - second.score);
}

function meanCost(counts: ConfusionCounts, costs: ErrorCosts, n: number): number {
  return (counts.falseNegative * costs.falseNegative + counts.falsePositive * costs.falsePositive) / n;
}

function midpoint(below: number, above: number): number {
  if (below >= 1) return 1 + Number.EPSILON;
  const middle = below + (above - below) / 2;
  return middle > below ? middle : above;
}

function isBetter(candidate: ChosenThreshold, best: ChosenThreshold, ideal: number): boolean {
  const gain = best.expectedCost - candidate.expectedCost;
  // Sums of money such as 0.1 + 0.2 are not exact: costs this close are equal.
  const equal = Math.abs(gain) <= 1e-12 * Math.max(1, best.expectedCost);
  if (!equal) return gain > 0;
  return Math.abs(candidate.threshold - ideal) < Math.abs(best.threshold - ideal);
}
