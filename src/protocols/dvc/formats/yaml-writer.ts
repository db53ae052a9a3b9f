import type { Scalar } from "#pipelines/definition";

import { Verbatim, scalarForm } from "./scalar.ts";
import type { YamlValue } from "./yaml-value.ts";

/** The column after which `ruamel.yaml` breaks a line, at the next single space. */
const width = 80;

/**
 * Writes YAML byte for byte as DVC does: block style, lists at the column of their key, long texts
 * broken after column 80.
 */
export function writeYaml(value: { readonly [key: string]: YamlValue }): string {
  if (Object.keys(value).length === 0) return "{}\n";
  const page = new Page();
  writeMapping(page, value, 0);
  return page.text;
}

/** The lines of one key of a mapping at an indentation, for a file that is otherwise left as it is. */
export function writeEntry(key: string, value: YamlValue, indent: number): string {
  const page = new Page();
  writeMapping(page, { [key]: value }, indent);
  return page.text;
}

/** Text that grows, and the column it has reached. */
class Page {
  text = "";
  column = 0;
  add(piece: string): void {
    this.text += piece;
    this.column += [...piece].length;
  }
  breakLine(): void {
    this.text += "\n";
    this.column = 0;
  }
  startLine(indent: number): void {
    if (this.column > 0) this.breakLine();
    this.add(" ".repeat(indent));
  }
}

function writeMapping(
  page: Page,
  mapping: { readonly [key: string]: YamlValue },
  indent: number,
  isInline = false,
): void {
  for (const [index, [key, value]] of Object.entries(mapping).entries()) {
    if (index > 0 || !isInline) page.startLine(indent);
    const isSimple = isSimpleKey(key);
    if (!isSimple) page.add("? ");
    writeScalar(page, key, indent + 2, isSimple);
    if (!isSimple) page.startLine(indent);
    page.add(":");
    writeValue(page, value, indent, !isSimple);
  }
}

/** Whether a key stands before its colon, as nearly all do; what is long or has lines is marked with `?`. */
function isSimpleKey(key: string): boolean {
  return [...key].length < 123 && !/[\n\u0085\u2028\u2029]/.test(key);
}

function writeValue(page: Page, value: YamlValue, indent: number, isInList: boolean): void {
  if (value instanceof Verbatim || value === null || typeof value !== "object") {
    writeSpacedScalar(page, value, indent, isInList);
  } else if (isList(value)) {
    if (value.length === 0) return (page.add(" []"), endLine(page));
    writeList(page, value, isInList ? indent + 2 : indent, isInList);
  } else if (Object.keys(value).length === 0) {
    page.add(" {}");
    endLine(page);
  } else {
    if (isInList) page.add(" ");
    writeMapping(page, value, indent + 2, isInList);
  }
}

function writeList(page: Page, list: readonly YamlValue[], indent: number, isInline: boolean): void {
  for (const [index, item] of list.entries()) {
    if (index === 0 && isInline) page.add(" ");
    else page.startLine(indent);
    page.add("-");
    writeValue(page, item, indent, true);
  }
}

function writeSpacedScalar(page: Page, value: Scalar | Verbatim, indent: number, isInList: boolean): void {
  if (value !== null || isInList) page.add(" ");
  if (value !== null) writeScalar(page, value, indent + 2, false);
  endLine(page);
}

function endLine(page: Page): void {
  page.breakLine();
}

function writeScalar(page: Page, value: Scalar | Verbatim, indent: number, isKey: boolean): void {
  const { style, text } = scalarForm(value, isKey);
  if (style === "plain") writePlain(page, text, indent, isKey);
  else if (style === "single") writeSingleQuoted(page, text, indent, isKey);
  else writeDoubleQuoted(page, text, indent, isKey);
}

const lineBreak = /^[\n\u0085\u2028\u2029]/;

/** A word that no longer fits begins a line, whose space stays behind; so does one after a full line. */
function writePlain(page: Page, text: string, indent: number, isKey: boolean): void {
  for (const piece of piecesOf(text)) {
    if (piece.startsWith(" ")) {
      if (piece === " " && page.column >= width && !isKey) page.startLine(indent);
      else page.add(piece);
      continue;
    }
    if ([...piece].length + page.column > width && page.column > indent) page.startLine(indent);
    page.add(piece);
  }
}

/** Broken at a single space once the line is longer than the width; a break becomes an empty line more. */
function writeSingleQuoted(page: Page, text: string, indent: number, isKey: boolean): void {
  page.add("'");
  let position = 0;
  for (const piece of piecesOf(text)) {
    const end = position + piece.length;
    if (piece.startsWith(" ")) {
      const isWithin = position > 0 && end < text.length;
      if (piece === " " && page.column > width && !isKey && isWithin) page.startLine(indent);
      else page.add(piece);
    } else if (lineBreak.test(piece)) {
      if (piece.startsWith("\n")) page.breakLine();
      page.text += piece;
      page.column = 0;
      page.add(" ".repeat(indent));
    } else page.add(piece.replaceAll("'", "''"));
    position = end;
  }
  page.add("'");
}

function piecesOf(text: string): readonly string[] {
  return text.match(/ +|[\n\u0085\u2028\u2029]+|[^ \n\u0085\u2028\u2029]+/g) ?? [];
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\u0085": "N",
  "\u00a0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

function writeDoubleQuoted(page: Page, text: string, indent: number, isKey: boolean): void {
  page.add('"');
  const characters = [...text];
  let start = 0;
  for (let end = 0; end <= characters.length; end++) {
    const character = characters[end];
    if (character === undefined || mustEscape(character)) {
      page.add(characters.slice(start, end).join(""));
      start = Math.max(start, end);
      if (character !== undefined) {
        page.add(escapeOf(character));
        start = end + 1;
      }
    }
    const mayBreak = end > 0 && end < characters.length - 1 && (character === " " || start >= end);
    if (isKey || !mayBreak || page.column + (end - start) <= width) continue;
    const backslash = mustMarkBreak(characters, start, end) ? "\\" : "";
    page.add(`${characters.slice(start, end).join("")}${backslash}`);
    start = Math.max(start, end);
    page.startLine(indent);
    if (characters[start] !== " ") continue;
    // Without the mark the break itself is read as the space.
    if (backslash === "") start += 1;
    page.add(backslash);
  }
  page.add('"');
}

/** Whether a broken line needs a backslash, for a reader not to take the break for a space too much. */
function mustMarkBreak(characters: readonly string[], start: number, end: number): boolean {
  const space = characters.indexOf(" ", end);
  if (space < 0) return true;
  const newline = characters.slice(0, space).indexOf("\n", end);
  const position = newline < 0 ? space : newline;
  const next = characters[position + 1];
  if (next === undefined) return true;
  if (characters[position] === "\n" && next !== " ") return true;
  const word = characters.slice(end, position);
  const isPlainWord = !word.includes('"') && !word.includes("'");
  const isDouble = characters[end - 1] === " " && characters[end] === " ";
  return !(isPlainWord && next !== " " && next !== "\n" && !isDouble && start !== end);
}

function mustEscape(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if ('"\\\u0085\u2028\u2029\ufeff'.includes(character)) return true;
  if (code >= 0x20 && code <= 0x7e) return false;
  return !(
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

function escapeOf(character: string): string {
  const short = escapes[character];
  if (short !== undefined) return `\\${short}`;
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}
