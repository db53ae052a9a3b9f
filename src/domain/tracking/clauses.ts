import type { Problem } from "#kernel/errors";

import { mostConditions, placeOf, readCondition, rest, wrong } from "./filter.ts";
import type { Condition, SearchGrammar } from "./filter.ts";
import { tokenize } from "./tokens.ts";

/** A condition, or several joined: what the product's own search takes, and MLflow's does not. */
export type Clause = Condition | { readonly any: readonly Clause[] } | { readonly all: readonly Clause[] };

const deepestNesting = 20;

/**
 * Reads the same conditions joined by `and`, `or` and parentheses; `and` binds closer. The result is a list
 * that must hold as a whole. A problem names line and column of the piece that cannot be read.
 */
export function parseClauses(text: string, grammar: SearchGrammar): readonly Clause[] {
  const tokens = tokenize(text);
  if (tokens.length === 0) return [];
  let conditions = 0;
  let position = 0;

  const isAt = (word: string): boolean => tokens[position]?.word === word;
  const isSymbolAt = (symbol: string): boolean =>
    tokens[position]?.kind === "symbol" && tokens[position]?.text === symbol;

  const readAny = (depth: number): Clause => {
    const parts = [readAll(depth)];
    while (isAt("or")) {
      position++;
      parts.push(readAll(depth));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { any: parts };
  };
  const readAll = (depth: number): Clause => {
    const parts = [readOne(depth)];
    while (isAt("and")) {
      position++;
      parts.push(readOne(depth));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { all: parts };
  };
  const readOne = (depth: number): Clause => {
    if (isSymbolAt("(")) {
      if (depth === deepestNesting) throw wrong(`Parentheses nest at most ${deepestNesting} deep.`);
      position++;
      const inner = readAny(depth + 1);
      if (!isSymbolAt(")")) throw expected("`)`, `and` or `or`");
      position++;
      return inner;
    }
    if (++conditions > mostConditions) throw wrong(`A filter has at most ${mostConditions} conditions.`);
    if (tokens[position]?.kind !== "name") throw expected("a condition such as metrics.auc > 0.9");
    const read = readCondition(tokens, position, grammar, text);
    position = read.next;
    return read.condition;
  };
  const expected = (what: string): Problem => {
    const token = tokens[position];
    const found = token === undefined ? "the end" : `'${rest(text, token)}'`;
    return wrong(`Expected ${what}, found ${found}`, placeOf(text, token?.at ?? text.length));
  };

  const clause = readAny(0);
  if (position < tokens.length) throw expected("`and` or `or`");
  return "all" in clause ? clause.all : [clause];
}
