import { parseExactJson } from "#kernel/exact-json";

import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import { readYamlValue } from "../formats/yaml-reader.ts";
import type { YamlMapping, YamlValue } from "../formats/yaml-value.ts";

/** The rows of a plots file: CSV and TSV by their headings, JSON and YAML by the first list of mappings in them. */
export function readPoints(path: string, text: string, hasHeading: boolean): readonly YamlMapping[] {
  if (/\.csv$/i.test(path)) return readSeparated(text, ",", hasHeading);
  if (/\.tsv$/i.test(path)) return readSeparated(text, "\t", hasHeading);
  const value = /\.json$/i.test(path) ? parseExactJson(text) : readYamlValue(path, text);
  return findRows(value) ?? [];
}

function findRows(value: YamlValue): readonly YamlMapping[] | undefined {
  if (isYamlList(value)) {
    const rows = value.filter(isYamlMapping);
    return rows.length > 0 ? rows : undefined;
  }
  if (!isYamlMapping(value)) return undefined;
  for (const member of Object.values(value)) {
    const rows = findRows(member);
    if (rows !== undefined) return rows;
  }
  return undefined;
}

function readSeparated(text: string, separator: string, hasHeading: boolean): readonly YamlMapping[] {
  const lines = splitRows(text, separator);
  const [first = []] = lines;
  const headings = hasHeading ? first : first.map((_cell, index) => String(index));
  return lines
    .slice(hasHeading ? 1 : 0)
    .map((cells) =>
      Object.fromEntries(headings.map((heading, index) => [heading, cellValue(cells[index] ?? "")])),
    );
}

function cellValue(text: string): YamlValue {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text);
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Cells in quotes may hold separators, breaks, and quotes written twice. */
function splitRows(text: string, separator: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const sign = text[index] ?? "";
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (text[index + 1] === '"') {
        cell += sign;
        index += 1;
      } else isQuoted = false;
    } else if (sign === '"' && cell === "") isQuoted = true;
    else if (sign === separator) {
      row.push(cell);
      cell = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[index + 1] === "\n") index += 1;
      row.push(cell);
      rows.push(row);
      [row, cell] = [[], ""];
    } else cell += sign;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows.filter((cells) => cells.length > 1 || cells[0] !== "");
}
