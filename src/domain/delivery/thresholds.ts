import { expectedCost, minimiseExpectedCost } from "#stats";
import type { ErrorCosts } from "#stats";

import type { ScoredRow, ThresholdPoint } from "./index.ts";

const curvePoints = 101;

/**
 * The decision threshold with the least expected cost on the held-out rows. One number fitted to
 * hundreds of rows: the optimism of judging on the same rows is of order 1/n and left in.
 */
export function chooseThreshold(rows: readonly ScoredRow[], positive: string, costs: ErrorCosts): number {
  const scores = rows.map((row) => row.score);
  const labels = rows.map((row) => row.actual === positive);
  return minimiseExpectedCost(scores, labels, costs).threshold;
}

/** Cost per prediction over the whole range of thresholds, for the picture beside the chosen one. */
export function costCurve(rows: readonly ScoredRow[], positive: string, costs: ErrorCosts): ThresholdPoint[] {
  return Array.from({ length: curvePoints }, (_, index) => {
    const threshold = index / (curvePoints - 1);
    const counts = countDecisions(rows, positive, threshold);
    return { threshold, costPerPrediction: expectedCost(counts, costs).value };
  });
}

/** How the decisions turned out. `threshold` null: the deployment decided itself. */
export function countDecisions(
  rows: readonly ScoredRow[],
  positive: string,
  threshold: number | null,
): { truePositive: number; falsePositive: number; falseNegative: number; trueNegative: number } {
  const counts = { truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: 0 };
  for (const row of rows) {
    const decided = threshold === null ? row.decision : row.score >= threshold;
    if (row.actual === positive) counts[decided ? "truePositive" : "falseNegative"] += 1;
    else counts[decided ? "falsePositive" : "trueNegative"] += 1;
  }
  return counts;
}
