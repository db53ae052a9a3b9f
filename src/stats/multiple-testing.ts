import { itemAt, requireProbability, requireShare } from "./preconditions.ts";

/** Benjamini and Hochberg's adjusted p-values (1995), in the order given. */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  for (const p of ps) requireShare("a p-value", p);
  const descending = ps.map((_, index) => index).sort((a, b) => itemAt(ps, b) - itemAt(ps, a));
  const adjusted = ps.map(() => 1);
  let smallest = 1;
  for (const [place, index] of descending.entries()) {
    smallest = Math.min(smallest, (itemAt(ps, index) * ps.length) / (ps.length - place));
    adjusted[index] = smallest;
  }
  return adjusted;
}

/**
 * The e-values that are rejected by the e-BH procedure (Wang and Ramdas 2022): false discoveries stay below the
 * share `alpha` whatever the dependence, and when nothing is true, so does the chance to reject anything.
 */
export function eBenjaminiHochberg(eValues: readonly number[], alpha: number): boolean[] {
  requireProbability("alpha", alpha);
  const descending = eValues.map((_, index) => index).sort((a, b) => itemAt(eValues, b) - itemAt(eValues, a));
  const rejected =
    1 +
    descending.findLastIndex(
      (index, place) => itemAt(eValues, index) * (place + 1) * alpha >= eValues.length,
    );
  const chosen = new Set(descending.slice(0, rejected));
  return eValues.map((_, index) => chosen.has(index));
}
