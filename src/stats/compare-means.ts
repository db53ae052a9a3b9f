import type { Estimate } from "./interval.ts";
import { DEFAULT_LEVEL } from "./interval.ts";
import type { MeanAndVariance, Sums } from "./mean.ts";
import { meanAndVariance, meanAndVarianceOfSums } from "./mean.ts";
import { itemAt, requireSameLength } from "./preconditions.ts";
import { criticalStudent, twoSidedStudentP } from "./student.ts";

/** `value` is treatment minus control (or, relative, treatment over control minus one). */
export interface Comparison extends Estimate {
  readonly p: number;
}

export interface CompareMeansOptions {
  readonly level?: number;
  /** The change as a share of the control's mean, by the delta method. */
  readonly relative?: boolean;
}

/** Welch's comparison of two independent means (1947), degrees of freedom by Satterthwaite. */
export function compareMeans(control: Sums, treatment: Sums, options: CompareMeansOptions = {}): Comparison {
  return compareMeansOf(meanAndVarianceOfSums(control), meanAndVarianceOfSums(treatment), options);
}

export function compareMeansOf(
  control: MeanAndVariance,
  treatment: MeanAndVariance,
  { level = DEFAULT_LEVEL, relative = false }: CompareMeansOptions = {},
): Comparison {
  if (control.n < 2 || treatment.n < 2)
    throw new RangeError("both sides of a comparison need 2 or more rows");
  const { value, variance } = differenceWithVariance(control, treatment, relative);
  const degreesOfFreedom = satterthwaite(control, treatment);
  return withStudent(value, variance, degreesOfFreedom, control.n + treatment.n, level);
}

/** The change and the variance of its estimate; shared with the sequential comparison. */
export function differenceWithVariance(
  control: MeanAndVariance,
  treatment: MeanAndVariance,
  relative: boolean,
): { value: number; variance: number } {
  const difference = treatment.mean - control.mean;
  const ofTreatment = treatment.variance / treatment.n;
  const ofControl = control.variance / control.n;
  if (!relative) return { value: difference, variance: ofTreatment + ofControl };
  const square = control.mean ** 2;
  return {
    value: difference / control.mean,
    variance: ofTreatment / square + (ofControl * treatment.mean ** 2) / square ** 2,
  };
}

/**
 * Two measurements of the same rows, such as a candidate's and the baseline's cost of each prediction:
 * mean of candidate − factor·baseline with Student's interval. With `baselineFactor: 0.8` an interval wholly
 * below zero says "better by at least 20 %".
 */
export function comparePaired(
  candidate: ArrayLike<number>,
  baseline: ArrayLike<number>,
  {
    level = DEFAULT_LEVEL,
    baselineFactor = 1,
  }: { readonly level?: number; readonly baselineFactor?: number } = {},
): Comparison {
  requireSameLength(candidate, baseline, "candidate and baseline");
  const differences = Array.from(candidate, (value, row) => value - baselineFactor * itemAt(baseline, row));
  const { n, mean, variance } = meanAndVariance(differences);
  if (n < 2) throw new RangeError("a paired comparison needs 2 or more rows");
  return withStudent(mean, variance / n, n - 1, n, level);
}

function withStudent(value: number, variance: number, df: number, n: number, level: number): Comparison {
  const standardError = Math.sqrt(variance);
  if (standardError === 0) return { value, low: value, high: value, level, n, p: value === 0 ? 1 : 0 };
  const half = criticalStudent(level, df) * standardError;
  return {
    value,
    low: value - half,
    high: value + half,
    level,
    n,
    p: twoSidedStudentP(value / standardError, df),
  };
}

function satterthwaite(first: MeanAndVariance, second: MeanAndVariance): number {
  const a = first.variance / first.n;
  const b = second.variance / second.n;
  if (a + b === 0) return first.n + second.n - 2;
  return (a + b) ** 2 / (a ** 2 / (first.n - 1) + b ** 2 / (second.n - 1));
}
