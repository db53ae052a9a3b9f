import type { Problem } from "#kernel/errors";
import type { Comparator } from "#kernel/search";
import { tokenize } from "#tracking";
import type { Token } from "#tracking";

import { checkComparator, checkValue, isNumeric, readField, wrong } from "./grammar.ts";
import type { TraceCondition, TraceField, TraceOrdering } from "./grammar.ts";

// Both engines nest each condition into one expression and refuse a deep one with an error of their own.
const mostConditions = 200;
const mostOrderings = 16;

/**
 * Reads MLflow's filter of traces: `status = 'ERROR' and span.attributes.model rlike '^gpt'`. Conditions
 * are joined by `and`; there is no `or`. Throws `trace_filter_invalid` naming the piece that is wrong.
 */
export function parseTraceFilter(text: string): readonly TraceCondition[] {
  const tokens = tokenize(text);
  const conditions: TraceCondition[] = [];
  for (let position = 0; position < tokens.length;) {
    if (conditions.length === mostConditions)
      throw wrong(`A filter has at most ${mostConditions} conditions.`);
    if (conditions.length > 0) {
      if (tokens[position]?.word !== "and") throw unreadable(text, tokens[position]);
      position++;
    }
    const read = readCondition(tokens, position, text);
    checkValue(read.condition);
    conditions.push(read.condition);
    position = read.next;
  }
  return conditions;
}

/** Reads orderings such as `execution_time DESC`; ascending unless told. */
export function parseTraceOrderings(texts: readonly string[]): readonly TraceOrdering[] {
  if (texts.length > mostOrderings) throw wrong(`A search is ordered by at most ${mostOrderings} fields.`);
  const orderings = texts.map(parseOrdering);
  const fields = orderings.map(({ field }) => JSON.stringify(field));
  if (new Set(fields).size < fields.length)
    throw wrong(`\`order_by\` contains duplicate fields: ${JSON.stringify(texts)}`);
  return orderings;
}

function parseOrdering(text: string): TraceOrdering {
  const [name, direction, extra] = tokenize(text);
  const word = direction?.word;
  if (
    name?.kind !== "name" ||
    extra !== undefined ||
    (direction !== undefined && !/^(asc|desc)$/.test(word ?? ""))
  )
    throw wrong(`Invalid order_by clause '${text}'. Could not be parsed. Use a field, then ASC or DESC.`);
  const field: TraceField =
    name.text === "experiment_id"
      ? { of: "attribute", key: "experiment_id" }
      : readField(name.prefix, name.text);
  if (field.of !== "attribute" && field.of !== "tag" && field.of !== "metadata")
    throw wrong(`Invalid order_by entity '${field.of}' in '${text}'.`);
  return { field, descending: word === "desc" };
}

interface Read {
  readonly condition: TraceCondition;
  readonly next: number;
}

function readCondition(tokens: readonly Token[], start: number, text: string): Read {
  const name = tokens[start];
  if (name?.kind !== "name") throw unreadable(text, name);
  const { comparator, next } = readComparator(tokens, start + 1, text);
  const field = readField(name.prefix, name.text);
  checkComparator(field, comparator);
  if (comparator === "is null" || comparator === "is not null")
    return { condition: { field, comparator, value: null }, next };
  if (comparator === "in" || comparator === "not in") {
    const list = readList(tokens, next, text);
    return { condition: { field, comparator, value: list.values }, next: list.next };
  }
  return {
    condition: { field, comparator, value: readValue(field, comparator, tokens[next]) },
    next: next + 1,
  };
}

const symbols: Readonly<Record<string, Comparator>> = {
  "=": "=",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const words: Readonly<Record<string, Comparator>> = {
  like: "like",
  ilike: "ilike",
  rlike: "rlike",
  in: "in",
};

function readComparator(
  tokens: readonly Token[],
  at: number,
  text: string,
): { comparator: Comparator; next: number } {
  const [first, second, third] = [tokens[at], tokens[at + 1]?.word, tokens[at + 2]?.word];
  const one = first?.kind === "symbol" ? symbols[first.text] : words[first?.word ?? ""];
  if (one !== undefined) return { comparator: one, next: at + 1 };
  if (first?.word === "not" && second === "in") return { comparator: "not in", next: at + 2 };
  if (first?.word === "is" && second === "null") return { comparator: "is null", next: at + 2 };
  if (first?.word === "is" && second === "not" && third === "null")
    return { comparator: "is not null", next: at + 3 };
  throw unreadable(text, first ?? tokens[at - 1]);
}

function readValue(field: TraceField, comparator: Comparator, token: Token | undefined): string | number {
  const found = token?.raw ?? "nothing";
  if (isNumeric(field)) {
    if (token?.kind === "number") return Number(token.text);
    throw wrong(`Expected numeric value type for numeric attribute. Found ${found}`);
  }
  const isOpinion = field.of === "feedback" || field.of === "expectation";
  if (isOpinion && /[<>]/.test(comparator)) {
    const number = token?.text.trim() === "" ? Number.NaN : Number(token?.text);
    if (Number.isFinite(number)) return number;
    throw wrong(
      `Expected a numeric value for ${field.of} when using comparator '${comparator}'. Got value ${found}`,
    );
  }
  const text = textOf(token);
  if (text !== undefined) return text;
  if (token?.kind === "number" && field.of === "attribute")
    throw wrong(
      "Only the 'timestamp_ms', 'execution_time_ms', 'end_time_ms' attributes support comparison with numeric values.",
    );
  throw wrong(`Expected a quoted string value for ${field.of} (e.g. 'my-value'). Got value ${found}`);
}

function readList(tokens: readonly Token[], start: number, text: string): { values: string[]; next: number } {
  const bad = (): Problem =>
    wrong(
      `While parsing a list in the query, expected a non-empty list of quoted string values, got '${rest(text, tokens[start])}'`,
    );
  if (tokens[start]?.text !== "(" || tokens[start]?.kind !== "symbol") throw bad();
  const values: string[] = [];
  for (let at = start + 1; ; at += 2) {
    const [value, end] = [tokens[at], tokens[at + 1]];
    const read = textOf(value);
    if (read === undefined) throw bad();
    values.push(read);
    if (end?.kind === "symbol" && end.text === ")") return { values, next: at + 2 };
    if (end?.kind !== "symbol" || end.text !== ",") throw bad();
  }
}

/** A text in single quotes, or what reads like a name in double quotes. */
function textOf(token: Token | undefined): string | undefined {
  return token?.kind === "text" || (token?.kind === "name" && token.quoted) ? token.text : undefined;
}

function rest(text: string, token: Token | undefined): string {
  return token === undefined ? "" : text.slice(token.at, token.at + 80);
}

function unreadable(text: string, token: Token | undefined): Problem {
  return wrong(`Invalid clause(s) in filter string: '${rest(text, token)}'`);
}
