import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";

import { Kysely, SqliteDialect } from "kysely";
import type { SqliteDatabase, SqliteStatement } from "kysely";

import { Problem } from "../errors.ts";
import type { DatabaseOptions, Tables } from "./index.ts";
import { problems } from "./problems.ts";

// Preparing costs more than running for our short statements; a few hundred cover the whole system.
const cachedStatements = 500;

/** Opens the embedded database: one file, write-ahead log, durable at every commit. */
export function openSqlite(options: DatabaseOptions): Kysely<Tables> {
  const database = openFile(options.location);
  // `synchronous = full` makes a commit survive a power cut, not only `kill -9`.
  database.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = 5000;
  `);
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: adaptToKysely(database) }) });
}

function openFile(location: string): DatabaseSync {
  try {
    if (location !== ":memory:") mkdirSync(dirname(location), { recursive: true });
    return new DatabaseSync(location);
  } catch (cause) {
    throw new Problem(problems.database_unreachable, {
      message: `The database file ${location} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: "Check that the folder exists, is writable and has space left, or choose another with --dir.",
      cause,
    });
  }
}

/** Kysely speaks to SQLite in the form of better-sqlite3; this is `node:sqlite` in that form. */
function adaptToKysely(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      if (statements.size >= cachedStatements) statements.clear();
      const statement = adaptStatement(database.prepare(sql));
      statements.set(sql, statement);
      return statement;
    },
    close: () => database.close(),
  };
}

function adaptStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bindable(parameters)),
    run: (parameters) => statement.run(...bindable(parameters)),
    iterate: (parameters) => statement.iterate(...bindable(parameters)),
  };
}

type Bindable = null | number | bigint | string | Uint8Array;

function bindable(parameters: readonly unknown[]): Bindable[] {
  return parameters.map((value) => {
    if (value === null || typeof value === "number" || typeof value === "bigint") return value;
    if (typeof value === "string" || value instanceof Uint8Array) return value;
    throw new Error(`a ${typeof value} cannot be bound to a statement: store it as text or a number`);
  });
}
