import { Problem } from "#kernel/errors";
import type { Datatype, Row, Signature, SignatureInput, Value } from "#registry/runtimes";

import { invalid, mustBe } from "./parse.ts";
import { problems } from "./problems.ts";

/** One column of a request as it came, its values not yet looked at. */
export interface Column {
  readonly name: string;
  /** What the request says it holds; undefined where the protocol does not say. */
  readonly datatype: TensorDatatype | undefined;
  /** One per row; undefined where a record lacks the field. */
  readonly values: readonly unknown[];
  /** Where the value of a row stands in the request. */
  path(row: number): string;
}

/** The columns by name, all of the same length: what every protocol is parsed into. */
export type Columns = ReadonlyMap<string, Column>;

/** Datatypes a tensor may declare: those of signatures, and other widths of numbers. */
export type TensorDatatype = Datatype | (typeof otherNumbers)[number];
const otherNumbers = ["FP16", "INT8", "INT16", "INT32", "UINT8", "UINT16", "UINT32", "UINT64"] as const;
export const tensorDatatypes = ["BYTES", "BOOL", "FP32", "FP64", "INT64", ...otherNumbers] as const;

const maximumRows = 10_000;
const maximumCharacters = 100_000;

export function requireRows(rows: number): void {
  if (rows <= maximumRows) return;
  throw new Problem(problems.prediction_too_large, {
    message: `The request asks for ${rows} rows; ${maximumRows} fit in one.`,
  });
}

/**
 * The rows a model is given and the log keeps: every input of the signature, of its type, then the
 * columns beyond it. Throws `prediction_input_invalid` naming the place.
 */
export function readRows(columns: Columns, signature: Signature): readonly Row[] {
  const rows: Record<string, Value>[] = Array.from({ length: rowsIn(columns) }, () => ({}));
  const inputs = new Set<string>();
  for (const input of signature.inputs) {
    inputs.add(input.name);
    fillInput(rows, input, columns);
  }
  for (const column of columns.values()) {
    if (inputs.has(column.name)) continue;
    for (const [index, row] of rows.entries()) row[column.name] = readExtra(column, index);
  }
  return rows;
}

export function rowsIn(columns: Columns): number {
  for (const column of columns.values()) return column.values.length;
  return 0;
}

/** Puts a column among the others. Throws when its name is taken or its length differs. */
export function addColumn(columns: Map<string, Column>, column: Column, path: string): void {
  const { name, values } = column;
  // Assigning to it would change the row's prototype, and lose the value without a word.
  if (name === "" || name === "__proto__") throw invalid(`${path}.name`, "a name", name);
  if (columns.has(name)) throw mustBe(path, `the only column named "${name}"`);
  const [first] = columns.values();
  if (first !== undefined && first.values.length !== values.length) {
    throw invalid(path, `of ${first.values.length} rows like "${first.name}"`, values.length);
  }
  columns.set(name, column);
}

function fillInput(rows: readonly Record<string, Value>[], input: SignatureInput, columns: Columns): void {
  const { name, datatype } = input;
  const column = columns.get(name);
  if (column === undefined) {
    if (!input.optional)
      throw invalid("inputs", `a list that names "${name}" (${datatype})`, [...columns.keys()]);
    for (const row of rows) row[name] = null;
    return;
  }
  if (column.datatype !== undefined && !accepts(datatype, column.datatype)) {
    throw invalid(column.path(0), `${datatype} for "${name}"`, column.datatype);
  }
  for (const [index, row] of rows.entries()) row[name] = readInput(column, index, input);
}

/** A number may come as any datatype of numbers; texts and truth values only as what they are. */
function accepts(expected: Datatype, declared: TensorDatatype): boolean {
  return expected === declared || (isNumeric(expected) && isNumeric(declared));
}

function isNumeric(datatype: TensorDatatype): boolean {
  return datatype !== "BYTES" && datatype !== "BOOL";
}

/** null is a missing text or number, which models may have learnt; whole numbers and truth values have none. */
function readInput(column: Column, row: number, { datatype, optional }: SignatureInput): Value {
  const value = column.values[row];
  const mayBeNull = optional || datatype === "BYTES" || datatype === "FP32" || datatype === "FP64";
  if (value === null ? mayBeNull : value === undefined && optional) return null;
  if (isOf(datatype, value)) return value;
  throw invalid(column.path(row), expectations[datatype], value);
}

function readExtra(column: Column, row: number): Value {
  const value = column.values[row] ?? null;
  const datatype = column.datatype ?? datatypeOf(value);
  if (value === null || isOf(datatype, value)) return value;
  throw invalid(column.path(row), expectations[datatype], value);
}

/** In the forms that declare no datatypes, the value tells. */
function datatypeOf(value: unknown): Datatype {
  return typeof value === "number" ? "FP64" : typeof value === "boolean" ? "BOOL" : "BYTES";
}

function isOf(datatype: TensorDatatype, value: unknown): value is string | number | boolean {
  switch (datatype) {
    case "BYTES":
      return typeof value === "string" && value.length <= maximumCharacters && !value.includes("\0");
    case "BOOL":
      return typeof value === "boolean";
    case "FP64":
      return Number.isFinite(value);
    case "FP16":
    case "FP32":
      return typeof value === "number" && Number.isFinite(Math.fround(value));
    default:
      return Number.isSafeInteger(value);
  }
}

const text = `a text of at most ${maximumCharacters} characters without U+0000`;
const wholeNumber = "a whole number within 2^53";
const expectations: Readonly<Record<TensorDatatype, string>> = {
  BYTES: text,
  BOOL: "true or false",
  FP16: "a number within single precision",
  FP32: "a number within single precision",
  FP64: "a finite number",
  INT8: wholeNumber,
  INT16: wholeNumber,
  INT32: wholeNumber,
  INT64: wholeNumber,
  UINT8: wholeNumber,
  UINT16: wholeNumber,
  UINT32: wholeNumber,
  UINT64: wholeNumber,
};
