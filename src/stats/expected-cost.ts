import type { ConfusionCounts } from "./confusion.ts";
import type { Estimate } from "./interval.ts";
import { DEFAULT_LEVEL } from "./interval.ts";
import { itemAt, requireCount, requirePositive, requireSameLength, sumOf } from "./preconditions.ts";
import { proportionInterval } from "./proportion.ts";

/** What a wrong prediction costs, in the project's currency; a right one costs nothing. */
export interface ErrorCosts {
  readonly falseNegative: number;
  readonly falsePositive: number;
}

/** The mean cost of a prediction with its interval (see `weightedSharesInterval`). */
export function expectedCost(
  counts: ConfusionCounts,
  costs: ErrorCosts,
  level: number = DEFAULT_LEVEL,
): Estimate {
  const { truePositive, falsePositive, falseNegative, trueNegative } = counts;
  return weightedSharesInterval({
    counts: [falseNegative, falsePositive, truePositive + trueNegative],
    values: [costs.falseNegative, costs.falsePositive, 0],
    level,
  });
}

/**
 * The mean of a variable that takes few values, from how often each was seen. Wilson's limits of each share
 * are put together by MOVER, the "method of variance estimates recovery" for linear combinations of
 * multinomial shares (Zou and Donner 2008; Zou, Huang and Zhang 2009). It keeps what Wilson's interval has and a
 * t-interval has not: rare dear errors never seen yet still widen it, and it stays within the values' range.
 * Values may be negative, as for the difference in cost of two models on the same rows.
 */
export function weightedSharesInterval({
  counts,
  values,
  level = DEFAULT_LEVEL,
}: {
  readonly counts: readonly number[];
  readonly values: readonly number[];
  readonly level?: number;
}): Estimate {
  requireSameLength(counts, values, "counts and values");
  for (const count of counts) requireCount("a count", count);
  const n = sumOf(counts);
  requirePositive("the sum of the counts", n);
  const mean = sumOf(counts.map((count, cell) => (count / n) * itemAt(values, cell)));
  const cells = counts.map((count, cell) => ({
    value: itemAt(values, cell),
    share: proportionInterval({ successes: count, n, level }),
  }));
  const downwards = cells.map(
    ({ value, share }) => value * (share.value - (value > 0 ? share.low : share.high)),
  );
  const upwards = cells.map(
    ({ value, share }) => value * ((value > 0 ? share.high : share.low) - share.value),
  );
  const spread = (distances: readonly number[]) => Math.sqrt(Math.max(0, squaredSpread(cells, distances)));
  return {
    value: mean,
    low: Math.max(Math.min(...values), mean - spread(downwards)),
    high: Math.min(Math.max(...values), mean + spread(upwards)),
    level,
    n,
  };
}

/** Squared distances plus the covariance of multinomial shares, ρ = −√(p₁p₂/((1 − p₁)(1 − p₂))). */
function squaredSpread(
  cells: readonly { readonly value: number; readonly share: Estimate }[],
  distances: readonly number[],
): number {
  let sum = 0;
  for (const [i, first] of cells.entries()) {
    sum += itemAt(distances, i) ** 2;
    for (const [j, second] of cells.entries()) {
      if (j <= i) continue;
      const others = (1 - first.share.value) * (1 - second.share.value);
      const correlation = others === 0 ? 0 : -Math.sqrt((first.share.value * second.share.value) / others);
      const sign = Math.sign(first.value) * Math.sign(second.value);
      sum += 2 * sign * correlation * itemAt(distances, i) * itemAt(distances, j);
    }
  }
  return sum;
}
