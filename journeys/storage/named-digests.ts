import { DatabaseSync } from "node:sqlite";

import { z } from "zod";

const nameSchema = z.array(z.object({ name: z.string() }));

/**
 * Every digest that stands anywhere in the database, in whatever column or JSON, with the columns it stands in. It
 * knows no module, so it also finds what a module forgot to say.
 */
export function namedDigests(databaseFile: string): ReadonlyMap<string, ReadonlySet<string>> {
  const database = new DatabaseSync(databaseFile, { readOnly: true });
  const named = new Map<string, Set<string>>();
  try {
    const tables = nameSchema.parse(
      database.prepare("select name from sqlite_schema where type = 'table'").all(),
    );
    for (const { name: table } of tables) {
      for (const row of database.prepare(`select * from "${table}"`).iterate())
        for (const [column, value] of Object.entries(row))
          for (const [digest] of String(value).matchAll(/\b[0-9a-f]{64}\b/g)) {
            const columns = named.get(digest) ?? new Set();
            named.set(digest, columns.add(`${table}.${column}`));
          }
    }
  } finally {
    database.close();
  }
  return named;
}

/** The rows of a table, as they are. */
export function rowsOf<Row>(databaseFile: string, sql: string, schema: z.ZodType<Row>): Row[] {
  const database = new DatabaseSync(databaseFile, { readOnly: true });
  try {
    return z.array(schema).parse(database.prepare(sql).all());
  } finally {
    database.close();
  }
}
