import type { Estimate } from "./interval.ts";
import { DEFAULT_LEVEL } from "./interval.ts";
import { criticalNormal } from "./normal.ts";
import { requireCount, requirePositive } from "./preconditions.ts";
import { criticalStudent } from "./student.ts";

/** What is kept of many values: adds and subtracts, so that windows can be joined and taken apart. */
export interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sumSquares: number;
}

export interface MeanAndVariance {
  readonly n: number;
  readonly mean: number;
  /** The unbiased sample variance (divided by n − 1). */
  readonly variance: number;
}

/** The interval of a mean by Student's t, or by the normal law when `variance` is known and not estimated. */
export function meanInterval(
  sample: MeanAndVariance & { readonly level?: number; readonly law?: "student" | "normal" },
): Estimate {
  const { n, mean, variance, level = DEFAULT_LEVEL, law = "student" } = sample;
  requirePositive("n", n);
  requireCount("variance", variance);
  if (law === "student" && n <= 1)
    throw new RangeError("one value has no spread: an interval needs n of 2 or more");
  const critical = law === "student" ? criticalStudent(level, n - 1) : criticalNormal(level);
  const half = critical * Math.sqrt(variance / n);
  return { value: mean, low: mean - half, high: mean + half, level, n };
}

export function sumsOf(values: Iterable<number>): Sums {
  let [n, sum, sumSquares] = [0, 0, 0];
  for (const value of values) {
    n += 1;
    sum += value;
    sumSquares += value * value;
  }
  return { n, sum, sumSquares };
}

export function addSums(first: Sums, second: Sums): Sums {
  return {
    n: first.n + second.n,
    sum: first.sum + second.sum,
    sumSquares: first.sumSquares + second.sumSquares,
  };
}

export function subtractSums(whole: Sums, part: Sums): Sums {
  return {
    n: whole.n - part.n,
    sum: whole.sum - part.sum,
    sumSquares: whole.sumSquares - part.sumSquares,
  };
}

/**
 * Mean and variance from sums. The difference of squares loses digits when the mean is large against the
 * spread; for raw values prefer `meanAndVariance`.
 */
export function meanAndVarianceOfSums({ n, sum, sumSquares }: Sums): MeanAndVariance {
  requirePositive("n", n);
  const mean = sum / n;
  const variance = n > 1 ? Math.max(0, (sumSquares - sum * mean) / (n - 1)) : 0;
  return { n, mean, variance };
}

/** Welford's one-pass mean and variance (1962), stable for any mean. */
export function meanAndVariance(values: Iterable<number>): MeanAndVariance {
  let [n, mean, squares] = [0, 0, 0];
  for (const value of values) {
    n += 1;
    const step = value - mean;
    mean += step / n;
    squares += step * (value - mean);
  }
  requirePositive("n", n);
  return { n, mean, variance: n > 1 ? squares / (n - 1) : 0 };
}
