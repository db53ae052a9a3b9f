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
