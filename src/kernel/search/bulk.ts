import { CompiledQuery, sql } from "kysely";
import type { RawBuilder } from "kysely";

import type { Database } from "../db/index.ts";

type Cell = string | number | null;

// Below SQLite's 32766 parameters for our widest row (9 columns).
const largestChunk = 1_024;

/**
 * Inserts many rows with few statements: chunks of 1024, 512, … 1 rows, so that there are eleven
 * texts per table, each prepared once. Numbers stay binary all the way, which JSON would not promise.
 * Without `onConflict` a row that is there already is an error.
 */
export async function insertRows(
  db: Database,
  into: string,
  rows: readonly (readonly Cell[])[],
  onConflict?: string,
): Promise<void> {
  let start = 0;
  while (start < rows.length) {
    const size = Math.min(largestChunk, 2 ** Math.floor(Math.log2(rows.length - start)));
    const chunk = rows.slice(start, start + size);
    const text = insertText(db.engine, into, chunk[0]?.length ?? 0, size, onConflict);
    await db.query.executeQuery(CompiledQuery.raw(text, chunk.flat()));
    start += size;
  }
}

const texts = new Map<string, string>();

function insertText(
  engine: Database["engine"],
  into: string,
  width: number,
  rows: number,
  onConflict: string | undefined,
): string {
  const key = `${engine} ${rows} ${into} ${onConflict ?? ""}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  const mark = (index: number): string => (engine === "postgres" ? `$${index + 1}` : "?");
  const row = (at: number): string =>
    `(${Array.from({ length: width }, (_, column) => mark(at * width + column)).join(", ")})`;
  const values = Array.from({ length: rows }, (_, at) => row(at)).join(", ");
  const conflict = onConflict === undefined ? "" : ` on conflict ${onConflict}`;
  const text = `insert into ${into} values ${values}${conflict}`;
  texts.set(key, text);
  return text;
}

/** `(1, 2, 3)` for `in`, as one parameter: the statement's text does not depend on how many there are. */
export function numberList(db: Database, numbers: readonly number[]): RawBuilder<unknown> {
  const json = JSON.stringify(numbers);
  return db.engine === "sqlite"
    ? sql`(select value from json_each(${json}))`
    : sql`(select value::bigint from json_array_elements_text(${json}::json))`;
}

/** As `numberList`, for texts. */
export function textList(db: Database, entries: readonly string[]): RawBuilder<unknown> {
  const json = JSON.stringify(entries);
  return db.engine === "sqlite"
    ? sql`(select value from json_each(${json}))`
    : sql`(select value from json_array_elements_text(${json}::json))`;
}
