import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, describe } from "node:test";

import pg from "pg";

import { openDatabase } from "../db/index.ts";
import type { Database, DatabaseOptions, Engine, Migration } from "../db/index.ts";
import { temporaryFolder } from "./folders.ts";

/** Opens an empty database of the test's own with these migrations; closed and removed when the test ends. */
export type OpenTestDatabase = (migrations?: readonly Migration[]) => Promise<Database>;

export interface EngineUnderTest {
  readonly engine: Engine;
  /** Where a database that `open` gave lives: for a second connection, or for a child process. */
  optionsOf(db: Database): DatabaseOptions;
  /** Opens a second connection, as another process would. Closed when the test ends. */
  openAgain(db: Database): Promise<Database>;
}

/**
 * Runs a suite on SQLite, in a real file, and on PostgreSQL where `GYRE_TEST_POSTGRES_URL` names a
 * server (`npm test` starts a private one). Without it PostgreSQL is left out, and one line says so.
 */
export function describeOnEveryEngine(
  name: string,
  suite: (open: OpenTestDatabase, engine: EngineUnderTest) => void,
): void {
  describe(`${name} (sqlite)`, () => runSuite("sqlite", suite, openSqliteFile));
  const url = process.env["GYRE_TEST_POSTGRES_URL"];
  if (url !== undefined && url !== "") {
    describe(`${name} (postgres)`, () => runSuite("postgres", suite, () => createSchema(url)));
    return;
  }
  const reason = "GYRE_TEST_POSTGRES_URL is not set; `npm test` starts a server";
  describe(`${name} (postgres)`, { skip: reason }, () => {});
}

function runSuite(
  engine: Engine,
  suite: (open: OpenTestDatabase, engine: EngineUnderTest) => void,
  create: () => Promise<DatabaseOptions>,
): void {
  const opened = new Map<Database, DatabaseOptions>();
  const optionsOf = (db: Database): DatabaseOptions => {
    const options = opened.get(db);
    if (options === undefined) throw new Error("this database was not opened by the test");
    return options;
  };
  const openAt = async (options: DatabaseOptions): Promise<Database> => {
    const db = openDatabase(options);
    opened.set(db, options);
    after(() => db.close());
    return db;
  };
  suite(
    async (migrations = []) => {
      const db = await openAt(await create());
      await db.migrate(migrations);
      return db;
    },
    { engine, optionsOf, openAgain: async (db) => await openAt(optionsOf(db)) },
  );
}

async function openSqliteFile(): Promise<DatabaseOptions> {
  return { location: join(await temporaryFolder(), "state.db") };
}

async function createSchema(url: string): Promise<DatabaseOptions> {
  const schema = `test_${randomBytes(6).toString("hex")}`;
  await runOnServer(url, `create schema ${schema}`);
  after(() => runOnServer(url, `drop schema ${schema} cascade`));
  return { location: url, schema };
}

async function runOnServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
