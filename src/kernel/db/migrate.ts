import { sql } from "kysely";

import { Problem } from "../errors.ts";
import type { Database } from "./index.ts";
import { problems } from "./problems.ts";

/**
 * One step of the schema, forward only. `id` is `<module>-<number>`, unique and never reused; the
 * statements are the same for both engines but for the column types, which come as an argument.
 */
export interface Migration {
  readonly id: string;
  statements(types: ColumnTypes): readonly string[];
}

/** Column types by engine, so that a migration is written once. JSON is kept as `text`. */
export interface ColumnTypes {
  readonly text: "text";
  /** 64 bits: counts, milliseconds, 0 or 1. */
  readonly integer: string;
  readonly real: string;
  readonly bytes: string;
  /** Ends a `create table`: SQLite's `strict`, nothing on PostgreSQL. */
  readonly strict: string;
}

const columnTypes: Record<Database["engine"], ColumnTypes> = {
  sqlite: { text: "text", integer: "integer", real: "real", bytes: "blob", strict: "strict" },
  postgres: { text: "text", integer: "bigint", real: "double precision", bytes: "bytea", strict: "" },
};

export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  await database.transaction(async () => {
    await lockSchema(database);
    const applied = await readApplied(database);
    refuseNewer(applied, migrations);
    for (const migration of migrations) {
      if (applied.has(migration.id)) continue;
      for (const statement of migration.statements(columnTypes[database.engine])) {
        await sql.raw(statement).execute(database.query);
      }
      await sql`insert into schema_migrations (id) values (${migration.id})`.execute(database.query);
    }
  });
}

/** Two control planes that start together must not migrate together; SQLite has one writer anyway. */
async function lockSchema(database: Database): Promise<void> {
  if (database.engine === "postgres") await sql`select pg_advisory_xact_lock(4761)`.execute(database.query);
  await sql`create table if not exists schema_migrations (id text primary key)`.execute(database.query);
}

async function readApplied(database: Database): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`select id from schema_migrations`.execute(database.query);
  return new Set(rows.map((row) => row.id));
}

function refuseNewer(applied: ReadonlySet<string>, migrations: readonly Migration[]): void {
  const known = new Set(migrations.map((migration) => migration.id));
  const unknown = [...applied].filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new Problem(problems.database_newer, {
    message: `The database holds changes this program does not know: ${unknown.toSorted().join(", ")}.`,
  });
}
