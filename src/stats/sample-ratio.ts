import type { CountsTest } from "./counts-tests.ts";
import { withP } from "./counts-tests.ts";
import { logGamma } from "./gamma.ts";
import { itemAt, requireProbability, requireSameLength, sumOf } from "./preconditions.ts";

export interface SampleRatioTest extends CountsTest {
  /** Rows in arms whose weight is zero: a leak of traffic, which no p-value can express. */
  readonly leaked: number;
}

/**
 * Does the traffic of the arms fit their weights? Pearson's test over the arms that have a weight; alert below
 * 0.001 (Fabijan et al., KDD 2019). For one look only; when looking all the time use `sequentialSampleRatio`.
 */
export function sampleRatioTest(counts: readonly number[], weights: readonly number[]): SampleRatioTest {
  const { arms, leaked } = armsWithWeight(counts, weights);
  const n = sumOf(arms.map(({ count }) => count));
  const statistic =
    n === 0 ? 0 : sumOf(arms.map(({ count, share }) => (count - n * share) ** 2 / (n * share)));
  return { ...withP(statistic, arms.length - 1), leaked };
}

/**
 * The same question, asked as often as one likes: a Dirichlet–multinomial mixture against the weights (Lindon and
 * Malek, arXiv 2011.03567), uniform prior. P(eValue ever ≥ 1/α) ≤ α when the weights are kept.
 */
export function sequentialSampleRatio({
  counts,
  weights,
  alpha = 0.001,
}: {
  readonly counts: readonly number[];
  readonly weights: readonly number[];
  readonly alpha?: number;
}): { readonly logEValue: number; readonly alarm: boolean; readonly leaked: number } {
  requireProbability("alpha", alpha);
  const { arms, leaked } = armsWithWeight(counts, weights);
  const n = sumOf(arms.map(({ count }) => count));
  const logMixture =
    logGamma(arms.length) - logGamma(arms.length + n) + sumOf(arms.map((arm) => logGamma(arm.count + 1)));
  const logNull = sumOf(arms.map(({ count, share }) => count * Math.log(share)));
  const logEValue = arms.length < 2 ? 0 : logMixture - logNull;
  return { logEValue, alarm: leaked > 0 || logEValue >= -Math.log(alpha), leaked };
}

function armsWithWeight(counts: readonly number[], weights: readonly number[]) {
  requireSameLength(counts, weights, "counts and weights");
  const total = sumOf(weights);
  const all = counts.map((count, arm) => ({ count, share: itemAt(weights, arm) / total }));
  const leaked = sumOf(all.filter(({ share }) => share === 0).map(({ count }) => count));
  return { arms: all.filter(({ share }) => share > 0), leaked };
}
