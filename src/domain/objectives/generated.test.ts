import assert from "node:assert/strict";
import { describe as suite, it } from "node:test";

import { dayMs } from "#kernel/clock";
import { createRandom } from "#stats";

import { describe, describeAsText, referencedFiles } from "./describe.ts";
import { exampleYaml } from "./example.ts";
import { boundOf, generateGates, meets } from "./gates.ts";
import { changesBetween, generate } from "./generated.ts";
import { metrics } from "./metrics.ts";
import { generateMonitors } from "./monitors.ts";
import { parseProjectFile } from "./project-file.ts";

const example = parseProjectFile(exampleYaml);

function changed(from: string | RegExp, to: string): readonly string[] {
  return changesBetween(example, parseProjectFile(exampleYaml.replace(from, to)));
}

suite("what follows from a charter", () => {
  it("are gates in plain English", () => {
    assert.deepEqual(
      generateGates(example).map(({ id, sentence }) => [id, sentence]),
      [
        ["expected_cost", "The expected cost per prediction is at least 20% lower than the baseline's."],
        ["recall", 'Recall of "negative" is at least 0.85.'],
        ["recall:for_each:airline", 'Recall of "negative" is at least 0.8, for each airline.'],
        ["latency_p95_ms", "The 95th percentile of latency is at most 50 ms."],
      ],
    );
  });

  it("is a decision rule whose threshold is c_fp / (c_fp + c_fn)", () => {
    const { decisionRule } = generate(example);
    assert.equal(decisionRule?.theoreticalThreshold, 1.5 / 13.5);
    assert.deepEqual(decisionRule?.costs, { falseNegative: 12, falsePositive: 1.5, currency: "EUR" });
  });

  it("are monitors for each live gate, for drift and for coverage, which share the false alarms", () => {
    const monitors = generateMonitors(example);
    assert.deepEqual(
      monitors.map(({ id }) => id),
      [
        "performance:expected_cost",
        "performance:expected_cost:as_released",
        "performance:recall",
        "performance:recall:for_each:airline",
        "performance:latency_p95_ms",
        "drift:score",
        "drift:decision",
        "drift:segment:airline",
        "drift:inputs",
        "coverage:outcomes",
      ],
    );
    for (const { alpha, periodMs } of monitors) {
      assert.deepEqual({ alpha, periodMs }, { alpha: 1 / 10, periodMs: 91.310625 * dayMs });
    }
  });

  it("are plans: staging at once, production in steps and after an approval", () => {
    const { rolloutPlans } = generate(example);
    assert.deepEqual(
      rolloutPlans.map(({ environment, approvalsNeeded, steps }) => [
        environment,
        approvalsNeeded,
        steps.length,
      ]),
      [
        ["staging", 0, 1],
        ["production", 1, 3],
      ],
    );
  });

  it("is a retraining policy", () => {
    assert.equal(
      generate(example).retrainingPolicy?.sentence,
      'Train again when a performance monitor opens an incident, or 2000 outcomes have come in since the last training, or the schedule "0 3 * * 1" (UTC) is due; at most once in 1 day.',
    );
  });

  it("is hardly anything for a project that is only a name", () => {
    const { gates, decisionRule, retrainingPolicy } = generate(parseProjectFile("project: tiny"));
    assert.deepEqual(
      { gates, decisionRule, retrainingPolicy },
      { gates: [], decisionRule: null, retrainingPolicy: null },
    );
    assert.deepEqual(describe(parseProjectFile("project: tiny")), []);
  });

  it("is the same whenever the same text is read", () => {
    assert.deepEqual(generate(parseProjectFile(exampleYaml)), generate(example));
  });

  it("is printed with the line each gate comes from", () => {
    assert.match(describeAsText(example), /^ {2}- Recall of "negative" is at least 0\.85\. \(line 20\)$/m);
  });

  it("names the files to look for", () => {
    const missing = referencedFiles(example).filter(({ kind }) => kind === "input");
    assert.deepEqual(
      missing.map(({ path }) => path),
      [
        "baseline.yaml",
        "kpi/answered.csv",
        "data/messages.csv",
        "contracts/messages.yaml",
        "dvc.yaml",
        "requirements.txt",
      ],
    );
  });
});

