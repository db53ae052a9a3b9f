import type { Parity } from "./index.ts";
import type { Scored } from "./runtimes/index.ts";

/**
 * Single precision in the graph against double precision in the original: differences of 1e-6 are the
 * rule, 1e-3 would already move decisions near a threshold.
 */
export const parityTolerance = 1e-4;

/** Compares the converted model's answers with the original's, row by row. */
export function compareAnswers(
  original: readonly { readonly label: string; readonly probabilities: readonly number[] }[],
  converted: readonly Scored[],
): Parity {
  if (original.length !== converted.length) {
    throw new Error(`${converted.length} answers for ${original.length} rows`);
  }
  let largestDifference = 0;
  let labelsDiffer = 0;
  for (const [index, expected] of original.entries()) {
    const actual = converted[index];
    if (actual === undefined) continue;
    if (actual.label !== expected.label) labelsDiffer += 1;
    for (const [position, probability] of expected.probabilities.entries()) {
      const difference = Math.abs(probability - (actual.probabilities[position] ?? Number.POSITIVE_INFINITY));
      largestDifference = Math.max(largestDifference, difference);
    }
  }
  // Labels may differ where two probabilities are equal within the tolerance; the difference decides.
  return {
    rows: original.length,
    largestDifference,
    tolerance: parityTolerance,
    labelsDiffer,
    // No row at all proves nothing.
    agrees: original.length > 0 && largestDifference <= parityTolerance,
  };
}
