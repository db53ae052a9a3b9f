import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  compareMeans,
  compareMeansOf,
  comparePaired,
  createRandom,
  exactProportionInterval,
  expectedCost,
  meanInterval,
} from "./index.ts";
import { meanAndVariance, proportionInterval, sumsOf, weightedSharesInterval } from "./index.ts";

const rounded = (value: number, digits = 4) => Number(value.toFixed(digits));
const limits = ({ low, high }: { low: number; high: number }, digits = 4) => [
  rounded(low, digits),
  rounded(high, digits),
];

// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
const NEWCOMBE = [
  { successes: 81, n: 263, wilson: [0.2553, 0.3662], exact: [0.2527, 0.3676] },
  { successes: 15, n: 148, wilson: [0.0624, 0.1605], exact: [0.0578, 0.1617] },
  { successes: 0, n: 20, wilson: [0, 0.1611], exact: [0, 0.1684] },
  { successes: 1, n: 29, wilson: [0.0061, 0.1718], exact: [0.0009, 0.1776] },
];

test("proportion intervals are those of Newcombe's table", () => {
  for (const { successes, n, wilson, exact } of NEWCOMBE) {
    deepEqual(limits(proportionInterval({ successes, n })), wilson);
    deepEqual(limits(exactProportionInterval({ successes, n })), exact);
  }
});

test("Wilson's interval mirrors when successes and failures change places", () => {
  for (const successes of [0, 1, 7, 20]) {
    const one = proportionInterval({ successes, n: 20 });
    const other = proportionInterval({ successes: 20 - successes, n: 20 });
    deepEqual(limits(one, 12), [rounded(1 - other.high, 12), rounded(1 - other.low, 12)]);
  }
});

test("an expected cost with one kind of error is Wilson's interval times the cost", () => {
  const cost = expectedCost(
    { truePositive: 30, falseNegative: 10, falsePositive: 0, trueNegative: 60 },
    { falseNegative: 12, falsePositive: 0 },
  );
  const share = proportionInterval({ successes: 10, n: 100 });
  deepEqual(
    [rounded(cost.value, 10), ...limits(cost, 10)],
    [1.2, rounded(12 * share.low, 10), rounded(12 * share.high, 10)],
  );
});

test("an expected cost covers the true mean as often as it says, also when dear errors are rare", () => {
  const random = createRandom("cost coverage");
  const shares = [0.01, 0.06, 0.93];
  const truth = 12 * 0.01 + 1.5 * 0.06;
  for (const n of [60, 400]) {
    let covered = 0;
    for (let round = 0; round < 2000; round += 1) {
      const counts = [0, 0, 0];
      for (let row = 0; row < n; row += 1) {
        const cell = random.pickWeighted(shares);
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
      const { low, high } = weightedSharesInterval({ counts, values: [12, 1.5, 0] });
      if (low <= truth && truth <= high) covered += 1;
    }
    ok(covered / 2000 > 0.93, `${covered / 2000} at n = ${n}`);
  }
});

test("a mean interval is that of a t table", () => {
  // NIST/SEMATECH e-Handbook 7.2.2.1 (ZARR13.DAT): n 195, mean 9.261460, s 0.022789, 95 %: 9.258242 to 9.264679.
  const interval = meanInterval({ n: 195, mean: 9.26146, variance: 0.022789 ** 2 });
  deepEqual(limits(interval, 5), [9.25824, 9.26468]);
});

test("Welch's comparison agrees with gbstats, absolute and relative", () => {
  const control = { sum: 1396.87, sumSquares: 52377.9767, n: 3407 };
  const treatment = { sum: 2422.7, sumSquares: 134698.29, n: 3461 };
  const absolute = compareMeans(control, treatment);
  deepEqual(
    [rounded(absolute.value, 2), ...limits(absolute, 5), rounded(absolute.p, 5)],
    [0.29, 0.04538, 0.53462, 0.02016],
  );
  const relative = compareMeans(control, treatment, { relative: true });
  deepEqual(
    [rounded(relative.value, 5), ...limits(relative, 5), rounded(relative.p, 5)],
    [0.70732, -0.03526, 1.44989, 0.06191],
  );
  const shares = compareMeansOf(
    { n: 28, mean: 14 / 28, variance: 0.25 },
    { n: 30, mean: 16 / 30, variance: (16 * 14) / 900 },
    { relative: true },
  );
  deepEqual(
    [rounded(shares.value, 5), ...limits(shares, 5), rounded(shares.p, 5)],
    [0.06667, -0.47767, 0.61101, 0.80707],
  );
});

test("Welch's t and p are scipy's on the reference samples", () => {
  const x = Array.from({ length: 500 }, (_, i) => ((7919 * i) % 1009) / 1009);
  const y = Array.from({ length: 400 }, (_, i) => 1.1 * (((6271 * i + 13) % 997) / 997) + 0.03);
  const { p } = compareMeans(sumsOf(y), sumsOf(x));
  ok(Math.abs(p / 0.000267625113826 - 1) < 1e-9, String(p));
});

test("a paired comparison sees what the rows share", () => {
  const random = createRandom("pairs");
  const baseline = Array.from({ length: 200 }, () => random.normal(10, 5));
  const candidate = baseline.map((value) => value * 0.7 + random.normal(0, 0.1));
  const paired = comparePaired(candidate, baseline, { baselineFactor: 0.8 });
  const independent = compareMeans(sumsOf(baseline), sumsOf(candidate));
  ok(paired.high < 0);
  ok(paired.high - paired.low < (independent.high - independent.low) / 2);
});

test("the same values twice differ by nothing, for certain", () => {
  deepEqual(comparePaired([1, 2, 4], [1, 2, 4]), {
    value: 0,
    low: 0,
    high: 0,
    level: 0.95,
    n: 3,
    p: 1,
  });
});

test("mean and variance stay exact when the mean is huge", () => {
  const { mean, variance } = meanAndVariance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
  equal(mean, 1e9 + 10);
  equal(variance, 30);
});
