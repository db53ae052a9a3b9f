import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

import { CompiledQuery, Kysely, SqliteDialect, SqliteDriver } from "kysely";
import type { DatabaseConnection, Driver, QueryResult, SqliteDatabase, SqliteStatement } from "kysely";

import { makeFolder } from "../disk.ts";
import { Problem } from "../errors.ts";
import { linearPattern } from "../pattern.ts";
import type { DatabaseOptions, Tables } from "./index.ts";
import { problems } from "./problems.ts";
import { explainSqlite, isBusy, isRolledBack } from "./sqlite-errors.ts";

// Preparing costs more than running for our short statements; a few hundred cover the whole system.
const cachedStatements = 500;

/** Opens the embedded database: one file, write-ahead log, durable at every commit. */
export function openSqlite(options: DatabaseOptions): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new EmbeddedDialect(adaptToKysely(openFile(options.location)), options.location),
  });
}

/**
 * SQLite with transactions that take the write lock when they begin. The default, `begin`, takes it at
 * the first write; when another process wrote between this one's read and write, SQLite then fails at
 * once, however long it may wait. Taken at the beginning, the two wait for each other.
 */
class EmbeddedDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;
  readonly #location: string;

  constructor(database: SqliteDatabase, location: string) {
    super({ database });
    this.#database = database;
    this.#location = location;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#database, this.#location);
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #location: string;

  constructor(database: SqliteDatabase, location: string) {
    super({ database });
    this.#location = location;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return patient(await super.acquireConnection(), this.#location);
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      // On a full disk SQLite has rolled back by itself; the error that is worth telling is the first one.
      if (!isRolledBack(error)) throw error;
    }
  }
}

// Another process holds the lock for a few short statements; who has waited longer than this should say so.
const lockTimeoutMs = 5_000;
const lockPollMs = 5;

/** Waits for another process's lock without stopping this one, as SQLite's own `busy_timeout` would. */
function patient(connection: DatabaseConnection, location: string): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      for (const beganMs = performance.now(); ; await sleep(lockPollMs)) {
        try {
          return await connection.executeQuery<Row>(query);
        } catch (error) {
          if (isBusy(error) && performance.now() - beganMs <= lockTimeoutMs) continue;
          throw explainSqlite(error, location);
        }
      }
    },
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
  };
}

function openFile(location: string): DatabaseSync {
  try {
    if (location !== ":memory:") makeFolder(dirname(location));
    const database = new DatabaseSync(location, { timeout: lockTimeoutMs });
    // `synchronous = full` makes a commit survive a power cut, not only `kill -9`.
    database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma foreign_keys = on;
      pragma busy_timeout = 0;
    `);
    database.function("regexp", { deterministic: true }, (pattern, text) =>
      text === null ? null : Number(linearPattern(String(pattern)).test(String(text))),
    );
    return database;
  } catch (error) {
    const cause = explainSqlite(error, location);
    if (cause instanceof Problem) throw cause;
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
