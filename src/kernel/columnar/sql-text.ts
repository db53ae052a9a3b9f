/** A string as a literal of SQL. Parameters are better wherever DuckDB takes them. */
export function sqlText(text: string): string {
  if (text.includes("\0")) throw new Error("a literal of SQL cannot hold NUL");
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column or table name, quoted. */
export function sqlName(name: string): string {
  if (name.includes("\0")) throw new Error("a name in SQL cannot hold NUL");
  return `"${name.replaceAll('"', '""')}"`;
}

/** A list of strings as a literal: the files for `read_parquet`. */
export function sqlTextList(texts: readonly string[]): string {
  return `[${texts.map(sqlText).join(", ")}]`;
}
