import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Gate } from "#objectives";

import type { GateResult, HoldoutEvidence, ScoredRow } from "./index.ts";
import { failedGates, judgeGates } from "./judge.ts";
import { answered, gate, measured } from "./fixtures/evidence.ts";
import { chooseThreshold, costCurve } from "./thresholds.ts";

const costs = { falseNegative: 12, falsePositive: 1.5 };
const trained = { positive: "bad", costs, threshold: 0.5, isBaseline: false };

function judge(one: Gate, evidence: Partial<HoldoutEvidence>, by: Partial<typeof trained> = {}): GateResult {
  const [result] = judgeGates([one], measured(evidence), { ...trained, ...by });
  assert(result !== undefined);
  return result;
}

/** 100 positives of which 90 are found; 100 negatives of which 20 are taken for positive. */
const candidate = answered({ truePositive: 90, falseNegative: 10, falsePositive: 20, trueNegative: 80 });

describe("a gate", () => {
  // The values by their definitions, from the four counts above; n is what the metric is a share of.
  const values: readonly [Gate["metric"], number, number][] = [
    ["recall", 90 / 100, 100],
    ["precision", 90 / 110, 110],
    ["accuracy", 170 / 200, 200],
    ["f1", 180 / 210, 120],
    ["expected_cost", (10 * 12 + 20 * 1.5) / 200, 200],
  ];
  for (const [metric, value, n] of values) {
    it(`measures ${metric} on the rows it is about`, () => {
      const result = judge(gate(metric, ">=", value - 0.001), { candidate });
      assert.ok(Math.abs((result.value ?? 0) - value) < 1e-12, `${result.value} is not ${value}`);
      assert.ok(result.interval !== null && result.interval[0] < value && value < result.interval[1]);
      assert.deepEqual([result.n, result.verdict], [n, "passed"]);
      assert.equal(judge(gate(metric, "<", value - 0.001), { candidate }).verdict, "failed");
    });
  }

  it("measures what depends on the scores alone", () => {
    // Every positive above every negative but for the ties: 0.9 and 0.1 in the shares of the counts.
    const auc = 0.9 * 0.8 + 0.5 * (0.9 * 0.2 + 0.1 * 0.8);
    const result = judge(gate("roc_auc", ">=", 0.8), { candidate });
    assert.ok(Math.abs((result.value ?? 0) - auc) < 1e-12);
    const loss = -(170 * Math.log(0.9) + 30 * Math.log(0.1)) / 200;
    const lossOf = judge(gate("log_loss", "<=", 0.5), { candidate });
    assert.ok(Math.abs((lossOf.value ?? 0) - loss) < 1e-9);
    assert.equal(lossOf.verdict, "passed");
  });

  it("is inconclusive with fewer than thirty rows that it is about, and says so", () => {
    const few = answered({ truePositive: 0, falseNegative: 29, falsePositive: 0, trueNegative: 500 });
    const result = judge(gate("recall", ">=", 0.8), { candidate: few });
    assert.deepEqual([result.verdict, result.n], ["inconclusive", 29]);
    assert.match(result.finding, /29 rows are too few to say/);
    const enough = answered({ truePositive: 0, falseNegative: 30, falsePositive: 0, trueNegative: 500 });
    assert.equal(judge(gate("recall", ">=", 0.8), { candidate: enough }).verdict, "failed");
  });

  it("that compares with the baseline takes the baseline's own decisions on the same rows", () => {
    const baseline = answered({ truePositive: 50, falseNegative: 50, falsePositive: 0, trueNegative: 100 });
    const bar = (50 * 12) / 200;
    const result = judge(gate("expected_cost", "better_than_baseline", 0.2), { candidate, baseline });
    assert.deepEqual(
      { baseline: result.baseline, bound: result.bound, verdict: result.verdict },
      { baseline: bar, bound: bar * 0.8, verdict: "passed" },
    );
    const worse = answered({ truePositive: 60, falseNegative: 40, falsePositive: 20, trueNegative: 80 });
    assert.equal(
      judge(gate("expected_cost", "better_than_baseline", 0.2), { candidate: worse, baseline }).verdict,
      "failed",
    );
  });

  it("that compares with a baseline there is not is inconclusive", () => {
    const result = judge(gate("expected_cost", "better_than_baseline", 0.2), { candidate });
    assert.deepEqual(
      [result.verdict, result.bound, result.finding],
      ["inconclusive", null, "There is no baseline to compare with yet."],
    );
  });

  it("about a number that is predicted cannot be answered by classes", () => {
    for (const metric of ["mae", "rmse", "mape", "r2"] as const) {
      assert.deepEqual(
        judge(gate(metric, "<=", 1), { candidate }).finding,
        "The evidence holds no rows that could answer it.",
      );
    }
  });
});

