/** Pure mathematics: values in, values out. See README.md for what is where. */
export * from "./random.ts";
export { logGamma, lowerGammaShare, upperGammaShare, chiSquareSurvival } from "./gamma.ts";
export * from "./beta.ts";
export { normalCdf, normalQuantile, criticalNormal, twoSidedNormalP } from "./normal.ts";
export * from "./student.ts";
export * from "./interval.ts";
export * from "./proportion.ts";
export * from "./mean.ts";
export { compareMeans, compareMeansOf, comparePaired } from "./compare-means.ts";
export type { Comparison, CompareMeansOptions } from "./compare-means.ts";
export * from "./quantile.ts";
export * from "./confusion.ts";
export * from "./expected-cost.ts";
export * from "./threshold.ts";
export * from "./scores.ts";
export * from "./bins.ts";
export * from "./distances.ts";
export * from "./kolmogorov-smirnov.ts";
export { chiSquareTwoSampleTest, gTwoSampleTest } from "./counts-tests.ts";
export type { CountsTest } from "./counts-tests.ts";
export * from "./multiple-testing.ts";
export * from "./sample-ratio.ts";
export {
  bestMixtureRho,
  boundedMeanConfidenceSequence,
  meanConfidenceSequence,
  normalMixtureBound,
} from "./confidence-sequence.ts";
export * from "./compare-sequentially.ts";
export { alphaForFalseAlarms } from "./wealth.ts";
export type { Run } from "./wealth.ts";
export * from "./risk-monitor.ts";
export * from "./drift-detector.ts";
export type { DriftTolerance } from "./drift-claims.ts";
export { fallsBehindMedian, standInHalving } from "./early-stopping.ts";
export type { Curve, Goal, HalvingStanding } from "./early-stopping.ts";
export { importanceOf } from "./importance.ts";
export type { Dimension, Importance, Sample } from "./importance.ts";
