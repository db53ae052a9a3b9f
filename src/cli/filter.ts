import { Problem } from "#kernel/errors";
import { nearest } from "#kernel/nearest";

import { problems } from "./problems.ts";

const operators = ["!=", ">=", "<=", "=", ">", "<"] as const;
type Operator = (typeof operators)[number];

/** One `--where key=value`. */
interface Condition {
  readonly key: string;
  readonly operator: Operator;
  readonly value: string;
}

/**
 * Keeps the rows that fulfil every condition, by the names of `columns`. Numbers are compared as numbers,
 * everything else as text. Throws `filter_invalid`.
 */
export function filterRows<Row>(
  rows: readonly Row[],
  conditions: readonly string[],
  columns: Readonly<Record<string, (row: Row) => string | number | null>>,
): readonly Row[] {
  const parsed = conditions.map((text) => parseCondition(text, Object.keys(columns)));
  return rows.filter((row) =>
    parsed.every(({ key, operator, value }) => holds(columns[key]?.(row) ?? null, operator, value)),
  );
}

/** MLflow's filter grammar for the same conditions: `metrics.recall>0.8` → `metrics.recall > 0.8`. */
export function parseCondition(text: string, known: readonly string[]): Condition {
  const [, key, operator, value] = /^\s*([^=!<>]+?)\s*(!=|>=|<=|=|>|<)\s*(.*?)\s*$/.exec(text) ?? [];
  const found = operators.find((one) => one === operator);
  if (key === undefined || found === undefined || value === undefined) {
    throw new Problem(problems.filter_invalid, {
      message: `"${text}" is no condition of the form key=value.`,
    });
  }
  if (!known.includes(key) && known.length > 0) {
    const suggestion = nearest(key, known);
    throw new Problem(problems.filter_invalid, {
      message: `There is no "${key}" to filter by; there are ${known.join(", ")}.`,
      ...(suggestion === undefined ? {} : { next: `Did you mean: --where ${suggestion}${found}${value}` }),
    });
  }
  return { key, operator: found, value };
}

function holds(found: string | number | null, operator: Operator, value: string): boolean {
  const wanted = Number(value);
  const number = typeof found === "number" ? found : Number(found ?? Number.NaN);
  const numeric = value !== "" && !Number.isNaN(wanted) && !Number.isNaN(number);
  const order = numeric ? Math.sign(number - wanted) : compareText(String(found ?? ""), value);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case ">":
      return found !== null && order > 0;
    case "<":
      return found !== null && order < 0;
    case ">=":
      return found !== null && order >= 0;
    case "<=":
      return found !== null && order <= 0;
  }
}

function compareText(found: string, wanted: string): number {
  return found === wanted ? 0 : found < wanted ? -1 : 1;
}
