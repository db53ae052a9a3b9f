import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { asymptoticHalfWidth } from "./confidence-sequence.ts";
import { differenceWithVariance } from "./compare-means.ts";
import { bestMixtureRho, boundedMeanConfidenceSequence, compareSequentially, createRandom } from "./index.ts";
import { meanConfidenceSequence, normalMixtureBound } from "./index.ts";
import type { Random, Sums } from "./index.ts";

const near = (actual: number, expected: number, error: number) =>
  ok(Math.abs(actual - expected) <= error, `${actual} is not ${expected}`);

const flip = (random: Random, arm: Sums, probability: number): Sums => {
  const value = random.chance(probability) ? 1 : 0;
  return { n: arm.n + 1, sum: arm.sum + value, sumSquares: arm.sumSquares + value };
};
const nothing: Sums = { n: 0, sum: 0, sumSquares: 0 };

test("the normal mixture has the numbers of confseq's tests", () => {
  const rho = bestMixtureRho(100, 0.05);
  near(rho, 12.60056, 1e-5);
  near(normalMixtureBound({ variance: 100, alpha: 0.05, rho }), 30.35209, 1e-5);
});

test("the asymptotic sequence of a relative change is that of gbstats", () => {
  const share = (successes: number, n: number) => ({
    n,
    mean: successes / n,
    variance: (successes / n) * (1 - successes / n),
  });
  const { value, variance } = differenceWithVariance(share(1396, 3000), share(2422, 3461), true);
  const n = 6461;
  const half = asymptoticHalfWidth({
    n,
    standardDeviation: Math.sqrt(variance * n),
    alpha: 0.05,
    expectedSampleSize: 5000,
  });
  deepEqual(
    [value, value - half, value + half].map((limit) => Number(limit.toFixed(5))),
    [0.50386, 0.40098, 0.60675],
  );
});

test("a confidence sequence for a coin never misses the truth in more runs than it says", () => {
  const random = createRandom("bernoulli sequence");
  let missed = 0;
  for (let run = 0; run < 400; run += 1) {
    let arm = nothing;
    let isOutside = false;
    for (let n = 1; n <= 600; n += 1) {
      arm = flip(random, arm, 0.1);
      if (n % 7 !== 0) continue;
      const { low, high } = boundedMeanConfidenceSequence({ n, sum: arm.sum });
      isOutside ||= 0.1 < low || 0.1 > high;
    }
    if (isOutside) missed += 1;
  }
  ok(missed <= 20, `${missed} of 400`);
});

test("the exact sequence for a coin is of the width of confseq's", () => {
  // confseq, Bernoulli confidence sequence of 700 in 1000: (0.651629, 0.745949).
  const { low, high } = boundedMeanConfidenceSequence({ n: 1000, sum: 700 });
  near(low, 0.651629, 0.01);
  near(high, 0.745949, 0.01);
});

test("an interval in another unit is the same interval", () => {
  const coin = boundedMeanConfidenceSequence({ n: 200, sum: 20 });
  const cost = boundedMeanConfidenceSequence({ n: 200, sum: 240, low: 0, high: 12 });
  near(cost.low, coin.low * 12, 1e-9);
  near(cost.high, coin.high * 12, 1e-9);
});

test("the asymptotic sequence gets narrower with every row", () => {
  const widths = [100, 1000, 10_000].map((n) => {
    const { low, high } = meanConfidenceSequence({ n, mean: 0, variance: 1 });
    return high - low;
  });
  deepEqual(
    widths,
    widths.toSorted((a, b) => b - a),
  );
});

test("looking after every row, a healthy canary is called worse in fewer runs than alpha", () => {
  const random = createRandom("healthy canaries");
  let worse = 0;
  for (let run = 0; run < 300; run += 1) {
    let [control, treatment] = [nothing, nothing];
    for (let row = 0; row < 300; row += 1) {
      control = flip(random, flip(random, control, 0.05), 0.05);
      treatment = flip(random, treatment, 0.05);
      if (row % 5 !== 0) continue;
      if (compareSequentially({ control, treatment, range: [0, 1] }).verdict !== "worse") continue;
      worse += 1;
      break;
    }
  }
  ok(worse <= 15, `${worse} of 300`);
});

test("a canary that fails a third of its requests is caught within a hundred of them", () => {
  const random = createRandom("bad canaries");
  for (let run = 0; run < 20; run += 1) {
    let [control, treatment] = [nothing, nothing];
    let verdict = "undecided";
    for (let row = 0; row < 100 && verdict !== "worse"; row += 1) {
      for (let more = 0; more < 9; more += 1) control = flip(random, control, 0.01);
      treatment = flip(random, treatment, 0.33);
      verdict = compareSequentially({ control, treatment, range: [0, 1], margin: 0.01 }).verdict;
    }
    equal(verdict, "worse");
  }
});

test("the verdict follows the direction and the margin", () => {
  const control = { n: 2000, sum: 1800, sumSquares: 1800 };
  const treatment = { n: 2000, sum: 1500, sumSquares: 1500 };
  const verdictOf = (worseWhen: "higher" | "lower", margin: number) =>
    compareSequentially({ control, treatment, worseWhen, margin, range: [0, 1] }).verdict;
  deepEqual(
    [verdictOf("lower", 0), verdictOf("higher", 0), verdictOf("lower", 0.3), verdictOf("lower", 0.15)],
    ["worse", "not_worse", "not_worse", "undecided"],
  );
});

test("an arm without rows, or without variety, decides nothing", () => {
  const still = { n: 50, sum: 0, sumSquares: 0 };
  equal(compareSequentially({ control: nothing, treatment: still, range: [0, 1] }).verdict, "undecided");
  equal(compareSequentially({ control: still, treatment: still }).verdict, "undecided");
  equal(compareSequentially({ control: nothing, treatment: nothing }).verdict, "undecided");
});

test("certainty at any n costs the exact interval less than twice the width of the asymptotic one", () => {
  const control = { n: 20_000, sum: 8000, sumSquares: 8000 };
  const treatment = { n: 20_000, sum: 9000, sumSquares: 9000 };
  const exact = compareSequentially({ control, treatment, range: [0, 1] });
  const asymptotic = compareSequentially({ control, treatment, expectedSampleSize: 40_000 });
  near(exact.value, 0.05, 1e-12);
  ok(exact.low < asymptotic.low && asymptotic.high < exact.high);
  ok(exact.high - exact.low < 2 * (asymptotic.high - asymptotic.low));
});

test("sums that the range cannot make are refused", () => {
  const control = { n: 10, sum: 11, sumSquares: 11 };
  throws(() => compareSequentially({ control, treatment: control, range: [0, 1] }), RangeError);
});
