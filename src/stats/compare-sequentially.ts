import { differenceWithVariance } from "./compare-means.ts";
import type { ScaledArm } from "./confidence-sequence.ts";
import { asymptoticHalfWidth, lastInside, logMixtureBet, scaledArm } from "./confidence-sequence.ts";
import type { Estimate } from "./interval.ts";
import type { Sums } from "./mean.ts";
import { meanAndVarianceOfSums } from "./mean.ts";
import { requireCount, requirePositive, requireProbability } from "./preconditions.ts";

export interface SequentialComparisonInput {
  readonly control: Sums;
  readonly treatment: Sums;
  /** The probability that the interval is ever wrong, over the whole life of the comparison. */
  readonly alpha?: number;
  /** How much worse the treatment may be, in the unit of the values (a share, if `relative`). */
  readonly margin?: number;
  readonly worseWhen?: "higher" | "lower";
  /**
   * The least and the greatest possible value; given, the interval is exact at any n. Right for coins (errors, hits)
   * and small samples; for costs with a few dear rows and hundreds of rows, leave it out: the interval is then
   * asymptotic, and narrower.
   */
  readonly range?: readonly [low: number, high: number];
  /** The change as a share of the control's mean; not together with `range`. */
  readonly relative?: boolean;
  /** Without a `range`: where the interval is to be tightest (rows of both arms together). */
  readonly expectedSampleSize?: number;
  /** Without a `range`: rows in each arm before there is a verdict, as the law of large numbers must hold. */
  readonly minimumPerArm?: number;
}

/** `value` is treatment minus control. */
export interface SequentialComparison extends Estimate {
  readonly verdict: "worse" | "not_worse" | "undecided";
  readonly method: "exact" | "asymptotic";
}

/**
 * Canary against the version in production, to be called with the running totals as often as one likes: the
 * chance that a treatment no worse than the margin is ever called worse stays below alpha.
 *
 * `worse`: the whole interval lies beyond the margin. `not_worse`: the whole interval lies within it. So a margin
 * of zero asks for an improvement before it says `not_worse`.
 */
export function compareSequentially(input: SequentialComparisonInput): SequentialComparison {
  const {
    control,
    treatment,
    alpha = 0.05,
    margin = 0,
    worseWhen = "higher",
    range,
    relative = false,
  } = input;
  requireProbability("alpha", alpha);
  requireCount("margin", margin);
  if (range && relative)
    throw new RangeError("a relative comparison has no exact interval: leave out the range");
  const n = control.n + treatment.n;
  const { value, low, high, decidable } = range
    ? exactInterval(control, treatment, range, alpha)
    : asymptoticInterval(input, alpha);
  const [best, worst] = worseWhen === "higher" ? [low, high] : [-high, -low];
  const verdict = !decidable
    ? "undecided"
    : best > margin
      ? "worse"
      : worst <= margin
        ? "not_worse"
        : "undecided";
  return { value, low, high, level: 1 - alpha, n, verdict, method: range ? "exact" : "asymptotic" };
}

interface Judged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly decidable: boolean;
}

/**
 * The product of two mixture bets, one on each arm's mean (`boundedMeanConfidenceSequence`), is itself a bet that wins
 * 1/α with probability α at most, however the rows of the arms alternate. The interval holds every difference for
 * which some pair of means is left.
 */
function exactInterval(
  control: Sums,
  treatment: Sums,
  range: readonly [number, number],
  alpha: number,
): Judged {
  const [from, to] = range;
  const width = to - from;
  const before = scaledArm(control.n, control.sum, from, to);
  const after = scaledArm(treatment.n, treatment.sum, from, to);
  if (control.n === 0 || treatment.n === 0) return { value: 0, low: -width, high: width, decidable: false };
  const value = after.ones / treatment.n - before.ones / control.n;
  const inside = (difference: number) => leastJointBet(before, after, difference) < -Math.log(alpha);
  const low = lastInside(value, -1, inside) * width;
  const high = lastInside(value, 1, inside) * width;
  return { value: value * width, low, high, decidable: true };
}

/** The smallest joint winnings over all pairs of means that differ by `difference`: convex, so bisect on the slope. */
function leastJointBet(before: ScaledArm, after: ScaledArm, difference: number): number {
  let [low, high] = [Math.max(0, -difference), Math.min(1, 1 - difference)];
  for (let round = 0; round < 60; round += 1) {
    const mean = (low + high) / 2;
    if (slope(before, mean) + slope(after, mean + difference) > 0) high = mean;
    else low = mean;
  }
  const mean = (low + high) / 2;
  return logMixtureBet(before, mean) + logMixtureBet(after, mean + difference);
}

function slope({ ones, zeros }: ScaledArm, mean: number): number {
  return (zeros === 0 ? 0 : zeros / (1 - mean)) - (ones === 0 ? 0 : ones / mean);
}

function asymptoticInterval(input: SequentialComparisonInput, alpha: number): Judged {
  const { control, treatment, relative = false, expectedSampleSize = 5000, minimumPerArm = 100 } = input;
  requirePositive("expectedSampleSize", expectedSampleSize);
  if (control.n < 2 || treatment.n < 2) return { value: 0, low: -Infinity, high: Infinity, decidable: false };
  const [before, after] = [meanAndVarianceOfSums(control), meanAndVarianceOfSums(treatment)];
  const { value, variance } = differenceWithVariance(before, after, relative);
  const n = control.n + treatment.n;
  const half = asymptoticHalfWidth({
    n,
    standardDeviation: Math.sqrt(variance * n),
    alpha,
    expectedSampleSize,
  });
  // Two arms that never varied say nothing of how far their means may still move.
  const decidable = Math.min(control.n, treatment.n) >= minimumPerArm && variance > 0;
  return { value, low: value - half, high: value + half, decidable };
}
