import { Problem } from "#kernel/errors";
import type { SourcePosition } from "#kernel/errors";

import { problems } from "./problems.ts";
import { tokenize } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/** What a condition or an ordering looks at. */
export type Field =
  | { readonly of: "metric" | "param" | "tag"; readonly key: string }
  | { readonly of: "attribute"; readonly key: string }
  | { readonly of: "dataset"; readonly key: string };

export type Comparator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "like"
  | "ilike"
  | "in"
  | "not in"
  | "is null"
  | "is not null";

/** One clause of a filter. `value` is null for the two null tests, a list for `in`. */
export interface Condition {
  readonly field: Field;
  readonly comparator: Comparator;
  readonly value: string | number | readonly string[] | null;
}

export interface Ordering {
  readonly field: Field;
  readonly descending: boolean;
}

/** What a kind of thing (run, experiment, logged model, …) can be searched by. */
export interface SearchGrammar {
  /** Attribute names, each with its type; aliases map to the name used inside. */
  readonly attributes: Readonly<Record<string, "text" | "number">>;
  readonly aliases?: Readonly<Record<string, string>>;
  readonly kinds: readonly Field["of"][];
  /** Attributes that may be compared with a list; all of type text when absent. */
  readonly listAttributes?: readonly string[];
}

// Both engines nest each condition into one expression and refuse a deep one with an error of their own.
export const mostConditions = 200;
const mostOrderings = 16;

/**
 * Reads MLflow's filter grammar: `metrics.rmse < 0.7 and params."layer size" = '3'`. Conditions are
 * joined by `and`; there is no `or`. Throws `run_filter_invalid` naming the piece that is wrong.
 */
export function parseFilter(text: string, grammar: SearchGrammar): readonly Condition[] {
  const tokens = tokenize(text);
  const conditions: Condition[] = [];
  let position = 0;
  while (position < tokens.length) {
    if (conditions.length === mostConditions)
      throw wrong(`A filter has at most ${mostConditions} conditions.`);
    if (conditions.length > 0) {
      if (tokens[position]?.word !== "and")
        throw wrong(
          `Invalid filter string. Invalid clause(s) in filter string: '${rest(text, tokens[position])}'`,
        );
      position++;
    }
    const read = readCondition(tokens, position, grammar, text);
    conditions.push(read.condition);
    position = read.next;
  }
  return conditions;
}

/** Reads the condition that begins at a token; `next` is the token after it. */
export function readCondition(
  tokens: readonly Token[],
  start: number,
  grammar: SearchGrammar,
  text: string,
): { condition: Condition; next: number } {
  const name = tokens[start];
  if (name?.kind !== "name") throw wrong(`Invalid clause(s) in filter string: '${rest(text, name)}'`);
  if (tokens[start + 1] === undefined) {
    throw wrong(
      `Invalid filter string. Invalid clause(s): expected a comparison after '${rest(text, name)}'`,
    );
  }
  const field = placed(text, name, () => readField(name, grammar));
  const { comparator, next } = placed(text, tokens[start + 1], () => readComparator(tokens, start + 1, text));
  placed(text, tokens[start + 1], () => checkComparator(field, comparator, grammar));
  if (comparator === "is null" || comparator === "is not null") {
    return { condition: { field, comparator, value: null }, next };
  }
  return placed(text, tokens[next], () => {
    if (comparator === "in" || comparator === "not in") {
      const list = readList(tokens, next, text);
      return { condition: { field, comparator, value: list.values }, next: list.next };
    }
    return {
      condition: { field, comparator, value: readValue(field, tokens[next], grammar) },
      next: next + 1,
    };
  });
}

/** Adds to a problem of `read` where in the text the piece stands that it was reading. */
function placed<Result>(text: string, token: Token | undefined, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Problem) || error.position !== undefined) throw error;
    throw wrong(error.message, placeOf(text, token?.at ?? text.length));
  }
}

