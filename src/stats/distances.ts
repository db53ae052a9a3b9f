import { cdfSteps } from "./samples.ts";
import { itemAt, requirePositive, requireSameLength, sumOf } from "./preconditions.ts";

/**
 * Population stability index, Σ (q − p) ln(q/p). An empty cell counts as the share `emptyShare` (1e-4, the
 * common choice); shares are not scaled again afterwards. Without drift it is about (cells − 1)(1/n + 1/m),
 * so a fixed limit such as 0.1 means nothing for small windows.
 */
export function populationStabilityIndex(
  reference: readonly number[],
  current: readonly number[],
  { emptyShare = 1e-4 }: { readonly emptyShare?: number } = {},
): number {
  return sumOverCells(reference, current, (p, q) => {
    const [from, to] = [p === 0 ? emptyShare : p, q === 0 ? emptyShare : q];
    return p === 0 && q === 0 ? 0 : (to - from) * Math.log(to / from);
  });
}

/** The root of the Jensen–Shannon divergence: 0 for equal histograms, 1 (base 2) or √ln 2 (base e) at most. */
export function jensenShannonDistance(
  reference: readonly number[],
  current: readonly number[],
  { base = 2 }: { readonly base?: number } = {},
): number {
  const divergence = sumOverCells(reference, current, (p, q) => {
    const middle = (p + q) / 2;
    return ((p === 0 ? 0 : p * Math.log(p / middle)) + (q === 0 ? 0 : q * Math.log(q / middle))) / 2;
  });
  return Math.sqrt(Math.max(0, divergence) / Math.log(base));
}

/** The largest difference in probability of any set of cells: ½ Σ |p − q|. */
export function totalVariation(reference: readonly number[], current: readonly number[]): number {
  return sumOverCells(reference, current, (p, q) => Math.abs(p - q)) / 2;
}

export function hellingerDistance(reference: readonly number[], current: readonly number[]): number {
  return Math.sqrt(sumOverCells(reference, current, (p, q) => (Math.sqrt(p) - Math.sqrt(q)) ** 2) / 2);
}

/** The area between the distribution functions of two samples, in the unit of the values. */
export function wassersteinDistance(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const steps = cdfSteps(first, second);
  return sumOf(
    steps.slice(1).map(({ value }, index) => {
      const from = itemAt(steps, index);
      return Math.abs(from.gap) * (value - from.value);
    }),
  );
}

function sumOverCells(
  reference: readonly number[],
  current: readonly number[],
  term: (p: number, q: number) => number,
): number {
  requireSameLength(reference, current, "the histograms");
  const [n, m] = [sumOf(reference), sumOf(current)];
  requirePositive("the reference count", n);
  requirePositive("the current count", m);
  return sumOf(reference.map((count, cell) => term(count / n, itemAt(current, cell) / m)));
}
