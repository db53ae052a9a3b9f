import { deepEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";
import { faultsOf } from "#kernel/yaml";

import { openRule, parseRule } from "./rule.ts";

const head = `version: 1
inputs: [text, airline]
labels: [negative, neutral, positive]
`;
const tail = `otherwise: { label: neutral, score: 0.5 }
`;

async function labelsOf(rules: string, texts: readonly string[]): Promise<string[]> {
  const model = openRule(parseRule(`${head}${rules}\n${tail}`, "baseline.yaml"));
  const scored = await model.score(texts.map((text) => ({ text, airline: "Meridian" })));
  return scored.map((one) => one.label);
}

describe("a rule", () => {
  it("tries its rules from top to bottom, and otherwise gives what it says", async () => {
    const rules = `rules:
  - when: { text: { contains_any: [thank, love] } }
    then: { label: positive, score: 0.8 }
  - when: { text: { contains_any: [late, thank] } }
    then: { label: negative, score: 0.9 }`;
    deepEqual(await labelsOf(rules, ["thank you", "so late", "late, but thank you", "hello"]), [
      "positive",
      "negative",
      "positive",
      "neutral",
    ]);
  });

  for (const [test, holds, fails] of [
    ["{ contains_any: [late, lost] }", ["so LATE", "Lost bag", "translate"], ["", "delayed"]],
    ["{ contains_all: [bag, lost] }", ["my bag is lost"], ["my bag", "lost"]],
    ["{ equals_any: [help] }", ["help", "HELP"], ["help me", ""]],
    ["{ shorter_than: 3 }", ["", "ab", "👏👏"], ["abc"]],
    ["{ contains_any: [a], shorter_than: 3 }", ["a"], ["b", "abc"]],
    // Only A to Z are folded: what is equal must not depend on a locale.
    ["{ contains_any: [É] }", ["CAFÉ"], ["café"]],
  ] as const) {
    it(`holds by ${test}`, async () => {
      const rules = `rules:\n  - when: { text: ${test} }\n    then: { label: negative, score: 0.9 }`;
      deepEqual(
        await labelsOf(rules, holds),
        holds.map(() => "negative"),
      );
      deepEqual(
        await labelsOf(rules, fails),
        fails.map(() => "neutral"),
      );
    });
  }

  it("needs all columns of a rule to hold", async () => {
    const rules = `rules:
  - when: { text: { contains_any: [late] }, airline: { equals_any: [other] } }
    then: { label: negative, score: 0.9 }`;
    deepEqual(await labelsOf(rules, ["late"]), ["neutral"]);
  });

  it("gives its score to the label and shares the rest among the others", async () => {
    const model = openRule(parseRule(`${head}rules: []\n${tail}`, "baseline.yaml"));
    deepEqual(await model.score([{ text: "x" }]), [{ label: "neutral", probabilities: [0.25, 0.5, 0.25] }]);
    deepEqual(model.signature, {
      inputs: [
        { name: "text", datatype: "BYTES", optional: false },
        { name: "airline", datatype: "BYTES", optional: false },
      ],
      labels: ["negative", "neutral", "positive"],
    });
  });
});

describe("the grammar of rules", () => {
  const rule = (when: string, label = "negative"): string =>
    `${head}rules:\n  - when: ${when}\n    then: { label: ${label}, score: 0.9 }\n${tail}`;

  for (const [name, text, message, line] of [
    [
      "a label that is not declared",
      rule("{ text: { contains_any: [a] } }", "angry"),
      'The label "angry" is not one of the labels above.',
      6,
    ],
    [
      "a column that is no input",
      rule("{ subject: { contains_any: [a] } }"),
      'The column "subject" is not one of the inputs above.',
      5,
    ],
    ["a rule without conditions", rule("{}"), "A rule without a condition would always hold.", 5],
    ["a condition without tests", rule("{ text: {} }"), "A condition without a test would always hold.", 5],
    [
      "a label that stands twice",
      `version: 1\ninputs: [text]\nlabels: [a, a]\nrules: []\notherwise: { label: a, score: 1 }\n`,
      '"a" stands twice.',
      3,
    ],
  ] as const) {
    it(`refuses ${name}, with the line`, () => {
      throws(
        () => parseRule(text, "baseline.yaml"),
        (error) => {
          if (!(error instanceof Problem)) return false;
          deepEqual(
            [error.code, error.position?.line, faultsOf(error).map((fault) => fault.message)],
            ["baseline_invalid", line, [message]],
          );
          return true;
        },
      );
    });
  }

  it("refuses a test it does not know and suggests the one that was meant", () => {
    throws(() => parseRule(rule("{ text: { contain_any: [a] } }"), "baseline.yaml"), /contains_any/);
  });
});
