import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  brierScore,
  calibration,
  classificationIntervals,
  classificationMetrics,
  confusionMatrix,
} from "./index.ts";
import {
  countConfusion,
  createRandom,
  idealThreshold,
  logLoss,
  minimiseExpectedCost,
  multiclassMetrics,
} from "./index.ts";
import { oneAgainstRest, rocAuc, rocAucInterval } from "./index.ts";

test("metrics are the textbook ratios of the four counts", () => {
  deepEqual(classificationMetrics({ truePositive: 6, falsePositive: 2, falseNegative: 4, trueNegative: 8 }), {
    n: 20,
    accuracy: 0.7,
    precision: 0.75,
    recall: 0.6,
    specificity: 0.8,
    f1: 12 / 18,
  });
});

test("a ratio without rows is null, with or without an interval", () => {
  const none = { truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: 3 };
  const { precision, recall, f1 } = classificationMetrics(none);
  deepEqual({ precision, recall, f1 }, { precision: null, recall: null, f1: null });
  equal(classificationIntervals(none).recall, null);
});

test("each interval holds its own value", () => {
  const counts = { truePositive: 6, falsePositive: 2, falseNegative: 4, trueNegative: 8 };
  const { n: _n, ...metrics } = classificationMetrics(counts);
  const values = Object.fromEntries(
    Object.entries(classificationIntervals(counts)).map(([name, estimate]) => [
      name,
      estimate?.value.toFixed(12),
    ]),
  );
  deepEqual(
    values,
    Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value?.toFixed(12)])),
  );
});

test("a matrix of three classes folds into one against the rest", () => {
  const matrix = confusionMatrix(["a", "a", "b", "c", "c"], ["a", "b", "b", "c", "a"]);
  deepEqual(matrix, {
    classes: ["a", "b", "c"],
    counts: [
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 1],
    ],
  });
  deepEqual(oneAgainstRest(matrix, "a"), {
    truePositive: 1,
    falsePositive: 1,
    falseNegative: 1,
    trueNegative: 2,
  });
  deepEqual(multiclassMetrics(matrix), {
    n: 5,
    accuracy: 0.6,
    macroF1: (1 / 2 + 2 / 3 + 2 / 3) / 3,
  });
});

test("the area under the curve counts won pairs and half of the tied ones", () => {
  equal(rocAuc([0.1, 0.4, 0.35, 0.8], [false, false, true, true]), 0.75);
  equal(rocAuc([0.5, 0.5, 0.5], [true, false, true]), 0.5);
  equal(rocAuc([0.2, 0.3], [true, true]), null);
});

test("the area does not care for the scale of the scores, and mirrors with the labels", () => {
  const random = createRandom("auc");
  const labels = Array.from({ length: 300 }, () => random.chance(0.3));
  const scores = labels.map((label) => random.normal(label ? 1 : 0));
  const area = rocAuc(scores, labels) ?? NaN;
  equal(
    rocAuc(
      scores.map((score) => Math.exp(score)),
      labels,
    ),
    area,
  );
  ok(
    Math.abs(
      (rocAuc(
        scores,
        labels.map((label) => !label),
      ) ?? NaN) -
        (1 - area),
    ) < 1e-12,
  );
});

test("the interval of the area covers the truth of two normal laws", () => {
  const random = createRandom("auc coverage");
  const truth = 0.7602499389065233; // Φ(1/√2)
  let covered = 0;
  for (let round = 0; round < 400; round += 1) {
    const labels = Array.from({ length: 200 }, (_, row) => row % 3 === 0);
    const interval = rocAucInterval(
      labels.map((label) => random.normal(label ? 1 : 0)),
      labels,
    );
    if (interval && interval.low <= truth && truth <= interval.high) covered += 1;
  }
  ok(covered / 400 > 0.92, String(covered / 400));
});

test("log loss and Brier score of a coin are ln 2 and one quarter", () => {
  ok(Math.abs((logLoss([0.5, 0.5], [true, false]) ?? 0) - Math.LN2) < 1e-15);
  equal(brierScore([0.5, 0.5], [true, false]), 0.25);
  equal(logLoss([], []), null);
});

test("calibration compares what was said with what happened", () => {
  const { bins, error } = calibration([0.15, 0.15, 0.95, 0.95], [false, true, true, true], {
    bins: 10,
  });
  deepEqual(
    bins.map(({ low, n, meanPredicted, observed }) => ({
      low,
      n,
      meanPredicted,
      observed: observed.value,
    })),
    [
      { low: 0.1, n: 2, meanPredicted: 0.15, observed: 0.5 },
      { low: 0.9, n: 2, meanPredicted: 0.95, observed: 1 },
    ],
  );
  ok(Math.abs((error ?? 0) - 0.2) < 1e-12);
});

test("the chosen threshold is the midpoint of the cheapest gap", () => {
  const scores = [0.1, 0.2, 0.4, 0.8];
  deepEqual(
    minimiseExpectedCost(scores, [false, false, true, true], {
      falseNegative: 12,
      falsePositive: 1.5,
    }),
    {
      threshold: 0.30000000000000004,
      expectedCost: 0,
      counts: { truePositive: 2, falsePositive: 0, falseNegative: 0, trueNegative: 2 },
    },
  );
});

test("one kind of error alone puts the threshold beyond one end", () => {
  const labels = [true, false, true];
  const scores = [0.2, 0.5, 1];
  equal(minimiseExpectedCost(scores, labels, { falseNegative: 1, falsePositive: 0 }).counts.falseNegative, 0);
  const never = minimiseExpectedCost([0.2, 1, 1], labels, { falseNegative: 1, falsePositive: 100 });
  deepEqual(never.counts, { truePositive: 0, falsePositive: 0, falseNegative: 2, trueNegative: 1 });
  ok(never.threshold > 1);
});

test("no threshold at all is cheaper than the chosen one, and it costs what it says", () => {
  const random = createRandom("threshold");
  for (let round = 0; round < 50; round += 1) {
    const scores = Array.from({ length: 60 }, () => Math.round(random.uniform() * 20) / 20);
    const labels = scores.map((score) => random.chance(score));
    const costs = { falseNegative: random.uniform() * 10, falsePositive: random.uniform() * 10 };
    const costAt = (threshold: number) => {
      const counts = countConfusion(
        labels,
        scores.map((score) => score >= threshold),
      );
      return (counts.falseNegative * costs.falseNegative + counts.falsePositive * costs.falsePositive) / 60;
    };
    const chosen = minimiseExpectedCost(scores, labels, costs);
    ok(Math.abs(costAt(chosen.threshold) - chosen.expectedCost) < 1e-12);
    for (let step = 0; step <= 44; step += 1) ok(costAt(step / 40) >= chosen.expectedCost - 1e-12);
  }
});

test("calibrated scores put the threshold near the ratio of the costs", () => {
  const random = createRandom("calibrated");
  const costs = { falseNegative: 12, falsePositive: 1.5 };
  const scores = Array.from({ length: 20_000 }, () => random.uniform());
  const { threshold } = minimiseExpectedCost(
    scores,
    scores.map((score) => random.chance(score)),
    costs,
  );
  ok(Math.abs(threshold - idealThreshold(costs)) < 0.05, String(threshold));
});
