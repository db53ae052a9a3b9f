import { AsyncLocalStorage } from "node:async_hooks";

import type { Kysely, Transaction } from "kysely";

import { migrate } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite.ts";

export type { Migration, ColumnTypes } from "./migrate.ts";

/**
 * Every table of the system, one member each. A module adds its own in its `store.ts`:
 * `declare module "#kernel/db" { interface Tables { model_versions: ModelVersionRow } }`.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging
export interface Tables {}

export type Engine = "sqlite" | "postgres";

/**
 * The state of the system, on SQLite or PostgreSQL behind one query builder.
 *
 * Invariant: a query made inside `transaction` belongs to it, however deep in the call chain, because
 * the current transaction travels with the asynchronous context. So doors compose: a module's order
 * that opens a transaction joins the one of its caller, and all of it commits or none.
 *
 * SQLite has one connection, and a transaction holds it: keep files, processes and the network out
 * of transactions.
 */
export interface Database {
  readonly engine: Engine;
  /** The query builder: the current transaction's inside `transaction`, otherwise the pool's. */
  readonly query: Kysely<Tables>;
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether the caller runs inside `transaction`. */
  inTransaction(): boolean;
  /** Runs `action` once the current transaction has committed; at once when there is none. */
  afterCommit(action: () => void): void;
  /** Applies the migrations not yet applied, in the order given. Throws `database_newer` on a database of a newer program. */
  migrate(migrations: readonly Migration[]): Promise<void>;
  close(): Promise<void>;
}

/** Where the state lives: a file path (or `:memory:`) for SQLite, a `postgres://` URL otherwise. */
export interface DatabaseOptions {
  readonly location: string;
  /** PostgreSQL only: the schema that holds our tables. */
  readonly schema?: string;
}

interface OpenTransaction {
  readonly query: Transaction<Tables>;
  readonly afterCommit: (() => void)[];
}

export function openDatabase(options: DatabaseOptions): Database {
  const engine: Engine = /^postgres(ql)?:\/\//.test(options.location) ? "postgres" : "sqlite";
  const pool = engine === "postgres" ? openPostgres(options) : openSqlite(options);
  const current = new AsyncLocalStorage<OpenTransaction>();

  const database: Database = {
    engine,
    get query() {
      return current.getStore()?.query ?? pool;
    },
    async transaction(work) {
      if (current.getStore() !== undefined) return await work();
      const afterCommit: (() => void)[] = [];
      const result = await pool.transaction().execute((query) => current.run({ query, afterCommit }, work));
      for (const action of afterCommit) action();
      return result;
    },
    inTransaction: () => current.getStore() !== undefined,
    afterCommit(action) {
      const open = current.getStore();
      if (open === undefined) action();
      else open.afterCommit.push(action);
    },
    migrate: (migrations) => migrate(database, migrations),
    close: () => pool.destroy(),
  };
  return database;
}