suite("a gate", () => {
  const [cost, recall] = generateGates(example);

  it("compares with its threshold", () => {
    assert.deepEqual(
      [0.85, 0.8499].map((value) => recall && meets(recall, value)),
      [true, false],
    );
  });

  it("that wants to be 20 percent better than a baseline of 10 is met at 8", () => {
    assert.ok(cost);
    assert.deepEqual(boundOf(cost, 10), { comparison: "<=", bound: 8 });
    assert.deepEqual([meets(cost, 8, 10), meets(cost, 8.01, 10), meets(cost, 8)], [true, false, null]);
  });

  it("that only wants to be better is not met by a draw", () => {
    const gate = {
      metric: "recall",
      requirement: { kind: "better_than", betterThan: "baseline", byShare: 0 },
    } as const;
    assert.deepEqual([meets(gate, 0.7, 0.7), meets(gate, 0.71, 0.7)], [false, true]);
  });
});

suite("a changed number", () => {
  it("in a criterion changes its gate and its monitor and nothing else", () => {
    assert.deepEqual(changed('"<= 50"', '"<= 40"'), [
      "section:objective",
      "gate:latency_p95_ms",
      "monitor:performance:latency_p95_ms",
    ]);
  });

  it("in the costs changes the decision rule", () => {
    assert.deepEqual(changed("12.00", "13.00"), ["section:objective", "decision_rule"]);
  });

  it("in the error contract changes every monitor", () => {
    const monitors = generateMonitors(example).map(({ id }) => `monitor:${id}`);
    assert.deepEqual(changed("1 per quarter", "2 per quarter"), ["section:monitoring", ...monitors]);
  });

  it("in the rollout changes the plan of production", () => {
    assert.deepEqual(changed("canary: 10%", "canary: 5%"), ["section:delivery", "rollout:production"]);
  });

  it("in the triggers changes the retraining policy", () => {
    assert.deepEqual(changed("2000", "500"), ["section:retrain", "retraining_policy"]);
  });

  it("is no change when only a comment or a line moved", () => {
    assert.deepEqual(changed("objective:", "# why\n\nobjective:"), []);
  });

  it("of any metric and any size reaches its gate and its monitor", () => {
    const random = createRandom(1);
    for (const [metric, { better, from, live, unit }] of Object.entries(metrics)) {
      const task = from === "values" ? "regression" : "classification";
      const fileWith = (threshold: number) =>
        parseProjectFile(
          [
            "project: tiny",
            "objective:",
            "  decision: Which?",
            "  target: label",
            `  task: ${task}`,
            ...(task === "regression" ? [] : ["  positive: yes"]),
            ...(metric === "expected_cost"
              ? ["  costs: { false_negative: 1, false_positive: 1, currency: EUR }"]
              : []),
            `  ready_when: [ { ${metric}: "${better === "higher" ? ">=" : "<="} ${threshold}" } ]`,
          ].join("\n"),
        );
      const scale = unit === "share" ? 1 : 1000;
      const [before, after] = [random.uniform(), random.uniform()].map((value) =>
        Number((value * scale).toFixed(6)),
      );
      assert.ok(before !== undefined && after !== undefined && before !== after);
      assert.deepEqual(changesBetween(fileWith(before), fileWith(after)), [
        "section:objective",
        `gate:${metric}`,
        ...(live ? [`monitor:performance:${metric}`] : []),
      ]);
      const [gate] = generateGates(fileWith(after));
      assert.equal(gate?.requirement.kind === "threshold" && gate.requirement.threshold, after);
    }
  });
});
