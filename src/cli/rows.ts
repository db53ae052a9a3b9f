import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

const rowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** A record to predict: column to value. */
export type Row = z.infer<typeof rowSchema>;

/**
 * Reads records from CSV with a header, from JSON lines, or from one JSON object or list. The first
 * character tells which. Throws `rows_invalid`, naming the line.
 */
export function parseRows(text: string, name: string): readonly Row[] {
  const begins = text.trimStart().charAt(0);
  const rows =
    begins === "[" ? readList(text, name) : begins === "{" ? readObjects(text, name) : readCsv(text, name);
  if (rows.length > 0) return rows;
  throw new Problem(problems.rows_invalid, { message: `${name} holds no record.` });
}

function readList(text: string, name: string): readonly Row[] {
  return z
    .array(z.unknown())
    .parse(parseJson(text, name, 1))
    .map((value, index) => toRow(value, name, `record ${index + 1}`));
}

function readObjects(text: string, name: string): readonly Row[] {
  const lines = text.split(/\r?\n/);
  const filled = lines.filter((line) => line.trim() !== "");
  // One object may stand on several lines; JSON lines hold one each.
  if (filled.length > 0 && !filled.every((line) => line.trimStart().startsWith("{"))) {
    return [toRow(parseJson(text, name, 1), name, "the record")];
  }
  return lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [toRow(parseJson(line, name, index + 1), name, `line ${index + 1}`)],
  );
}

function parseJson(text: string, name: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(problems.rows_invalid, {
      message: `${name} is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
      position: { file: name, line, column: 1 },
    });
  }
}

function toRow(value: unknown, name: string, place: string): Row {
  const row = rowSchema.safeParse(value);
  if (row.success) return row.data;
  throw new Problem(problems.rows_invalid, {
    message: `${name}, ${place}: a record is an object of texts, numbers, truth values and nulls.`,
  });
}

function readCsv(text: string, name: string): readonly Row[] {
  const [header, ...records] = splitCsv(text, name);
  if (header === undefined) return [];
  return records.map(({ cells, line }) => {
    if (cells.length !== header.cells.length) {
      throw new Problem(problems.rows_invalid, {
        message: `${name}, line ${line}: ${cells.length} values for ${header.cells.length} columns.`,
        position: { file: name, line, column: 1 },
      });
    }
    return Object.fromEntries(header.cells.map((column, index) => [column, cells[index] ?? null]));
  });
}

interface CsvRecord {
  readonly cells: readonly string[];
  /** Where it begins. */
  readonly line: number;
}

/** RFC 4180: quotes around values that hold commas, quotes (doubled) or line breaks. Empty lines are left out. */
function splitCsv(text: string, name: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  const source = text.replace(/^\uFEFF/, "");
  let cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  let line = 1;
  let startLine = 1;
  const endRecord = (): void => {
    cells.push(cell);
    if (cells.length > 1 || cell !== "") records.push({ cells, line: startLine });
    [cells, cell] = [[], ""];
  };
  for (let index = 0; index < source.length; index++) {
    const sign = source.charAt(index);
    if (sign === "\n") line++;
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (source[index + 1] === '"') cell += source[++index];
      else isQuoted = false;
    } else if (sign === '"' && cell === "") isQuoted = true;
    else if (sign === ",") [cells, cell] = [[...cells, cell], ""];
    else if (sign === "\n") {
      endRecord();
      startLine = line;
    } else if (sign !== "\r" || source[index + 1] !== "\n") cell += sign;
  }
  if (isQuoted) {
    throw new Problem(problems.rows_invalid, {
      message: `${name}: the quote of the record in line ${startLine} is not closed.`,
      position: { file: name, line: startLine, column: 1 },
    });
  }
  if (cell !== "" || cells.length > 0) endRecord();
  return records;
}
