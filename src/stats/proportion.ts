import { betaQuantile } from "./beta.ts";
import type { Estimate } from "./interval.ts";
import { DEFAULT_LEVEL } from "./interval.ts";
import { criticalNormal } from "./normal.ts";
import { requireCount, requirePositive, requireProbability } from "./preconditions.ts";

export interface ProportionCounts {
  readonly successes: number;
  readonly n: number;
  readonly level?: number;
}

/**
 * Wilson's score interval for a proportion (Wilson 1927; recommended by Brown, Cai and DasGupta 2001): close
 * to its level at every n, never outside [0, 1], never of width zero.
 */
export function proportionInterval({ successes, n, level = DEFAULT_LEVEL }: ProportionCounts): Estimate {
  requireCounts(successes, n);
  const z = criticalNormal(level);
  const value = successes / n;
  const shrink = 1 + (z * z) / n;
  const centre = (value + (z * z) / (2 * n)) / shrink;
  const half = (z * Math.sqrt((value * (1 - value)) / n + (z * z) / (4 * n * n))) / shrink;
  return {
    value,
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
    level,
    n,
  };
}

/** The exact interval of Clopper and Pearson (1934): covers with at least its level, always. */
export function exactProportionInterval({ successes, n, level = DEFAULT_LEVEL }: ProportionCounts): Estimate {
  requireCounts(successes, n);
  requireProbability("level", level);
  const tail = (1 - level) / 2;
  return {
    value: successes / n,
    low: exactProportionBound("lower", successes, n, tail),
    high: exactProportionBound("upper", successes, n, tail),
    level,
    n,
  };
}

/** One side of the exact interval, missed with at most the probability `tail`. */
export function exactProportionBound(
  side: "lower" | "upper",
  successes: number,
  n: number,
  tail: number,
): number {
  requireCounts(successes, n);
  if (side === "lower") return successes === 0 ? 0 : betaQuantile(tail, successes, n - successes + 1);
  return successes === n ? 1 : 1 - betaQuantile(tail, n - successes, successes + 1);
}

function requireCounts(successes: number, n: number): void {
  requirePositive("n", n);
  requireCount("successes", successes);
  if (successes > n) throw new RangeError(`${successes} successes in ${n} trials`);
}
