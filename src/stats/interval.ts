/** A value computed from `n` rows with the interval that covers the true one with probability `level`. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly n: number;
}

/** The level of every interval in the product unless someone asks for another. */
export const DEFAULT_LEVEL = 0.95;
