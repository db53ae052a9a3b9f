import type { Estimate } from "./interval.ts";
import { DEFAULT_LEVEL } from "./interval.ts";
import { betaCdf } from "./beta.ts";
import { itemAt, requireProbability, requireShare } from "./preconditions.ts";

/**
 * The smallest value with at least the share `p` of the sample at or below it (Hyndman and Fan's type 1): always
 * a value that was measured. Used for latencies: `nearestRankQuantile(latenciesMs, 0.95)`.
 */
export function nearestRankQuantile(values: ArrayLike<number>, p: number): number {
  requireShare("p", p);
  const sorted = ascending(values);
  return itemAt(sorted, Math.max(0, Math.ceil(p * sorted.length - 1e-9) - 1));
}

/** Linear between neighbouring values (type 7, the default of NumPy and R). Used for bin edges. */
export function interpolatedQuantile(values: ArrayLike<number>, p: number): number {
  return interpolatedQuantiles(values, [p])[0] ?? NaN;
}

/** Many interpolated quantiles with one sort. */
export function interpolatedQuantiles(values: ArrayLike<number>, ps: readonly number[]): number[] {
  const sorted = ascending(values);
  return ps.map((p) => {
    requireShare("p", p);
    const position = p * (sorted.length - 1);
    const below = Math.floor(position);
    const low = itemAt(sorted, below);
    const high = itemAt(sorted, Math.min(below + 1, sorted.length - 1));
    return low + (position - below) * (high - low);
  });
}

/**
 * A quantile (nearest rank) with the interval between two order statistics: exact for any continuous law,
 * because the number of values below the true quantile is binomial (Hahn and Meeker 1991, 5.2). Where the
 * sample is too small for a limit, that limit is infinite.
 */
export function quantileInterval({
  values,
  p,
  level = DEFAULT_LEVEL,
}: {
  readonly values: ArrayLike<number>;
  readonly p: number;
  readonly level?: number;
}): Estimate {
  requireProbability("p", p);
  requireProbability("level", level);
  const sorted = ascending(values);
  const n = sorted.length;
  const tail = (1 - level) / 2;
  // The r-th smallest lies above the true quantile with probability P(Bin(n, p) < r), and below it with P(Bin ≥ r).
  const lowRank = lastWhere(n, (rank) => 1 - binomialAtLeast(rank, n, p) <= tail);
  const highRank = 1 + lastWhere(n, (rank) => binomialAtLeast(rank, n, p) > tail);
  return {
    value: nearestRankQuantile(sorted, p),
    low: lowRank === 0 ? -Infinity : itemAt(sorted, lowRank - 1),
    high: highRank > n ? Infinity : itemAt(sorted, highRank - 1),
    level,
    n,
  };
}

function ascending(values: ArrayLike<number>): Float64Array {
  if (values.length === 0) throw new RangeError("an empty sample has no quantile");
  const sorted = Float64Array.from(values).sort();
  if (Number.isNaN(itemAt(sorted, sorted.length - 1)))
    throw new RangeError("a sample with NaN has no quantile");
  return sorted;
}

/** P(Bin(n, p) ≥ k). */
function binomialAtLeast(k: number, n: number, p: number): number {
  return k <= 0 ? 1 : betaCdf(p, k, n - k + 1);
}

/** The largest rank in 1…n for which a condition holds that holds up to some rank only; 0 when it never does. */
function lastWhere(n: number, holds: (rank: number) => boolean): number {
  let [low, high] = [0, n];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
