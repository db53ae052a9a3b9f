export type Cell = string | number | null;

/** A column of rows as one parameter of PostgreSQL, with the type of array it is to be read as. */
export interface CellArray {
  readonly type: "bigint[]" | "float8[]" | "text[]";
  readonly value: Uint8Array | readonly Cell[];
}

/**
 * The columns of rows. Which type a column has in the table is not known here; what is sent is cast to it on the
 * way in, and loses nothing: whole numbers are below 2^53, and a column of nulls fits any.
 */
export function cellArrays(rows: readonly (readonly Cell[])[]): readonly CellArray[] {
  const width = rows[0]?.length ?? 0;
  return Array.from({ length: width }, (_, at) => toArray(rows.map((row) => row[at] ?? null)));
}

function toArray(cells: readonly Cell[]): CellArray {
  const numbers: (number | null)[] = [];
  for (const cell of cells) {
    if (typeof cell === "string") return { type: "text[]", value: cells };
    numbers.push(cell);
  }
  const isWhole = numbers.every((number) => number === null || Number.isSafeInteger(number));
  return isWhole
    ? { type: "bigint[]", value: packed(numbers, int8, writeWhole) }
    : { type: "float8[]", value: packed(numbers, float8, writeReal) };
}

// Numbers of the types in PostgreSQL's catalogue.
const int8 = 20;
const float8 = 701;
const headBytes = 20;

/**
 * An array in PostgreSQL's binary form (`array_recv` in its `arrayfuncs.c`), which neither side has to print or
 * read as text: how many dimensions, whether there are nulls, the type, the length, the first index, and then
 * each element behind its length, which is -1 for a null.
 */
function packed(
  numbers: readonly (number | null)[],
  type: number,
  write: (view: DataView, at: number, number: number) => void,
): Uint8Array {
  const bytes = Buffer.alloc(headBytes + numbers.length * 12);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = [1, numbers.includes(null) ? 1 : 0, type, numbers.length, 1];
  for (const [index, word] of head.entries()) view.setInt32(index * 4, word);
  let at = headBytes;
  for (const number of numbers) {
    view.setInt32(at, number === null ? -1 : 8);
    at += 4;
    if (number === null) continue;
    write(view, at, number);
    at += 8;
  }
  return bytes.subarray(0, at);
}

function writeWhole(view: DataView, at: number, number: number): void {
  view.setInt32(at, Math.floor(number / 2 ** 32));
  view.setInt32(at + 4, number | 0);
}

function writeReal(view: DataView, at: number, number: number): void {
  view.setFloat64(at, number);
}
