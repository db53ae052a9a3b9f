import { requirePositive } from "./preconditions.ts";

/** A place where two samples' distribution functions are compared: `gap` is F − G from `value` up to the next. */
export interface CdfStep {
  readonly value: number;
  readonly gap: number;
}

/** The steps of two samples' distribution functions in ascending order, ties taken together. */
export function cdfSteps(first: ArrayLike<number>, second: ArrayLike<number>): CdfStep[] {
  requirePositive("the size of the first sample", first.length);
  requirePositive("the size of the second sample", second.length);
  const [a, b] = [Float64Array.from(first).sort(), Float64Array.from(second).sort()];
  const steps: CdfStep[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    while (i < a.length && a[i] === value) i += 1;
    while (j < b.length && b[j] === value) j += 1;
    if (!Number.isFinite(value)) throw new RangeError("samples must hold finite numbers");
    steps.push({ value, gap: i / a.length - j / b.length });
  }
  return steps;
}
