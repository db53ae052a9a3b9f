import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  addCounts,
  asymptoticKolmogorovSmirnovP,
  benjaminiHochberg,
  cellLabels,
  chiSquareTwoSampleTest,
} from "./index.ts";
import {
  countIntoBins,
  createBins,
  createRandom,
  eBenjaminiHochberg,
  gTwoSampleTest,
  hellingerDistance,
} from "./index.ts";
import {
  jensenShannonDistance,
  kolmogorovSmirnovTest,
  populationStabilityIndex,
  sampleRatioTest,
} from "./index.ts";
import { sequentialSampleRatio, subtractCounts, totalVariation, wassersteinDistance } from "./index.ts";

// SciPy 1.17.1 on these samples and counts gave the figures named below.
const X = Array.from({ length: 500 }, (_, i) => ((7919 * i) % 1009) / 1009);
const Y = Array.from({ length: 400 }, (_, i) => 1.1 * (((6271 * i + 13) % 997) / 997) + 0.03);
const A = [120, 90, 60, 30, 0];
const B = [100, 100, 50, 35, 15];

function near(actual: number, expected: number, relative: number): void {
  ok(Math.abs(actual / expected - 1) <= relative, `${actual} is not ${expected}`);
}

test("distances between histograms are SciPy's", () => {
  near(jensenShannonDistance(A, B, { base: Math.E }), 0.142703106223, 1e-9);
  near(jensenShannonDistance(A, B), 0.171403898688, 1e-9);
  near(totalVariation(A, B), 0.1, 1e-9);
  near(hellingerDistance(A, B), 0.167443517356, 1e-9);
  near(populationStabilityIndex(A, B), 0.334422294976, 1e-9);
});

test("tests on counts are SciPy's", () => {
  const chi = chiSquareTwoSampleTest(A, B);
  near(chi.statistic, 18.6382039014, 1e-9);
  equal(chi.degreesOfFreedom, 4);
  near(chi.p, 0.000925565908362, 1e-6);
  const g = gTwoSampleTest(A, B);
  near(g.statistic, 24.437011831, 1e-9);
  near(g.p, 6.52758707054e-5, 1e-6);
});

test("Kolmogorov–Smirnov and Wasserstein on samples are SciPy's", () => {
  const { distance, p, method } = kolmogorovSmirnovTest(X, Y);
  near(distance, 0.1205, 1e-9);
  near(p, 0.00288636603128, 1e-6);
  equal(method, "exact");
  near(asymptoticKolmogorovSmirnovP(0.1205, 500, 400), 0.00288288857887, 1e-6);
  near(wassersteinDistance(X, Y), 0.074981659299, 1e-9);
});

test("without a difference the Kolmogorov–Smirnov p-value falls below 5 % in about 5 % of cases", () => {
  const random = createRandom("ks");
  let rejected = 0;
  for (let round = 0; round < 1000; round += 1) {
    const sample = (n: number) => Array.from({ length: n }, () => random.uniform());
    if (kolmogorovSmirnovTest(sample(60), sample(45)).p <= 0.05) rejected += 1;
  }
  ok(rejected > 25 && rejected <= 70, String(rejected));
});

test("distances are zero for equal histograms, symmetric, and blind to the size of the sample", () => {
  for (const distance of [
    jensenShannonDistance,
    totalVariation,
    hellingerDistance,
    populationStabilityIndex,
  ]) {
    ok(
      Math.abs(
        distance(
          A,
          A.map((count) => count * 3),
        ),
      ) < 1e-7,
    );
    near(distance(A, B), distance(B, A), 1e-12);
    near(
      distance(
        A,
        B.map((count) => count * 7),
      ),
      distance(A, B),
      1e-12,
    );
  }
});

test("a sample moved by a constant is that far away", () => {
  near(
    wassersteinDistance(
      X,
      X.map((value) => value + 2.5),
    ),
    2.5,
    1e-12,
  );
});

test("Benjamini–Hochberg adjusts as SciPy does", () => {
  const adjusted = benjaminiHochberg([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]);
  deepEqual(
    adjusted.map((p) => Number(p.toFixed(9))),
    [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.105714286, 0.216, 0.216, 0.216],
  );
});

