import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { parseDocument } from "yaml";
import { z } from "zod";

import { dayMs, minuteMs } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { faultsOf, setYamlValue } from "#kernel/yaml";

import { exampleYaml } from "./example.ts";
import { projectFileJsonSchema } from "./json-schema.ts";
import { parseProjectFile } from "./project-file.ts";

function refusal(text: string): Problem {
  try {
    parseProjectFile(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "the file was accepted" });
}

/** `line:column message` of every fault. */
function faults(text: string): string[] {
  return faultsOf(refusal(text)).map(
    ({ position, message }) => `${position.line}:${position.column} ${message}`,
  );
}

function example(from: string, to: string): string {
  assert.ok(exampleYaml.includes(from), `the example holds ${from}`);
  return exampleYaml.replace(from, to);
}

function source(line: number, column: number) {
  return { file: "gyre.yaml", line, column };
}

describe("the project file", () => {
  it("is read whole: every part of the example, counted in milliseconds and shares", () => {
    assert.deepEqual(parseProjectFile(exampleYaml), {
      project: "airline-care",
      objective: {
        decision: "Which messages does the care team answer first?",
        task: "classification",
        target: "sentiment",
        positive: "negative",
        kpi: {
          name: "answered_within_hour",
          source: {
            kind: "csv",
            text: "kpi/answered.csv",
            at: null,
            timeColumn: "day",
            valueColumn: "share",
          },
          now: 0.41,
          target: { comparison: ">=", threshold: 0.6 },
        },
        costs: { falseNegative: 12, falsePositive: 1.5, currency: "EUR" },
        baseline: "baseline.yaml",
        readyWhen: [
          {
            id: "expected_cost",
            metric: "expected_cost",
            requirement: { kind: "better_than", betterThan: "baseline", byShare: 0.2 },
            forEach: null,
            source: source(19, 7),
          },
          {
            id: "recall",
            metric: "recall",
            requirement: { kind: "threshold", comparison: ">=", threshold: 0.85 },
            forEach: null,
            source: source(20, 7),
          },
          {
            id: "recall:for_each:airline",
            metric: "recall",
            requirement: { kind: "threshold", comparison: ">=", threshold: 0.8 },
            forEach: "airline",
            source: source(21, 7),
          },
          {
            id: "latency_p95_ms",
            metric: "latency_p95_ms",
            requirement: { kind: "threshold", comparison: "<=", threshold: 50 },
            forEach: null,
            source: source(23, 7),
          },
        ],
        timeBox: "2027-03-31",
        budget: { amount: 200, currency: "EUR" },
      },
      data: {
        messages: {
          source: { kind: "file", path: "data/messages.csv" },
          timeColumn: "created_at",
          contract: "contracts/messages.yaml",
          owner: "data-steward",
        },
      },
      pipeline: { kind: "file", path: "dvc.yaml" },
      python: { requirements: "requirements.txt", version: ">=3.10" },
      studies: {},
      model: { name: "airline-care", path: "model/", export: "onnx", holdout: "data/prepared/holdout.csv" },
      delivery: {
        environments: ["staging", "production"],
        approvals: { staging: 0, production: 1 },
        rollout: [
          { kind: "shadow", durationMs: 10 * minuteMs },
          { kind: "canary", share: 0.1, durationMs: 10 * minuteMs },
          { kind: "all" },
        ],
        rollBackWhen: "any_gate_fails",
      },
      serving: { unit: "customer_id", log: { sampleShare: 1, drop: ["customer_name"] } },
      monitoring: {
        outcomes: { key: "prediction_id", arriveWithinMs: 3 * dayMs },
        falseAlarms: { count: 1, periodMs: (365.2425 / 4) * dayMs, period: "quarter" },
        segments: ["airline"],
        source: source(53, 1),
      },
      retrain: {
        anyOf: [
          { kind: "performance" },
          { kind: "new_labels", count: 2000 },
          { kind: "schedule", cron: "0 3 * * 1" },
        ],
        cooldownMs: dayMs,
        source: source(58, 1),
      },
    });
  });

  it("needs nothing but a name, and is careful by default", () => {
    const { objective, model, delivery, retrain } = parseProjectFile("project: tiny");
    assert.deepEqual(
      { objective, model, delivery, retrain },
      {
        objective: null,
        model: null,
        delivery: {
          environments: ["production"],
          approvals: { production: 1 },
          rollout: [
            { kind: "shadow", durationMs: 10 * minuteMs },
            { kind: "canary", share: 0.1, durationMs: 10 * minuteMs },
            { kind: "all" },
          ],
          rollBackWhen: "any_gate_fails",
        },
        retrain: null,
      },
    );
  });

  it("keeps the holdout where the pipeline writes it unless told", () => {
    const text = "project: tiny\nmodel: { name: m, path: model/ }";
    assert.equal(parseProjectFile(text).model?.holdout, "data/prepared/holdout.csv");
  });

  it("may hold its pipeline itself", () => {
    const stages = { train: { cmd: "python train.py" } };
    const text = "project: tiny\npipeline:\n  stages:\n    train: { cmd: python train.py }";
    assert.deepEqual(parseProjectFile(text).pipeline, { kind: "inline", definition: { stages } });
  });

  it("accepts a threshold as a percentage", () => {
    const [, recall] = parseProjectFile(example('">= 0.85"', '">= 85%"')).objective?.readyWhen ?? [];
    assert.deepEqual(recall?.requirement, { kind: "threshold", comparison: ">=", threshold: 0.85 });
  });

  it("lists all its errors at once and speaks of the first", () => {
    const problem = refusal(
      example("task: classification", "taks: clasification").replace("12.00", "twelve"),
    );
    assert.equal(problem.code, "project_file_invalid");
    assert.equal(
      problem.message,
      'Unknown key "taks" in objective. Did you mean "task"? (And 1 more error in gyre.yaml.)',
    );
    assert.deepEqual(problem.position, source(5, 3));
    assert.equal(faultsOf(problem).length, 2);
  });

  const wrong: readonly (readonly [what: string, from: string, to: string, fault: string])[] = [
    [
      "a misspelt metric",
      '    - recall: ">= 0.85"',
      '    - recal: ">= 0.85"',
      '20:7 Unknown key "recal" in objective.ready_when[1]. Did you mean "recall"?',
    ],
    [
      "a misspelt section",
      "monitoring:",
      "monitorring:",
      '53:1 Unknown key "monitorring" at the top of the file. Did you mean "monitoring"?',
    ],
    [
      "a text for a number",
      "false_negative: 12.00",
      "false_negative: twelve",
      '14:21 objective.costs.false_negative: expected an amount such as 12.50, found the text "twelve".',
    ],
    [
      "a negative amount",
      "false_negative: 12.00",
      "false_negative: -1",
      "14:21 objective.costs.false_negative: expected an amount of at least 0, found the number -1.",
    ],
    [
      "a misspelt choice",
      "task: classification",
      "task: clasification",
      '5:9 objective.task: expected one of "classification", "regression", found the text "clasification". Did you mean "classification"?',
    ],
    [
      "a missing key",
      "    currency: EUR\n  baseline",
      "  baseline",
      '13:3 "currency" is missing in objective.costs; expected a currency in three capital letters, such as EUR.',
    ],
    [
      "a duration in words",
      "arrive_within: 3d",
      "arrive_within: 3 days",
      '54:50 monitoring.outcomes.arrive_within: expected a duration such as 30s, 10m, 6h or 3d, found the text "3 days".',
    ],
    [
      "a duration without unit",
      "shadow: 10m",
      "shadow: 10",
      "46:24 delivery.rollout[0].shadow: expected a duration such as 30s, 10m, 6h or 3d, found the number 10.",
    ],
    [
      "a share without sign",
      "by: 20%",
      "by: 20",
      "19:51 objective.ready_when[0].expected_cost.by: expected a percentage from 0% to 100%, such as 20%, found the number 20.",
    ],
    [
      "a threshold without sign",
      '">= 0.85"',
      "0.85",
      '20:15 objective.ready_when[1].recall: expected a comparison in quotes, such as ">= 0.85" or "<= 50" or a mapping, found the number 0.85.',
    ],
    ["a day that does not exist", "2027-03-31", "2027-02-29", "24:13 2027-02-29 is no day of the calendar."],
    [
      "a schedule that never is",
      '"0 3 * * 1"',
      '"0 3 31 2 *"',
      '60:59 "0 3 31 2 *" is no schedule: expected minute, hour, day, month and day of the week.',
    ],
    [
      "a misspelt trigger",
      "[ performance,",
      "[ performence,",
      '60:12 retrain.when.any[0]: expected "performance" or a mapping, found the text "performence". Did you mean "performance"?',
    ],
    [
      "a path out of the project",
      "file: data/messages.csv",
      "file: ../messages.csv",
      '29:21 data.messages.source.file: expected a path inside the project\'s folder, such as data/messages.csv, found the text "../messages.csv".',
    ],
    [
      "a name with a blank",
      "project: airline-care",
      "project: airline care",
      '1:10 project: expected a name of small letters, digits and hyphens, such as airline-care, found the text "airline care".',
    ],
    [
      "a list for a mapping",
      "serving:\n  unit: customer_id",
      "serving: [1]\nold:\n  unit: customer_id",
      "49:10 serving: expected a mapping, found a list.",
    ],
    [
      "a section left empty",
      "pipeline: dvc.yaml",
      "pipeline:",
      "34:1 pipeline: expected a path inside the project's folder, such as data/messages.csv or a mapping, found nothing.",
    ],
    [
      "an unquoted version",
      'version: ">=3.10"',
      "version: 3.10",
      '35:52 python.version: expected versions in quotes, such as ">=3.10", found the number 3.10.',
    ],
    ["a tab", "  task:", "\ttask:", "5:1 A tab indents this line. YAML is indented with spaces only."],
    [
      "a key twice",
      "  positive: negative",
      "  target: negative",
      '7:3 The key "target" stands twice in the same mapping.',
    ],
    [
      "two metrics in one criterion",
      "      for_each: airline",
      '      f1: ">= 0.5"',
      "21:7 A criterion has one metric, this one has 2: recall, f1. Begin each with a hyphen of its own.",
    ],
    [
      "a comparison the wrong way round",
      '">= 0.85"',
      '"<= 0.85"',
      '20:7 recall is better when it is higher: write ">= 0.85".',
    ],
    [
      "percent for a share",
      '">= 0.85"',
      '">= 85"',
      '20:7 recall lies between 0 and 1: write ">= 85%" for 85 percent.',
    ],
    ["a metric of another task", "- latency_p95_ms:", "- mae:", "23:7 mae is no metric of a classification."],
    [
      "the same criterion twice",
      "      for_each: airline               # -> gate per slice\n",
      "",
      "21:7 recall has a criterion already, in line 20.",
    ],
    [
      "a comparison without a baseline",
      "  baseline: baseline.yaml",
      "  # no baseline",
      "19:7 There is no baseline to be better than: add objective.baseline.",
    ],
    [
      "a load metric by group",
      '"<= 50"',
      '"<= 50"\n      for_each: airline #',
      "23:7 latency_p95_ms is measured by a load test, which has no groups of airline.",
    ],
    [
      "costs without a positive class",
      "  positive: negative",
      "  # nobody",
      '13:3 Costs need to know which class is the positive one: add "positive" to objective.',
    ],
    [
      "approval for nowhere",
      "approve: { production",
      "approve: { prodution",
      '45:14 There is no environment "prodution" to approve releases for. Did you mean "production"?',
    ],
    ["a rollout without an end", ", { all: true } ]", " ]", "46:31 A rollout ends with { all: true }."],
    ["a canary without a time", "canary: 10%, for: 10m", "canary: 10%", '46:31 "for" is missing here.'],
  ];
  for (const [what, from, to, fault] of wrong) {
    it(`names the place of ${what}`, () => {
      const found = faults(example(from, to));
      assert.ok(found.includes(fault), `${fault}\nis not among\n${found.join("\n")}`);
    });
  }

  it("is changed by a form without losing a comment", () => {
    const path = ["objective", "ready_when", 1, "recall"];
    const edited = setYamlValue(exampleYaml, path, ">= 0.9", "gyre.yaml");
    assert.equal(edited, exampleYaml.replace('- recall: ">= 0.85"', '- recall: ">= 0.9"'));
  });
});

describe("the JSON Schema of the project file", () => {
  const schema = projectFileJsonSchema();

  it("is one of the 2020-12 draft, and strict as the check is", () => {
    assert.equal(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert.deepEqual(schema["required"], ["project"]);
    assert.equal(schema["additionalProperties"], false);
  });

  it("accepts the example, and refuses it with a misspelt key", () => {
    const validator = z.fromJSONSchema(schema);
    const written: unknown = parseDocument(exampleYaml).toJS();
    const misspelt: unknown = parseDocument(exampleYaml.replace("for_each", "for_eech")).toJS();
    assert.deepEqual(
      [validator.safeParse(written).success, validator.safeParse(misspelt).success],
      [true, false],
    );
  });

  it("knows every section and explains it", () => {
    const sections = schema["properties"];
    assert.ok(typeof sections === "object" && sections !== null);
    assert.deepEqual(Object.keys(sections), Object.keys(parseProjectFile("project: tiny")));
  });

  it("describes what people write, not what programs read from it", () => {
    const text = JSON.stringify(schema);
    assert.match(text, /"arrive_within":\{[^}]*"type":"string"/);
    assert.match(text, /"holdout":\{"type":"string"/);
  });
});
