import { logBeta } from "./beta.ts";
import type { Estimate } from "./interval.ts";
import type { MeanAndVariance } from "./mean.ts";
import { requireCount, requirePositive, requireProbability } from "./preconditions.ts";

/**
 * An interval for a mean that holds at every n at once, so it may be looked at after each row: asymptotic, by
 * Waudby-Smith et al. (arXiv 2103.06476, theorem 2.2). It is tightest near `expectedSampleSize`. Variables with
 * known limits have an exact one: `boundedMeanConfidenceSequence`.
 */
export function meanConfidenceSequence(
  sample: MeanAndVariance & { readonly alpha?: number; readonly expectedSampleSize?: number },
): Estimate {
  const { n, mean, variance, alpha = 0.05, expectedSampleSize = 5000 } = sample;
  const half = asymptoticHalfWidth({ n, standardDeviation: Math.sqrt(variance), alpha, expectedSampleSize });
  return { value: mean, low: mean - half, high: mean + half, level: 1 - alpha, n };
}

export function asymptoticHalfWidth({
  n,
  standardDeviation,
  alpha,
  expectedSampleSize,
}: {
  readonly n: number;
  readonly standardDeviation: number;
  readonly alpha: number;
  readonly expectedSampleSize: number;
}): number {
  requirePositive("n", n);
  requireProbability("alpha", alpha);
  const logAlpha = -2 * Math.log(alpha);
  const squareRho = (logAlpha + Math.log(logAlpha + 1)) / expectedSampleSize;
  const grown = n * squareRho + 1;
  return (
    standardDeviation * Math.sqrt((2 * grown * Math.log(Math.sqrt(grown) / alpha)) / (n * n * squareRho))
  );
}

/**
 * The exact two-sided normal mixture (Howard et al., arXiv 1810.08240): a sum with independent centred 1-sub-Gaussian
 * steps of total variance v stays within ±bound(v) for all time with probability 1 − α.
 */
export function normalMixtureBound({
  variance,
  alpha,
  rho,
}: {
  readonly variance: number;
  readonly alpha: number;
  readonly rho: number;
}): number {
  requireCount("variance", variance);
  requireProbability("alpha", alpha);
  return Math.sqrt((variance + rho) * Math.log((variance + rho) / (rho * alpha * alpha)));
}

/** The ρ that makes the mixture's bound tightest where the total variance is `variance`. */
export function bestMixtureRho(variance: number, alpha: number): number {
  const logAlpha = 2 * Math.log(1 / alpha);
  return variance / (logAlpha + Math.log(1 + logAlpha));
}

/**
 * An exact interval, at every n at once, for the mean of values between `low` and `high`: all means m whose bet
 * against them has not won 1/α. The bet is the beta mixture ∫ Π (q/m)^x ((1−q)/(1−m))^(1−x) Beta(½, ½)(dq) on values
 * scaled to x in [0, 1]; each factor has a mean of at most 1 because it is convex in x and is 1 in mean for a coin
 * (Robbins 1970 for coins). Exact for coins; careful for values that keep away from both limits.
 */
export function boundedMeanConfidenceSequence({
  n,
  sum,
  low = 0,
  high = 1,
  alpha = 0.05,
}: {
  readonly n: number;
  readonly sum: number;
  readonly low?: number;
  readonly high?: number;
  readonly alpha?: number;
}): Estimate {
  requirePositive("n", n);
  requireProbability("alpha", alpha);
  const arm = scaledArm(n, sum, low, high);
  const value = arm.ones / n;
  const inside = (mean: number) => logMixtureBet(arm, mean) < -Math.log(alpha);
  const unscaled = (share: number) => low + share * (high - low);
  return {
    value: sum / n,
    low: unscaled(lastInside(value, 0, inside)),
    high: unscaled(lastInside(value, 1, inside)),
    level: 1 - alpha,
    n,
  };
}

/** Values between two limits, as the part of a coin's throws that fell on one: enough for the mixture bet. */
export interface ScaledArm {
  readonly ones: number;
  readonly zeros: number;
}

export function scaledArm(n: number, sum: number, low: number, high: number): ScaledArm {
  requireCount("n", n);
  const ones = (sum - n * low) / (high - low);
  const slack = 1e-9 * Math.max(1, n);
  if (!(high > low && ones >= -slack && ones <= n + slack)) {
    throw new RangeError(`${n} values between ${low} and ${high} cannot sum to ${sum}`);
  }
  const kept = Math.min(n, Math.max(0, ones));
  return { ones: kept, zeros: n - kept };
}

/** The logarithm of what the mixture bet against the mean `mean` has won; convex in the mean. */
export function logMixtureBet({ ones, zeros }: ScaledArm, mean: number): number {
  const logLikelihood =
    (ones === 0 ? 0 : ones * Math.log(mean)) + (zeros === 0 ? 0 : zeros * Math.log1p(-mean));
  return logBeta(ones + 0.5, zeros + 0.5) - Math.log(Math.PI) - logLikelihood;
}

/** From a place inside towards an end: the border of an interval, by bisection; the end itself if it is inside. */
export function lastInside(start: number, end: number, inside: (place: number) => boolean): number {
  if (inside(end)) return end;
  let [good, bad] = [start, end];
  for (let round = 0; round < 60; round += 1) {
    const middle = (good + bad) / 2;
    if (inside(middle)) good = middle;
    else bad = middle;
  }
  return bad;
}
