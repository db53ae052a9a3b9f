import { betaCdf, betaQuantile } from "./beta.ts";
import { requirePositive, requireProbability } from "./preconditions.ts";

/** 2·P(T ≥ |t|) for Student's t; the degrees of freedom need not be whole (Welch). */
export function twoSidedStudentP(t: number, degreesOfFreedom: number): number {
  requirePositive("degreesOfFreedom", degreesOfFreedom);
  return betaCdf(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5);
}

/** The two-sided critical value: 2.228 for a level of 0.95 and 10 degrees of freedom. */
export function criticalStudent(level: number, degreesOfFreedom: number): number {
  requireProbability("level", level);
  requirePositive("degreesOfFreedom", degreesOfFreedom);
  // t²/(df + t²) is Beta(1/2, df/2); taken from this side it keeps its digits when df is large.
  const share = betaQuantile(level, 0.5, degreesOfFreedom / 2);
  return Math.sqrt((degreesOfFreedom * share) / (1 - share));
}
