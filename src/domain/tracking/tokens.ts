import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** A piece of a filter. A name is `key` or `prefix.key`, its parts perhaps in backticks or double quotes. */
export interface Token {
  readonly kind: "name" | "text" | "number" | "symbol";
  /** The name's key, the text without its quotes, the number or the symbol. */
  readonly text: string;
  readonly prefix: string | undefined;
  /** Lower case, of a bare word: `and`, `like`, `desc`. */
  readonly word: string | undefined;
  /** A name of one part in double quotes or backticks, which as a value means a text. */
  readonly quoted: boolean;
  readonly raw: string;
  /** Where it begins. */
  readonly at: number;
}

const longestFilter = 50_000;
const spaces = /\s+/y;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}_.])/uy;
const symbol = /!=|<=|>=|[=<>(),]/y;
const singleQuoted = /'((?:[^']|'')*)'/y;
const prefixPart = /([A-Za-z_]+)\./y;
const backticked = /`([^`]*)`/y;
const doubleQuoted = /"([^"]*)"/y;
const bare = /[\p{L}\p{N}_.\-/:]+/uy;

/** Cuts a filter into its pieces. Linear in its length; throws `run_filter_invalid` where nothing fits. */
export function tokenize(text: string): readonly Token[] {
  if (text.length > longestFilter) throw wrong(`The filter is longer than ${longestFilter} characters.`);
  const tokens: Token[] = [];
  let at = match(spaces, text, 0)?.[0].length ?? 0;
  while (at < text.length) {
    const token = readToken(text, at);
    tokens.push(token);
    at += token.raw.length;
    at += match(spaces, text, at)?.[0].length ?? 0;
  }
  return tokens;
}

function readToken(text: string, at: number): Token {
  const plain = { prefix: undefined, word: undefined, quoted: false, at };
  const aText = match(singleQuoted, text, at);
  if (aText !== null)
    return { ...plain, kind: "text", text: (aText[1] ?? "").replaceAll("''", "'"), raw: aText[0] };
  const aNumber = match(number, text, at);
  if (aNumber !== null) return { ...plain, kind: "number", text: aNumber[0], raw: aNumber[0] };
  const aSymbol = match(symbol, text, at);
  if (aSymbol !== null) return { ...plain, kind: "symbol", text: aSymbol[0], raw: aSymbol[0] };
  return readName(text, at);
}

function readName(text: string, at: number): Token {
  const whole = match(backticked, text, at) ?? match(doubleQuoted, text, at);
  // A quoted prefix (`metrics`.`x`) is read as if it were bare.
  if (whole !== null && text[at + whole[0].length] === "." && /^[A-Za-z_]+$/.test(whole[1] ?? "")) {
    return readKey(text, at, whole[1], whole[0].length + 1);
  }
  const prefix = match(prefixPart, text, at);
  if (prefix !== null) return readKey(text, at, prefix[1], prefix[0].length);
  return readKey(text, at, undefined, 0);
}

function readKey(text: string, at: number, prefix: string | undefined, skip: number): Token {
  const start = at + skip;
  const quoted = match(backticked, text, start) ?? match(doubleQuoted, text, start);
  const key = quoted ?? match(bare, text, start);
  if (key === null)
    throw wrong(`Invalid clause(s) in filter string: cannot read '${text.slice(at, at + 80)}'`, text, at);
  const isBare = quoted === null && prefix === undefined;
  // ``span.attributes.`a b` ``: the last part alone is quoted.
  const end = start + key[0].length;
  const last =
    quoted === null && key[0].endsWith(".")
      ? (match(backticked, text, end) ?? match(doubleQuoted, text, end))
      : null;
  if (last !== null) {
    const raw = text.slice(at, end + last[0].length);
    return {
      kind: "name",
      text: `${key[0]}${last[1] ?? ""}`,
      prefix,
      word: undefined,
      quoted: false,
      raw,
      at,
    };
  }
  return {
    kind: "name",
    text: quoted === null ? key[0] : (key[1] ?? ""),
    prefix,
    word: isBare ? key[0].toLowerCase() : undefined,
    quoted: quoted !== null && prefix === undefined,
    raw: text.slice(at, end),
    at,
  };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function wrong(message: string, text = "", at = 0): Problem {
  const before = text.slice(0, at).split("\n");
  const position = { file: "filter", line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  return new Problem(problems.run_filter_invalid, { message, position });
}
