import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

import { CompiledQuery, Kysely, SqliteDialect, SqliteDriver, sql } from "kysely";
import type { DatabaseConnection, Driver, QueryResult, SqliteDatabase, SqliteStatement } from "kysely";

import { makeFolder } from "../disk.ts";
import { Problem } from "../errors.ts";
import { linearPattern } from "../pattern.ts";
import type { DatabaseOptions, Durability, Tables } from "./index.ts";
import { problems } from "./problems.ts";
import { explainSqlite, isBusy, isRolledBack } from "./sqlite-errors.ts";
import { createWalSync, unsynced } from "./wal-sync.ts";
import type { WalSync } from "./wal-sync.ts";

// Preparing costs more than running for our short statements; a few hundred cover the whole system.
const cachedStatements = 500;

/**
 * Opens the embedded database: one file, write-ahead log. A statement outside of transactions is on the
 * disk when it is answered; whoever commits a transaction waits for `synced` before telling anybody.
 */
export function openSqlite({ location }: DatabaseOptions): Pool {
  const database = adaptToKysely(openFile(location));
  const log = location === ":memory:" ? unsynced : createWalSync(`${location}-wal`);
  const query = new Kysely<Tables>({ dialect: new EmbeddedDialect({ database, location, log }) });
  return {
    query,
    synced: async (durability) => {
      try {
        await log.synced(durability);
      } catch (error) {
        throw explainSqlite(error, location);
      }
    },
    atOneMoment: async (work) => await readAtOneMoment(location, query, work),
    async close() {
      await query.destroy();
      await log.close();
    },
  };
}

/**
 * On a connection of its own: the write-ahead log lets it see the file as it was when it began, and others write.
 * The log cannot be emptied meanwhile, so it grows by what they write. A database in memory has no second
 * connection, and nobody else: it is read in a transaction.
 */
async function readAtOneMoment<Result>(
  location: string,
  own: Kysely<Tables>,
  work: (query: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  if (location === ":memory:") return await own.transaction().execute(work);
  const reader = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openReader(location) }) });
  try {
    await sql`begin`.execute(reader);
    // The moment is that of the first reading, not that of the beginning.
    await sql`select count(*) from sqlite_schema`.execute(reader);
    return await work(reader);
  } finally {
    await reader.destroy();
  }
}

function openReader(location: string): SqliteDatabase {
  return adaptToKysely(new DatabaseSync(location, { readOnly: true, timeout: lockTimeoutMs }));
}

/** A query builder with its connections, and what makes its commits durable. */
export interface Pool {
  readonly query: Kysely<Tables>;
  /** Resolves once everything committed before the call is on the disk; see `Durability`. */
  synced(durability: Durability): Promise<void>;
  /** Hands out a connection that sees one moment, for reading. */
  atOneMoment<Result>(work: (query: Kysely<Tables>) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

interface EmbeddedParts {
  readonly database: SqliteDatabase;
  readonly location: string;
  readonly log: WalSync;
}

/**
 * SQLite with transactions that take the write lock when they begin. The default, `begin`, takes it at
 * the first write; when another process wrote between this one's read and write, SQLite then fails at
 * once, however long it may wait. Taken at the beginning, the two wait for each other.
 */
class EmbeddedDialect extends SqliteDialect {
  readonly #parts: EmbeddedParts;

  constructor(parts: EmbeddedParts) {
    super({ database: parts.database });
    this.#parts = parts;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#parts);
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #parts: EmbeddedParts;
  #isInTransaction = false;

  constructor(parts: EmbeddedParts) {
    super({ database: parts.database });
    this.#parts = parts;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const { location, log } = this.#parts;
    const connection = patient(await super.acquireConnection(), location);
    return {
      executeQuery: async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
        const result = await connection.executeQuery<Row>(query);
        if (!mayWrite(query.sql)) return result;
        log.noteWrite();
        if (!this.#isInTransaction) await log.synced("now");
        return result;
      },
      streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    };
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
    this.#isInTransaction = true;
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection);
    this.#isInTransaction = false;
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    this.#isInTransaction = false;
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      // On a full disk SQLite has rolled back by itself; the error that is worth telling is the first one.
      if (!isRolledBack(error)) throw error;
    }
  }
}

/** Whether a statement can change the file; in doubt it can. */
function mayWrite(text: string): boolean {
  return !/^\s*(select|begin|commit|rollback|pragma|explain)\b/i.test(text);
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
    // `normal` and not `full`, because commits are synced after them by `createWalSync`.
    database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = normal;
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
