import { canonicalJson } from "#kernel/digest";

/** What a condition compares: a value written in place, a parameter, or a number that an earlier stage reported. */
export type Operand =
  | { readonly kind: "value"; readonly value: string | number | boolean | null }
  | { readonly kind: "parameter"; readonly file: string; readonly key: string; readonly text: string }
  | { readonly kind: "metric"; readonly stage: string; readonly key: string; readonly text: string };

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** `metrics.evaluate.recall >= 0.8 and not params.dry_run`, taken apart. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | {
      readonly kind: "compare";
      readonly left: Operand;
      readonly comparison: Comparison;
      readonly right: Operand;
    }
  | { readonly kind: "is_true"; readonly operand: Operand };

/** What an operand is just now; undefined where there is no such parameter or metric. */
export type ValueOf = (operand: Exclude<Operand, { kind: "value" }>) => unknown;

export interface Judgement {
  readonly holds: boolean;
  /** The parts that decided it, with their values: "metrics.evaluate.recall is 0.71, not >= 0.8". */
  readonly because: string;
}

/** Whether the condition holds, and why. An operand that is not there is named instead. */
export function judge(condition: Condition, valueOf: ValueOf): Judgement | { readonly missing: string } {
  switch (condition.kind) {
    case "and":
    case "or": {
      const judged: Judgement[] = [];
      for (const part of condition.parts) {
        const one = judge(part, valueOf);
        if ("missing" in one) return one;
        // What follows is not asked: `params.deep and metrics.deep.recall > 0.8` reads no metric of a stage left out.
        if (one.holds === (condition.kind === "or")) return one;
        judged.push(one);
      }
      const because = judged.map((one) => one.because).join(" and ");
      return { holds: condition.kind === "and", because };
    }
    case "not": {
      const one = judge(condition.part, valueOf);
      return "missing" in one ? one : { holds: !one.holds, because: one.because };
    }
    case "is_true":
      return judgeOperand(condition.operand, valueOf);
    case "compare":
      return judgeComparison(condition, valueOf);
  }
}

/** The stages whose metrics it reads. */
export function stagesOfCondition(condition: Condition): readonly string[] {
  return operandsOf(condition).flatMap((operand) => (operand.kind === "metric" ? [operand.stage] : []));
}

export function operandsOf(condition: Condition): readonly Operand[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.parts.flatMap(operandsOf);
    case "not":
      return operandsOf(condition.part);
    case "is_true":
      return [condition.operand];
    case "compare":
      return [condition.left, condition.right];
  }
}

function judgeOperand(operand: Operand, valueOf: ValueOf): Judgement | { readonly missing: string } {
  const found = read(operand, valueOf);
  if (found === undefined) return { missing: textOf(operand) };
  const holds = found !== false && found !== null && found !== 0 && found !== "";
  return { holds, because: operand.kind === "value" ? `it is ${shown(found)}` : isText(operand, found) };
}

function judgeComparison(
  { left, comparison, right }: Extract<Condition, { kind: "compare" }>,
  valueOf: ValueOf,
): Judgement | { readonly missing: string } {
  const [a, b] = [read(left, valueOf), read(right, valueOf)];
  if (a === undefined) return { missing: textOf(left) };
  if (b === undefined) return { missing: textOf(right) };
  const holds = compares(a, comparison, b);
  const facts = [left, right].flatMap((operand) =>
    operand.kind === "value" ? [] : [isText(operand, operand === left ? a : b)],
  );
  const wanted = `${comparison} ${right.kind === "value" ? shown(b) : textOf(right)}`;
  return { holds, because: `${facts.join(" and ")}, ${holds ? "which is" : "which is not"} ${wanted}` };
}

function compares(a: unknown, comparison: Comparison, b: unknown): boolean {
  if (comparison === "==") return canonicalJson(a) === canonicalJson(b);
  if (comparison === "!=") return canonicalJson(a) !== canonicalJson(b);
  const areNumbers = typeof a === "number" && typeof b === "number";
  const areTexts = typeof a === "string" && typeof b === "string";
  if (!areNumbers && !areTexts) return false;
  switch (comparison) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

function read(operand: Operand, valueOf: ValueOf): unknown {
  return operand.kind === "value" ? operand.value : valueOf(operand);
}

function textOf(operand: Operand): string {
  return operand.kind === "value" ? shown(operand.value) : operand.text;
}

function isText(operand: Operand, value: unknown): string {
  return `${textOf(operand)} is ${shown(value)}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : canonicalJson(value);
}
