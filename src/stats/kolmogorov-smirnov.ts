import { logGamma } from "./gamma.ts";
import { cdfSteps } from "./samples.ts";

export interface KolmogorovSmirnov {
  /** The largest gap between the two distribution functions. */
  readonly distance: number;
  readonly p: number;
  readonly method: "exact" | "asymptotic";
}

/**
 * The two-sample test of Kolmogorov and Smirnov, two-sided; exact while n·m is at most a million, which takes some
 * milliseconds. With ties the p-value is conservative.
 */
export function kolmogorovSmirnovTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): KolmogorovSmirnov {
  const distance = cdfSteps(first, second).reduce((largest, { gap }) => Math.max(largest, Math.abs(gap)), 0);
  const [n, m] = [first.length, second.length];
  if (n * m > 1_000_000)
    return { distance, p: asymptoticKolmogorovSmirnovP(distance, n, m), method: "asymptotic" };
  return { distance, p: exactP(distance, n, m), method: "exact" };
}

/**
 * The p-value of one sample of the effective size nm/(n + m), rounded. In the tail (size·D² ≥ 2.2) twice the exact
 * one-sided law of Birnbaum and Tingey (1951), good to 1e-6 there (Simard and L'Ecuyer 2011); before it Kolmogorov's
 * series with Stephens' correction (1970).
 */
export function asymptoticKolmogorovSmirnovP(distance: number, n: number, m: number): number {
  const size = Math.max(1, Math.round((n * m) / (n + m)));
  if (distance <= 0) return 1;
  if (distance >= 1) return 0;
  if (size * distance * distance >= 2.2) return Math.min(1, 2 * oneSidedP(distance, size));
  const root = Math.sqrt(size);
  return kolmogorovSurvival((root + 0.12 + 0.11 / root) * distance);
}

/** P(sup ≥ x) of Kolmogorov's limit law. */
export function kolmogorovSurvival(x: number): number {
  if (x <= 0.04) return 1;
  if (x < 1.18) {
    // Jacobi's other form of the same sum converges fast near zero.
    const factor = -(Math.PI ** 2) / (8 * x * x);
    let sum = 0;
    for (let k = 1; k <= 9; k += 2) sum += Math.exp(k * k * factor);
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k <= 10; k += 1) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
  return Math.max(0, 2 * sum);
}

function oneSidedP(distance: number, n: number): number {
  let sum = 0;
  const logFactorial = logGamma(n + 1);
  for (let j = 0; j <= Math.floor(n * (1 - distance)); j += 1) {
    const rest = 1 - distance - j / n;
    if (rest <= 0) continue;
    const logChoose = logFactorial - logGamma(j + 1) - logGamma(n - j + 1);
    sum += Math.exp(logChoose + (j - 1) * Math.log(distance + j / n) + (n - j) * Math.log(rest));
  }
  return distance * sum;
}

/**
 * The share of all ways to interleave the samples whose gap somewhere reaches the distance (Hodges 1958): walks over
 * the n × m lattice that leave the strip. Carried as probabilities, so nothing overflows.
 */
function exactP(distance: number, n: number, m: number): number {
  // Gaps are multiples of 1/(nm); half of one keeps rounding from moving a walk across the border.
  const limit = distance - 0.5 / (n * m);
  if (limit <= 0) return 1;
  const leaves = (i: number, j: number) => Math.abs(i / n - j / m) >= limit;
  // outside[j]: probability that the walk has left the strip on its way to (i, j), given that it comes there.
  const outside = new Float64Array(m + 1);
  for (let i = 0; i <= n; i += 1) {
    for (let j = 0; j <= m; j += 1) {
      if (leaves(i, j)) outside[j] = 1;
      else if (i === 0 && j === 0) outside[j] = 0;
      else {
        const fromLeft = i / (i + j);
        outside[j] = fromLeft * (outside[j] ?? 0) + (1 - fromLeft) * (outside[j - 1] ?? 0);
      }
    }
  }
  return outside[m] ?? 1;
}