export function placeOf(text: string, at: number): SourcePosition {
  const before = text.slice(0, at).split("\n");
  return { file: "filter", line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

const kindNames: Readonly<Record<string, Field["of"]>> = {
  metric: "metric",
  metrics: "metric",
  param: "param",
  params: "param",
  parameter: "param",
  parameters: "param",
  tag: "tag",
  tags: "tag",
  attribute: "attribute",
  attributes: "attribute",
  attr: "attribute",
  run: "attribute",
  dataset: "dataset",
  datasets: "dataset",
};

const datasetKeys = ["name", "digest", "context"];

function readField(token: Token, grammar: SearchGrammar): Field {
  const of = token.prefix === undefined ? "attribute" : kindNames[token.prefix];
  if (of === undefined || !grammar.kinds.includes(of)) {
    throw wrong(
      `Invalid entity type '${token.prefix}'. Valid values are ${grammar.kinds.map((kind) => `'${kind}'`).join(", ")}`,
    );
  }
  if (token.text === "") throw wrong(`Invalid identifier '${token.prefix}.': the key is missing.`);
  if (of === "dataset" && !datasetKeys.includes(token.text)) {
    throw wrong(
      `Invalid dataset key '${token.text}' specified. Valid keys are '${datasetKeys.join("', '")}'`,
    );
  }
  if (of !== "attribute") return { of, key: token.text };
  const key = grammar.aliases?.[token.text] ?? token.text;
  if (!Object.hasOwn(grammar.attributes, key)) {
    const valid = Object.keys(grammar.attributes).join("', '");
    throw wrong(`Invalid attribute key '${token.text}' specified. Valid keys are '${valid}'`);
  }
  return { of, key };
}

const symbols: readonly string[] = ["=", "!=", "<", "<=", ">", ">="];

function readComparator(
  tokens: readonly Token[],
  at: number,
  text: string,
): { comparator: Comparator; next: number } {
  const [first, second, third] = [tokens[at], tokens[at + 1]?.word, tokens[at + 2]?.word];
  if (first?.kind === "symbol" && isSymbol(first.text)) return { comparator: first.text, next: at + 1 };
  if (first?.word === "like" || first?.word === "ilike" || first?.word === "in")
    return { comparator: first.word, next: at + 1 };
  if (first?.word === "not" && second === "in") return { comparator: "not in", next: at + 2 };
  if (first?.word === "is" && second === "null") return { comparator: "is null", next: at + 2 };
  if (first?.word === "is" && second === "not" && third === "null")
    return { comparator: "is not null", next: at + 3 };
  throw wrong(`Invalid clause(s) in filter string: expected a comparison at '${rest(text, first)}'`);
}

function isSymbol(text: string): text is "=" | "!=" | "<" | "<=" | ">" | ">=" {
  return symbols.includes(text);
}

const numeric: readonly Comparator[] = ["=", "!=", "<", "<=", ">", ">="];
const textual: readonly Comparator[] = ["=", "!=", "like", "ilike"];
const lists: readonly Comparator[] = ["in", "not in"];
const nulls: readonly Comparator[] = ["is null", "is not null"];

function checkComparator(field: Field, comparator: Comparator, grammar: SearchGrammar): void {
  const allowed = allowedComparators(field, grammar);
  if (allowed.includes(comparator)) return;
  if (nulls.includes(comparator)) {
    throw wrong(
      `IS NULL / IS NOT NULL is only supported for tags and params, not for the ${field.of} '${field.key}'`,
    );
  }
  throw wrong(
    `Invalid comparator '${comparator.toUpperCase()}' not one of '${allowed.join("', '").toUpperCase()}' for '${field.key}'. ` +
      `Invalid comparison operator for ${field.of}.`,
  );
}

function allowedComparators(field: Field, grammar: SearchGrammar): readonly Comparator[] {
  if (field.of === "metric") return numeric;
  if (field.of === "param" || field.of === "tag") return [...textual, ...nulls];
  if (field.of === "dataset") return [...textual, ...lists];
  if (grammar.attributes[field.key] === "number") return numeric;
  const listed = grammar.listAttributes?.includes(field.key) ?? true;
  return listed ? [...textual, ...lists] : textual;
}

function readValue(field: Field, token: Token | undefined, grammar: SearchGrammar): string | number {
  const isNumber =
    field.of === "metric" || (field.of === "attribute" && grammar.attributes[field.key] === "number");
  if (isNumber) {
    if (token?.kind === "number") return Number(token.text);
    const what = field.of === "metric" ? "metric" : `numeric attribute: ${field.key}`;
    throw wrong(`Expected numeric value type for ${what}. Found ${token?.raw ?? "nothing"}`);
  }
  if (token?.kind === "text" || (token?.kind === "name" && token.quoted)) return token.text;
  throw wrong(
    `Expected a quoted string value for ${field.of} (e.g. 'my-value'). Parameter value is either not quoted or ` +
      `unidentified quote types used for string value ${token?.raw ?? "nothing"}`,
  );
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
    if (value?.kind !== "text" && !(value?.kind === "name" && value.quoted)) throw bad();
    values.push(value.text);
    if (isSymbolOf(end, ")")) return { values, next: at + 2 };
    if (!isSymbolOf(end, ",")) throw bad();
    // A list of one is written `('a',)` by clients in Python.
    if (isSymbolOf(tokens[at + 2], ")")) return { values, next: at + 3 };
  }
}

function isSymbolOf(token: Token | undefined, text: string): boolean {
  return token?.kind === "symbol" && token.text === text;
}

/** Reads a list of orderings. */
export function parseOrderings(texts: readonly string[], grammar: SearchGrammar): readonly Ordering[] {
  if (texts.length > mostOrderings) throw wrong(`A search is ordered by at most ${mostOrderings} fields.`);
  return texts.map((text) => parseOrdering(text, grammar));
}

/** Reads one ordering: ``metrics.`val loss` DESC``; ascending unless told. */
export function parseOrdering(text: string, grammar: SearchGrammar): Ordering {
  const tokens = tokenize(text);
  const [name, direction, extra] = tokens;
  const word = direction?.word;
  if (
    name?.kind !== "name" ||
    extra !== undefined ||
    (direction !== undefined && word !== "asc" && word !== "desc")
  ) {
    throw wrong(`Invalid order_by clause '${text}'. Could not be parsed. Use a field, then ASC or DESC.`);
  }
  return { field: readOrderedField(name, grammar), descending: word === "desc" };
}

function readOrderedField(name: Token, grammar: SearchGrammar): Field {
  const isAttribute = name.prefix === undefined || kindNames[name.prefix] === "attribute";
  const key = grammar.aliases?.[name.text] ?? name.text;
  if (isAttribute && !Object.hasOwn(grammar.attributes, key)) {
    const valid = Object.keys(grammar.attributes).join("', '");
    throw wrong(
      `Invalid order by key '${name.text}' specified. Invalid attribute key '${name.text}' specified. Valid keys are '${valid}'`,
    );
  }
  return readField(name, grammar);
}

export function rest(text: string, token: Token | undefined): string {
  return token === undefined ? "" : text.slice(token.at, token.at + 80);
}

export function wrong(message: string, position?: SourcePosition): Problem {
  return new Problem(problems.run_filter_invalid, {
    message,
    ...(position === undefined ? {} : { position }),
  });
}
