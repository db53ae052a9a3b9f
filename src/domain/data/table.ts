import type { z } from "zod";

/** Asks the analyst; each row is parsed by the schema. */
export type Query = <Row>(sql: string, row: z.ZodType<Row>) => Promise<Row[]>;

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * The FROM clause that reads a CSV with every value as text, in the order of the file. `skip = 0`: left
 * to itself, DuckDB takes the first row that fits the longest one for the header.
 */
export function csvAsText(path: string): string {
  return `read_csv(${quoteText(path)}, header = true, skip = 0, all_varchar = true, delim = ',', quote = '"', escape = '"', strict_mode = true)`;
}

/** The same file with the types DuckDB finds when it looks at every row. */
export function csvTyped(path: string): string {
  return `read_csv(${quoteText(path)}, header = true, skip = 0, sample_size = -1, delim = ',', quote = '"', escape = '"', strict_mode = true)`;
}
