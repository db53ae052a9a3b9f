import type { Estimate } from "./interval.ts";
import { DEFAULT_LEVEL } from "./interval.ts";
import { meanAndVariance } from "./mean.ts";
import { criticalNormal } from "./normal.ts";
import { itemAt, requireSameLength } from "./preconditions.ts";
import { proportionInterval } from "./proportion.ts";

/**
 * The probability that a positive row scores higher than a negative one, ties counting one half; null when
 * either is missing.
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<boolean>): number | null {
  return rocAucInterval(scores, labels)?.value ?? null;
}

/** With the interval of DeLong, DeLong and Clarke-Pearson (1988), by ranks (Sun and Xu 2014). */
export function rocAucInterval(
  scores: ArrayLike<number>,
  labels: ArrayLike<boolean>,
  level: number = DEFAULT_LEVEL,
): Estimate | null {
  requireSameLength(scores, labels, "scores and labels");
  const rows = Array.from(scores, (_score, row) => row);
  const positives = rows.filter((row) => labels[row]).map((row) => itemAt(scores, row));
  const negatives = rows.filter((row) => !labels[row]).map((row) => itemAt(scores, row));
  if (positives.length === 0 || negatives.length === 0) return null;
  const shareBeaten = meanAndVariance(placements(positives, negatives));
  const shareLost = meanAndVariance(placements(negatives, positives));
  const value = shareBeaten.mean;
  const variance = shareBeaten.variance / positives.length + shareLost.variance / negatives.length;
  const half = criticalNormal(level) * Math.sqrt(variance);
  return {
    value,
    low: Math.max(0, value - half),
    high: Math.min(1, value + half),
    level,
    n: rows.length,
  };
}

/** Mean of −ln(probability given to what happened); probabilities are kept 1e-15 away from 0 and 1. */
export function logLoss(probabilities: ArrayLike<number>, labels: ArrayLike<boolean>): number | null {
  return meanOver(probabilities, labels, (probability, label) => {
    const kept = Math.min(1 - 1e-15, Math.max(1e-15, probability));
    return label ? -Math.log(kept) : -Math.log1p(-kept);
  });
}

/** Mean squared difference between probability and outcome (Brier 1950). */
export function brierScore(probabilities: ArrayLike<number>, labels: ArrayLike<boolean>): number | null {
  return meanOver(probabilities, labels, (probability, label) => (probability - (label ? 1 : 0)) ** 2);
}

export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly meanPredicted: number;
  readonly observed: Estimate;
}

/** Equal-width bins over [0, 1]; bins without rows are left out. `error` is the expected calibration error. */
export function calibration(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<boolean>,
  { bins = 10, level = DEFAULT_LEVEL }: { readonly bins?: number; readonly level?: number } = {},
): { readonly bins: readonly CalibrationBin[]; readonly error: number | null } {
  requireSameLength(probabilities, labels, "probabilities and labels");
  const sums = Array.from({ length: bins }, () => ({ n: 0, predicted: 0, positives: 0 }));
  for (let row = 0; row < probabilities.length; row += 1) {
    const probability = itemAt(probabilities, row);
    const sum = itemAt(sums, Math.min(bins - 1, Math.floor(probability * bins)));
    sum.n += 1;
    sum.predicted += probability;
    sum.positives += labels[row] ? 1 : 0;
  }
  const filled = sums.flatMap(({ n, predicted, positives }, index) => {
    if (n === 0) return [];
    const observed = proportionInterval({ successes: positives, n, level });
    return [{ low: index / bins, high: (index + 1) / bins, n, meanPredicted: predicted / n, observed }];
  });
  const total = probabilities.length;
  const error = filled.reduce(
    (sum, bin) => sum + bin.n * Math.abs(bin.meanPredicted - bin.observed.value),
    0,
  );
  return { bins: filled, error: total === 0 ? null : error / total };
}

function meanOver(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<boolean>,
  lossOf: (probability: number, label: boolean) => number,
): number | null {
  requireSameLength(probabilities, labels, "probabilities and labels");
  if (probabilities.length === 0) return null;
  let sum = 0;
  for (let row = 0; row < probabilities.length; row += 1) {
    sum += lossOf(itemAt(probabilities, row), labels[row] ?? false);
  }
  return sum / probabilities.length;
}

/** For each value, the share of `others` below it, ties counting one half. */
function placements(values: readonly number[], others: readonly number[]): number[] {
  const sorted = Float64Array.from(others).sort();
  return values.map(
    (value) => (countBelow(sorted, value, false) + countBelow(sorted, value, true)) / (2 * sorted.length),
  );
}

function countBelow(sorted: Float64Array, value: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = itemAt(sorted, middle);
    if (item < value || (orEqual && item === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
