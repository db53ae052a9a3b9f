import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { createRandom, interpolatedQuantile, nearestRankQuantile, quantileInterval } from "./index.ts";

test("nearest rank returns a measured value, interpolation a value between", () => {
  const values = [15, 20, 35, 40, 50];
  deepEqual(
    [0.05, 0.3, 0.4, 0.5, 1].map((p) => nearestRankQuantile(values, p)),
    [15, 20, 20, 35, 50],
  );
  equal(interpolatedQuantile(values, 0.4), 29);
  equal(interpolatedQuantile([1, 2], 0.5), 1.5);
});

test("one hundred values have their 95th as the 95 % nearest rank", () => {
  equal(
    nearestRankQuantile(
      Array.from({ length: 100 }, (_, i) => i + 1),
      0.95,
    ),
    95,
  );
});

test("an empty sample or one with NaN has no quantile", () => {
  throws(() => nearestRankQuantile([], 0.5), RangeError);
  throws(() => interpolatedQuantile([1, NaN], 0.5), RangeError);
});

test("the median of ten lies between the second and the ninth value", () => {
  // P(Bin(10, ½) ≤ 1) = 11/1024 ≤ 0.025 < P(Bin(10, ½) ≤ 2) = 56/1024.
  const { low, high } = quantileInterval({ values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], p: 0.5 });
  deepEqual([low, high], [2, 9]);
});

test("a sample too small to bound a high quantile says so", () => {
  equal(quantileInterval({ values: [1, 2, 3, 4, 5], p: 0.99 }).high, Infinity);
});

test("a quantile interval covers the true quantile as often as it says", () => {
  const random = createRandom("quantile coverage");
  let covered = 0;
  for (let round = 0; round < 1000; round += 1) {
    const values = Array.from({ length: 150 }, () => -Math.log1p(-random.uniform()));
    const { low, high } = quantileInterval({ values, p: 0.9 });
    if (low <= Math.log(10) && Math.log(10) <= high) covered += 1;
  }
  ok(covered >= 940, String(covered));
});
