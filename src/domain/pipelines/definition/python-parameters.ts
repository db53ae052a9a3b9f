import type { Mapping, Value } from "./values.ts";

/**
 * The parameters of a Python file: assignments of literals at the top, in class bodies, and to `self`
 * in `__init__` (as `Class.name`). Anything that is not a literal is no parameter and is passed over.
 */
export function readPythonParameters(text: string): Mapping {
  const values: Record<string, Value> = {};
  let scope: { readonly target: Record<string, Value>; readonly indent: number } | undefined;
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (/^\s*(#|$)/.test(line)) continue;
    const indent = line.length - line.trimStart().length;
    const opened = /^class\s+([\p{L}_][\p{L}\p{N}_]*)\s*[(:]/u.exec(line)?.[1];
    if (opened !== undefined) {
      const target: Record<string, Value> = {};
      values[opened] = target;
      scope = { target, indent };
      continue;
    }
    if (indent === 0) scope = undefined;
    const assignment = /^\s*(self\.)?([\p{L}_][\p{L}\p{N}_]*)\s*(?::[^=]+)?=(?!=)\s*(.*)$/u.exec(line);
    if (assignment === null || (indent > 0 && scope === undefined)) continue;
    const [, , name = "", first = ""] = assignment;
    const rest = [first, ...lines.slice(index + 1)].join("\n");
    const literal = readLiteral(rest);
    if (literal !== undefined) (scope?.target ?? values)[name] = literal;
  }
  return values;
}

/** Reads one literal that ends at a line's end; undefined when it is an expression. */
function readLiteral(text: string): Value | undefined {
  const cursor = { text, at: 0 };
  try {
    const value = readValue(cursor);
    return /^[ \t]*(#.*)?(\n|$)/.test(text.slice(cursor.at)) ? value : undefined;
  } catch (error) {
    if (error === notALiteral) return undefined;
    throw error;
  }
}

interface Cursor {
  readonly text: string;
  at: number;
}

const notALiteral = new Error("not a literal");
const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["True", true],
  ["False", false],
  ["None", null],
]);

function readValue(cursor: Cursor): Value {
  const start = cursor.text[cursor.at] ?? "";
  if (start === "[") return readItems(cursor, "]");
  if (start === "(") return readItems(cursor, ")");
  if (start === "{") return readBraces(cursor);
  if (start === '"' || start === "'") return readString(cursor);
  const token = /^[-+]?[\w.]+(?:(?<=[eE])[-+]\d+)?/.exec(cursor.text.slice(cursor.at))?.[0] ?? "";
  cursor.at += token.length;
  return words.get(token) ?? readNumber(token, words.has(token));
}

function readNumber(token: string, isWord: boolean): Value {
  if (isWord) return null;
  const plain = token.replaceAll("_", "");
  if (/^[-+]?\d+$/.test(plain)) return BigInt(plain.replace(/^\+/, ""));
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(plain)) return Number(plain);
  throw notALiteral;
}

function readString(cursor: Cursor): string {
  const rest = cursor.text.slice(cursor.at);
  const found = /^("""|''')([\s\S]*?)\1|^("|')((?:\\.|(?!\3)[^\\\n])*)\3/.exec(rest);
  if (found === null) throw notALiteral;
  cursor.at += found[0].length;
  const inner = found[2] ?? found[4] ?? "";
  return inner.replace(/\\(n|t|r|\\|'|"|\n)/g, (_whole, escaped: string) => escapes[escaped] ?? escaped);
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };

function readItems(cursor: Cursor, close: string): readonly Value[] {
  const items: Value[] = [];
  cursor.at++;
  for (skipSpace(cursor); cursor.text[cursor.at] !== close; skipSpace(cursor)) {
    items.push(readValue(cursor));
    readComma(cursor, close);
  }
  cursor.at++;
  return items;
}

/** A dictionary, or a set, which becomes a list. */
function readBraces(cursor: Cursor): Value {
  const entries: [string, Value][] = [];
  const items: Value[] = [];
  cursor.at++;
  for (skipSpace(cursor); cursor.text[cursor.at] !== "}"; skipSpace(cursor)) {
    const key = readValue(cursor);
    skipSpace(cursor);
    if (cursor.text[cursor.at] === ":") {
      cursor.at++;
      skipSpace(cursor);
      entries.push([String(key), readValue(cursor)]);
    } else {
      items.push(key);
    }
    readComma(cursor, "}");
  }
  cursor.at++;
  return items.length > 0 ? items : Object.fromEntries(entries);
}

function readComma(cursor: Cursor, close: string): void {
  skipSpace(cursor);
  const next = cursor.text[cursor.at];
  if (next === ",") cursor.at++;
  else if (next !== close) throw notALiteral;
}

function skipSpace(cursor: Cursor): void {
  cursor.at += /^(\s|#.*)*/.exec(cursor.text.slice(cursor.at))?.[0].length ?? 0;
}
