import { CompiledQuery, sql } from "kysely";
import type { RawBuilder } from "kysely";

import { planIsKept } from "../db/index.ts";
import type { Database } from "../db/index.ts";
import { cellArrays } from "./cell-arrays.ts";
import type { Cell, CellArray } from "./cell-arrays.ts";

/**
 * Inserts many rows with few statements. Without `onConflict` a row that is there already is an error.
 * Numbers stay as exact as they are. In a transaction a failure may come to light only with its next statement.
 */
export async function insertRows(
  db: Database,
  into: string,
  rows: readonly (readonly Cell[])[],
  onConflict?: string,
): Promise<void> {
  const conflict = onConflict === undefined ? "" : ` on conflict ${onConflict}`;
  await (db.engine === "postgres" ? insertArrays : insertChunks)(db, into, rows, conflict);
}

// Bounds the memory of one statement.
const mostInArrays = 10_000;

/** PostgreSQL takes a column as one parameter: the text is short, and the same for any number of rows. */
async function insertArrays(
  db: Database,
  into: string,
  rows: readonly (readonly Cell[])[],
  conflict: string,
): Promise<void> {
  for (let start = 0; start < rows.length; start += mostInArrays) {
    const columns = cellArrays(rows.slice(start, start + mostInArrays));
    const text = `insert into ${into} ${unnested(columns)}${conflict}`;
    const values = columns.map((column) => column.value);
    await db.send(CompiledQuery.raw(text, values));
  }
}

function unnested(columns: readonly CellArray[]): string {
  const names = columns.map((_, at) => `c${at}`).join(", ");
  return `select ${names} from unnest(${columns.map(({ type }, at) => `$${at + 1}::${type}`).join(", ")}) as given (${names})`;
}

// Below SQLite's 32766 parameters for our widest row (14 columns).
const largestChunk = 1_024;

/** Chunks of 1024, 512, … 1 rows, so that there are eleven texts per table, each prepared once. */
async function insertChunks(
  db: Database,
  into: string,
  rows: readonly (readonly Cell[])[],
  conflict: string,
): Promise<void> {
  let start = 0;
  while (start < rows.length) {
    const size = Math.min(largestChunk, 2 ** Math.floor(Math.log2(rows.length - start)));
    const chunk = rows.slice(start, start + size);
    const text = insertText(into, chunk[0]?.length ?? 0, size, conflict);
    await db.send(CompiledQuery.raw(text, chunk.flat()));
    start += size;
  }
}

const texts = new Map<string, string>();

function insertText(into: string, width: number, rows: number, conflict: string): string {
  const key = `${rows} ${into}${conflict}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  const row = `(${Array.from({ length: width }, () => "?").join(", ")})`;
  const text = `insert into ${into} values ${Array.from({ length: rows }, () => row).join(", ")}${conflict}`;
  texts.set(key, text);
  return text;
}

/**
 * Whether an expression is one of these numbers, as one parameter: the statement's text does not depend on how many
 * there are. PostgreSQL looks the elements of an array up in an index, or hashes them where there is none. One alone,
 * which is most often what is asked for, is compared, so that the statement can be known by its name.
 */
export function amongNumbers(
  db: Database,
  expression: RawBuilder<unknown>,
  numbers: readonly number[],
): RawBuilder<boolean> {
  if (db.engine === "sqlite") return sql`${expression} in ${jsonList(numbers)}`;
  return numbers.length === 1
    ? sql`${expression} = ${numbers[0]}`
    : sql`${expression} = any(${`{${numbers.join(",")}}`}::bigint[])`;
}

/**
 * As `amongNumbers`, where the expression is the key by which the rows are found, or the beginning of it. Then one
 * plan is the best for any numbers, and PostgreSQL may keep it: of the time for the parts of 80 runs a third.
 */
export function foundByNumbers(
  db: Database,
  expression: RawBuilder<unknown>,
  numbers: readonly number[],
): RawBuilder<boolean> {
  const among = amongNumbers(db, expression, numbers);
  return db.engine === "sqlite" ? among : sql`${among} ${sql.raw(planIsKept)}`;
}

/** As `amongNumbers`, for texts. */
export function amongTexts(
  db: Database,
  expression: RawBuilder<unknown>,
  texts: readonly string[],
): RawBuilder<boolean> {
  if (db.engine === "sqlite") return sql`${expression} in ${jsonList(texts)}`;
  return texts.length === 1
    ? sql`${expression} = ${texts[0]}`
    : sql`${expression} = any(${[...texts]}::text[])`;
}

function jsonList(entries: readonly unknown[]): RawBuilder<unknown> {
  return sql`(select value from json_each(${JSON.stringify(entries)}))`;
}
