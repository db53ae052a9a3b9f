import { z } from "zod";

import { parseYaml } from "#kernel/yaml";

import { problems } from "../problems.ts";
import type { Row, RunnableModel, Scored, Signature } from "./index.ts";

const texts = z.array(z.string().min(1)).min(1);

const conditionSchema = z
  .strictObject({
    contains_any: texts.optional(),
    contains_all: texts.optional(),
    equals_any: texts.optional(),
    shorter_than: z.int().positive().optional(),
  })
  .refine((condition) => Object.keys(condition).length > 0, "A condition without a test would always hold.");

const verdictSchema = z.strictObject({ label: z.string(), score: z.number().min(0).max(1) });

const whenSchema = z
  .record(z.string(), conditionSchema)
  .refine((when) => Object.keys(when).length > 0, "A rule without a condition would always hold.");

const ruleSchema = z
  .strictObject({
    version: z.literal(1),
    inputs: z.array(z.string()).min(1),
    labels: z.array(z.string()).min(2),
    // oxlint-disable-next-line unicorn/no-thenable -- `then` is a word of the rule's grammar, not a promise
    rules: z.array(z.strictObject({ when: whenSchema, then: verdictSchema })),
    otherwise: verdictSchema,
  })
  .superRefine((rule, context) => {
    const refuse = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    const requireLabel = (label: string, path: (string | number)[]): void => {
      if (!rule.labels.includes(label)) refuse(path, `The label "${label}" is not one of the labels above.`);
    };
    for (const name of ["inputs", "labels"] as const) {
      const twice = rule[name].find((one, index) => rule[name].indexOf(one) !== index);
      if (twice !== undefined) refuse([name], `"${twice}" stands twice.`);
    }
    for (const [index, { when, then }] of rule.rules.entries()) {
      for (const column of Object.keys(when)) {
        if (!rule.inputs.includes(column))
          refuse(["rules", index, "when", column], `The column "${column}" is not one of the inputs above.`);
      }
      requireLabel(then.label, ["rules", index, "then", "label"]);
    }
    requireLabel(rule.otherwise.label, ["otherwise", "label"]);
  });

/** A classifier without machine learning: rules tried from top to bottom, the first that holds decides. */
export type Rule = z.infer<typeof ruleSchema>;
type Condition = z.infer<typeof conditionSchema>;

/** Parses `baseline.yaml`; mistakes carry line and column. */
export function parseRule(text: string, file: string): Rule {
  return parseYaml(text, { file, schema: ruleSchema, problem: problems.baseline_invalid }).value;
}

/** Makes a rule answer like a model. A column that a request does not have counts as empty text. */
export function openRule(rule: Rule): RunnableModel {
  const signature: Signature = {
    inputs: rule.inputs.map((name) => ({ name, datatype: "BYTES", optional: false })),
    labels: rule.labels,
  };
  const prepared = rule.rules.map((one) => ({
    holds: prepare(one.when),
    scored: spread(one.then, rule.labels),
  }));
  const otherwise = spread(rule.otherwise, rule.labels);
  return {
    signature,
    score: async (rows) => rows.map((row) => prepared.find((one) => one.holds(row))?.scored ?? otherwise),
    close: async () => {},
  };
}

/** The label gets its score, the others share the rest evenly. */
function spread(verdict: { label: string; score: number }, labels: readonly string[]): Scored {
  const rest = (1 - verdict.score) / (labels.length - 1);
  const probabilities = labels.map((label) => (label === verdict.label ? verdict.score : rest));
  return { label: verdict.label, probabilities };
}

function prepare(when: Readonly<Record<string, Condition>>): (row: Row) => boolean {
  const tests = Object.entries(when).map(([column, condition]) => ({
    column,
    holds: prepareCondition(condition),
  }));
  return (row) => tests.every(({ column, holds }) => holds(fold(String(row[column] ?? ""))));
}

function prepareCondition(condition: Condition): (text: string) => boolean {
  const containsAny = condition.contains_any?.map(fold);
  const containsAll = condition.contains_all?.map(fold);
  const equalsAny = condition.equals_any?.map(fold);
  const shorterThan = condition.shorter_than;
  return (text) =>
    (containsAny === undefined || containsAny.some((part) => text.includes(part))) &&
    (containsAll === undefined || containsAll.every((part) => text.includes(part))) &&
    (equalsAny === undefined || equalsAny.includes(text)) &&
    (shorterThan === undefined || [...text].length < shorterThan);
}

/** Only A to Z are folded, as in the ONNX text models: what is equal must not depend on a locale. */
function fold(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