test("e-BH rejects the k largest when the k-th reaches n over k alpha", () => {
  deepEqual(eBenjaminiHochberg([45, 1, 44, 0.5], 0.1), [true, false, true, false]);
  deepEqual(eBenjaminiHochberg([39, 1, 19, 0.5], 0.1), [false, false, false, false]);
});

test("the sample-ratio test finds the mismatches of the published examples", () => {
  const rounded = ({ statistic, p }: { statistic: number; p: number }) => [
    Number(statistic.toFixed(4)),
    Number(p.toPrecision(4)),
  ];
  deepEqual(rounded(sampleRatioTest([821588, 815482], [1, 1])), [22.7744, 1.822e-6]);
  deepEqual(rounded(sampleRatioTest([1000, 1100], [1, 1])), [4.7619, 0.0291]);
  deepEqual(rounded(sampleRatioTest([9000, 1050], [9, 1])), [2.2388, 0.1346]);
  deepEqual(rounded(sampleRatioTest([500, 480, 520], [1, 1, 1])), [1.6, 0.4493]);
});

test("an arm without weight adds no degree of freedom, and traffic in it is a leak", () => {
  const { degreesOfFreedom, p, leaked } = sampleRatioTest([5000, 5180, 3], [0.5, 0.5, 0]);
  deepEqual([degreesOfFreedom, Number(p.toFixed(4)), leaked], [1, 0.0744, 3]);
  equal(sequentialSampleRatio({ counts: [10, 10, 3], weights: [1, 1, 0] }).alarm, true);
});

test("the sequential sample ratio has the e-values of optimizely's ssrm", () => {
  const weights = [0.4, 0.4, 0.2];
  const afterEach = [
    [1, 0, 0],
    [1, 1, 0],
    [2, 1, 0],
    [2, 2, 0],
    [2, 2, 1],
  ];
  const expected = [-1.0986 + 0.9163, -2.4849 + 1.8326, -3.4012 + 2.7489, -4.4998 + 3.6652, -6.4457 + 5.2746];
  for (const [step, counts] of afterEach.entries()) {
    ok(Math.abs(sequentialSampleRatio({ counts, weights }).logEValue - (expected[step] ?? NaN)) < 2e-4);
  }
});

test("numeric bins hold about equally many reference values and have cells for what is outside or missing", () => {
  const bins = createBins(X, { bins: 4 });
  const counts = countIntoBins(bins, [...X, -1, 2, Infinity, null, NaN]);
  deepEqual([counts[0], counts[5], counts[6]], [1, 2, 2]);
  for (const inner of counts.slice(1, 5)) ok(Math.abs(inner - 125) <= 1);
  equal(cellLabels(bins).length, counts.length);
});

test("few distinct numbers get a bin each", () => {
  const bins = createBins([1, 1, 2, 3, 3, 3]);
  deepEqual(bins, { kind: "numeric", edges: [1, 1.5, 2.5, 3] });
  deepEqual(countIntoBins(bins, [1, 2, 2, 3]), [0, 1, 2, 1, 0, 0]);
  deepEqual(countIntoBins(createBins([5, 5, 5]), [4, 5, 6]), [1, 1, 1, 0]);
});

test("whole numbers of 64 bits are numbers like any other", () => {
  const bins = createBins([1n, 1n, 2n, 3n]);
  deepEqual(bins, { kind: "numeric", edges: [1, 1.5, 2.5, 3] });
  deepEqual(countIntoBins(bins, [3n, 1, 2n]), [0, 1, 1, 1, 0, 0]);
});

test("categories beyond the most frequent, unseen ones and missing ones have cells", () => {
  const bins = createBins(["b", "a", "b", "c", null, true], { maxCategories: 2 });
  deepEqual(bins, { kind: "category", categories: ["b", "a"] });
  deepEqual(countIntoBins(bins, ["a", "zebra", "c", undefined, "b", "b"]), [2, 1, 2, 1]);
  deepEqual(cellLabels(bins), ["b", "a", "other", "missing"]);
});

test("taking a part from a whole leaves the other part", () => {
  const random = createRandom("parts");
  const bins = createBins(X);
  const [first, second] = [0, 1].map(() =>
    countIntoBins(
      bins,
      Array.from({ length: 80 }, () => random.normal()),
    ),
  );
  if (first && second) deepEqual(subtractCounts(addCounts(first, second), second), first);
});
