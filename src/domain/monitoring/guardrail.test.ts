import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createRandom } from "#stats";
import type { Random } from "#stats";

import { compareRollout, pairedCostDifferences } from "./guardrail.ts";
import type { Arm, GuardrailRules, RolloutEvidence } from "./guardrail.ts";

const costs = { falseNegative: 12, falsePositive: 1.5 };
const noBounds: GuardrailRules = {
  costs,
  currency: "EUR",
  bounds: { expectedCost: null, recall: null, latencyP95Ms: null },
};

function arm(part: Partial<Arm> = {}): Arm {
  const none = { n: 0, sum: 0, sumSquares: 0 };
  return {
    predictions: 0,
    truePositive: 0,
    falsePositive: 0,
    falseNegative: 0,
    trueNegative: 0,
    latencyMs: none,
    slow: 0,
    requests: null,
    ...part,
  };
}

/** Outcomes of as many messages, three in ten of them negative. */
function outcomesOf(random: Random, n: number, recall: number): Arm {
  const counts = { truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: 0 };
  for (let row = 0; row < n; row++) {
    if (random.chance(0.3)) counts[random.chance(recall) ? "truePositive" : "falseNegative"]++;
    else counts[random.chance(0.05) ? "falsePositive" : "trueNegative"]++;
  }
  return arm({ predictions: n, ...counts });
}

const verdictsOf = (evidence: RolloutEvidence, rules = noBounds): string[] =>
  compareRollout(evidence, rules).comparisons.map(
    ({ metric, method, verdict }) => `${metric} ${method} ${verdict}`,
  );

describe("the guardrail of a rollout", () => {
  it("says nothing of a candidate that nobody asked yet", () => {
    assert.deepEqual(compareRollout({ step: "canary", candidate: arm(), live: arm(), pairs: [] }, noBounds), {
      verdict: "undecided",
      comparisons: [],
    });
  });

  it("calls a canary worse that fails one request in ten", () => {
    const evidence: RolloutEvidence = {
      step: "canary",
      candidate: arm({ requests: { n: 100, errors: 10 } }),
      live: arm({ requests: { n: 900, errors: 0 } }),
      pairs: [],
    };
    assert.deepEqual(verdictsOf(evidence), ["errors two_samples worse"]);
  });

  it("calls a canary worse whose answers are slower than the charter allows more often than one in twenty", () => {
    const rules = { ...noBounds, bounds: { ...noBounds.bounds, latencyP95Ms: 50 } };
    const of = (slow: number): string[] =>
      verdictsOf(
        { step: "canary", candidate: arm({ predictions: 100, slow }), live: arm(), pairs: [] },
        rules,
      );
    assert.deepEqual([of(1), of(30)], [["latency_p95_ms bound undecided"], ["latency_p95_ms bound worse"]]);
  });

  it("judges a shadow on the same requests, by the mean difference in cost", () => {
    const pair = (
      candidateDecision: boolean,
      liveDecision: boolean,
      isPositive: boolean | null,
      count: number,
    ) => ({
      candidateDecision,
      liveDecision,
      isPositive,
      count,
    });
    const pairs = [
      pair(true, true, true, 60),
      pair(false, true, true, 40),
      pair(false, false, false, 195),
      pair(false, true, false, 5),
      pair(true, false, null, 99),
    ];
    assert.deepEqual(pairedCostDifferences(pairs, costs), {
      n: 300,
      sum: 40 * 12 - 5 * 1.5,
      sumSquares: 40 * 144 + 5 * 2.25,
    });
    const evidence: RolloutEvidence = {
      step: "shadow",
      candidate: arm({ predictions: 300, truePositive: 60, falseNegative: 40, trueNegative: 200 }),
      live: arm({ predictions: 300, truePositive: 100, falsePositive: 5, trueNegative: 195 }),
      pairs,
    };
    assert.ok(verdictsOf(evidence).includes("expected_cost paired worse"));
  });

  it("calls an equal canary worse in at most one rollout of twenty, looked at after every twenty outcomes", () => {
    const rules = { ...noBounds, bounds: { expectedCost: 0.8, recall: 0.85, latencyP95Ms: null } };
    let rolledBack = 0;
    const rollouts = 100;
    for (let seed = 0; seed < rollouts; seed++) {
      const random = createRandom(seed);
      let [candidate, live] = [arm(), arm()];
      for (let look = 0; look < 20; look++) {
        candidate = addArms(candidate, outcomesOf(random, 20, 0.9));
        live = addArms(live, outcomesOf(random, 180, 0.9));
        if (compareRollout({ step: "canary", candidate, live, pairs: [] }, rules).verdict === "worse") {
          rolledBack++;
          break;
        }
      }
    }
    assert.ok(rolledBack <= 0.05 * rollouts, `${rolledBack} of ${rollouts}`);
  });

  it("calls a canary worse that misses half of the positives within 200 of its outcomes", () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = createRandom(seed);
      const evidence: RolloutEvidence = {
        step: "canary",
        candidate: outcomesOf(random, 200, 0.4),
        live: outcomesOf(random, 1_800, 0.9),
        pairs: [],
      };
      assert.equal(compareRollout(evidence, noBounds).verdict, "worse", `seed ${seed}`);
    }
  });
});

function addArms(first: Arm, second: Arm): Arm {
  return arm({
    predictions: first.predictions + second.predictions,
    truePositive: first.truePositive + second.truePositive,
    falsePositive: first.falsePositive + second.falsePositive,
    falseNegative: first.falseNegative + second.falseNegative,
    trueNegative: first.trueNegative + second.trueNegative,
  });
}