describe("a gate for each slice", () => {
  const each = { ...gate("recall", ">=", 0.8), forEach: "airline" };
  const ofAirline = (airline: string, found: number, missed: number): ScoredRow[] =>
    answered({ truePositive: found, falseNegative: missed, falsePositive: 0, trueNegative: 40 }, { airline });

  it("fails when one slice fails, and names it", () => {
    const rows = [...ofAirline("North", 45, 5), ...ofAirline("South", 30, 20), ...ofAirline("West", 0, 10)];
    const result = judge(each, { candidate: rows });
    assert.deepEqual(
      result.slices.map(({ slice, verdict, value, n }) => ({ slice, verdict, value, n })),
      [
        { slice: "North", verdict: "passed", value: 0.9, n: 50 },
        { slice: "South", verdict: "failed", value: 0.6, n: 50 },
        { slice: "West", verdict: "inconclusive", value: 0, n: 10 },
      ],
    );
    assert.equal(result.verdict, "failed");
    assert.equal(result.finding, "Fails for South 0.6; too few rows to say for West 0.");
  });

  it("is not stopped by a slice of few rows", () => {
    const rows = [...ofAirline("North", 45, 5), ...ofAirline("West", 0, 10)];
    assert.equal(judge(each, { candidate: rows }).verdict, "passed");
    assert.equal(judge(each, { candidate: ofAirline("West", 0, 10) }).verdict, "inconclusive");
  });

  it("counts rows that lack the column as a slice of their own", () => {
    const rows = answered({ truePositive: 40, falseNegative: 0, falsePositive: 0, trueNegative: 0 });
    assert.deepEqual(
      judge(each, { candidate: rows }).slices.map((one) => one.slice),
      ["(missing)"],
    );
  });
});

describe("a gate on the load", () => {
  const latenciesMs = Array.from({ length: 100 }, (_, index) => index + 1);
  const load = { requests: 100, errors: 0, requestsPerSecond: 50, latenciesMs };

  it("takes the nearest rank of the latencies", () => {
    const result = judge(gate("latency_p95_ms", "<=", 95), { load });
    assert.deepEqual([result.value, result.n, result.verdict], [95, 100, "passed"]);
    assert.equal(judge(gate("latency_p50_ms", "<", 50), { load }).verdict, "failed");
  });

  it("counts a request without an answer as slower than any answer", () => {
    const broken = { ...load, requests: 100, errors: 10, latenciesMs: latenciesMs.slice(0, 90) };
    const result = judge(gate("latency_p95_ms", "<=", 1_000), { load: broken });
    assert.equal(result.verdict, "failed");
    const errors = judge(gate("error_rate", "<=", 0.05), { load: broken });
    assert.deepEqual([errors.value, errors.n, errors.verdict], [0.1, 100, "failed"]);
  });

  it("is inconclusive when no load was made", () => {
    const none = { requests: 0, errors: 0, requestsPerSecond: 0, latenciesMs: [] };
    assert.equal(judge(gate("latency_p95_ms", "<=", 50), { load: none }).verdict, "inconclusive");
  });
});

describe("the baseline as a candidate", () => {
  const poor = answered({ truePositive: 50, falseNegative: 50, falsePositive: 0, trueNegative: 100 });
  const rule = { threshold: null, isBaseline: true } as const;

  it("is measured and shown, and its quality cannot fail", () => {
    const [result] = judgeGates([gate("recall", ">=", 0.8)], measured({ candidate: poor }), {
      ...trained,
      ...rule,
    });
    assert.deepEqual([result?.verdict, result?.value], ["inconclusive", 0.5]);
    assert.match(result?.finding ?? "", /The baseline is the bar, so this does not stop it/);
  });

  it("has to be as fast as any model", () => {
    const load = { requests: 40, errors: 0, requestsPerSecond: 1, latenciesMs: Array(40).fill(80) };
    const results = judgeGates([gate("latency_p95_ms", "<=", 50)], measured({ candidate: poor, load }), {
      ...trained,
      ...rule,
    });
    assert.deepEqual(failedGates(results), ["latency_p95_ms"]);
  });
});

describe("the decision threshold", () => {
  it("is where the expected cost is least: low when a miss is dear", () => {
    // Scores on a grid of tenths, calibrated: of the rows with score s, the share s is positive.
    const rows = Array.from({ length: 11 }, (_, tenth) => tenth / 10).flatMap((score) =>
      Array.from({ length: 10 }, (_, index) => ({
        actual: index < score * 10 ? "bad" : "fine",
        label: "bad",
        score,
        decision: false,
        slices: {},
      })),
    );
    const threshold = chooseThreshold(rows, "bad", costs);
    // Calibrated scores have their best threshold at cfp / (cfp + cfn) = 1/9, between 0.1 and 0.2.
    assert.ok(threshold > 0.1 && threshold <= 0.2, String(threshold));
    const curve = costCurve(rows, "bad", costs);
    const least = Math.min(...curve.map((point) => point.costPerPrediction));
    const nearest = curve.find((point) => point.threshold >= threshold);
    assert.equal(nearest?.costPerPrediction, least);
    assert.deepEqual([curve.length, curve[0]?.threshold, curve.at(-1)?.threshold], [101, 0, 1]);
  });
});
