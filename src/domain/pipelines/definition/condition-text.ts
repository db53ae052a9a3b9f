import type { Comparison, Condition, Operand } from "./condition.ts";

/** A condition as it is kept: what was written, and what it means. */
export interface WrittenCondition {
  readonly text: string;
  readonly condition: Condition;
}

/**
 * Reads `metrics.evaluate.recall >= 0.8 and (params.publish or not params.dry_run)`.
 *
 * Operands are numbers, texts in quotes, `true`, `false`, `null`, `params.<key>` of params.yaml,
 * `params["other.yaml"].<key>`, `metrics.<stage>.<key>` and `metrics["train@small"].<key>`; they are
 * compared with `== != < <= > >=` and joined by `and`, `or`, `not` and parentheses. What cannot be read
 * comes back as a sentence.
 */
export function readCondition(text: string): WrittenCondition | { readonly mistake: string } {
  const tokens = tokenise(text);
  if (typeof tokens === "string") return { mistake: tokens };
  try {
    const reader = createReader(tokens);
    const condition = readOr(reader);
    if (reader.peek() !== undefined) throw new Unreadable(`"${reader.peek()?.text}" is one word too many`);
    return { text, condition };
  } catch (error) {
    if (error instanceof Unreadable) return { mistake: error.message };
    throw error;
  }
}

class Unreadable extends Error {}

interface Token {
  readonly kind: "number" | "text" | "word" | "sign" | "reference";
  readonly text: string;
}

const pattern =
  /\s+|(?<reference>(?:params|metrics)(?:\.[\w@-]+|\["[^"]+"\]|\['[^']+'\])+)|(?<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?<text>"[^"]*"|'[^']*')|(?<sign>==|!=|<=|>=|<|>|\(|\))|(?<word>[A-Za-z_]\w*)/y;

function tokenise(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return `"${text.slice(at, at + 20)}" cannot be read`;
    const [kind, found] = Object.entries(match.groups ?? {}).find(([, part]) => part !== undefined) ?? [];
    if (found === undefined) continue;
    if (kind === "number" || kind === "text" || kind === "word" || kind === "sign" || kind === "reference")
      tokens.push({ kind, text: found });
  }
  return tokens.length === 0 ? "it is empty" : tokens;
}

interface Reader {
  peek(): Token | undefined;
  next(): Token | undefined;
}

function createReader(tokens: readonly Token[]): Reader {
  let at = 0;
  return { peek: () => tokens[at], next: () => tokens[at++] };
}

function readOr(reader: Reader): Condition {
  const parts = [readAnd(reader)];
  while (takeWord(reader, "or")) parts.push(readAnd(reader));
  return join("or", parts);
}

function readAnd(reader: Reader): Condition {
  const parts = [readNot(reader)];
  while (takeWord(reader, "and")) parts.push(readNot(reader));
  return join("and", parts);
}

function join(kind: "and" | "or", parts: readonly Condition[]): Condition {
  const [only, second] = parts;
  return only !== undefined && second === undefined ? only : { kind, parts };
}

function readNot(reader: Reader): Condition {
  if (takeWord(reader, "not")) return { kind: "not", part: readNot(reader) };
  if (reader.peek()?.text !== "(" || reader.peek()?.kind !== "sign") return readComparison(reader);
  reader.next();
  const inner = readOr(reader);
  if (reader.next()?.text !== ")") throw new Unreadable("a parenthesis is not closed");
  return inner;
}

function readComparison(reader: Reader): Condition {
  const left = readOperand(reader);
  const comparison = comparisonOf(reader.peek());
  if (comparison === undefined) return { kind: "is_true", operand: left };
  reader.next();
  return { kind: "compare", left, comparison, right: readOperand(reader) };
}

const comparisons: readonly Comparison[] = ["==", "!=", "<", "<=", ">", ">="];

function comparisonOf(token: Token | undefined): Comparison | undefined {
  return token?.kind === "sign" ? comparisons.find((known) => known === token.text) : undefined;
}

const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

function readOperand(reader: Reader): Operand {
  const token = reader.next();
  if (token === undefined) throw new Unreadable("it ends where a value was expected");
  if (token.kind === "number") return { kind: "value", value: Number(token.text) };
  if (token.kind === "text") return { kind: "value", value: token.text.slice(1, -1) };
  if (token.kind === "reference") return readReference(token.text);
  const word = words[token.text];
  if (token.kind === "word" && word !== undefined) return { kind: "value", value: word };
  throw new Unreadable(
    `"${token.text}" is no value; a parameter is written params.${token.text}, a text "${token.text}"`,
  );
}

function readReference(text: string): Operand {
  const [root, ...parts] = [...text.matchAll(/[\w@-]+|\["([^"]+)"\]|\['([^']+)'\]/g)].map(
    (match) => match[1] ?? match[2] ?? match[0],
  );
  const [first = "", ...rest] = parts;
  if (root === "metrics") {
    if (rest.length === 0)
      throw new Unreadable(`"${text}" names no number of the stage: metrics.<stage>.<key>`);
    return { kind: "metric", stage: first, key: rest.join("."), text };
  }
  const isFile = /^params\s*\[/.test(text);
  if (isFile && rest.length === 0) throw new Unreadable(`"${text}" names no key of the file`);
  return isFile
    ? { kind: "parameter", file: first, key: rest.join("."), text }
    : { kind: "parameter", file: "params.yaml", key: parts.join("."), text };
}

function takeWord(reader: Reader, word: string): boolean {
  if (reader.peek()?.kind !== "word" || reader.peek()?.text !== word) return false;
  reader.next();
  return true;
}
