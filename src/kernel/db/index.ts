import { AsyncLocalStorage } from "node:async_hooks";

import type { CompiledQuery, Kysely, Transaction } from "kysely";

import { migrate } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { explainUnreachable, openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite.ts";

export type { Migration, ColumnTypes } from "./migrate.ts";
export { planIsKept } from "./statement-names.ts";

/**
 * Every table of the system, one member each. A module adds its own in its `store.ts`:
 * `declare module "#kernel/db" { interface Tables { model_versions: ModelVersionRow } }`.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging
export interface Tables {}

export type Engine = "sqlite" | "postgres";

/**
 * `later`: a failing power may still take the commit back, until the next one that was answered as durable,
 * or some milliseconds, whatever comes first. Commits reach the disk in their order, so whoever makes a
 * later one durable has made this one so too. For a state whose next act commits before anything of it is
 * seen outside. Where the engine answers only what is durable, it is the same as `now`.
 */
export type Durability = "now" | "later";

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
  /**
   * Commits what `work` did, or nothing of it when `work` or a part that joined it throws. On SQLite it
   * takes the right to write at once, so that what it reads is still so when it writes. Answers when the
   * commit is on the disk, or earlier where the caller asks for no more than `later`.
   */
  transaction<Result>(
    work: () => Promise<Result>,
    options?: { readonly durability?: Durability },
  ): Promise<Result>;
  /**
   * The answers to questions that do not build on one another. PostgreSQL is sent them on one connection in their
   * order, before it has answered the first; SQLite is asked one after the other. When one fails, those that were
   * begun end first, so that none of them outlives its transaction.
   */
  together<const Asks extends readonly Ask[]>(asks: Asks): Promise<Answers<Asks>>;
  /**
   * Sends a statement whose answer nobody needs. In a transaction PostgreSQL's is not waited for: what comes next,
   * the commit too, goes out behind it, and a failure fails the transaction. Elsewhere it is as if it was asked.
   */
  send(statement: CompiledQuery): Promise<void>;
  /**
   * Asks many questions that all see the database as it was at one moment; whoever writes meanwhile is not held up.
   * For reading alone, and not inside a transaction.
   */
  atOneMoment<Result>(ask: () => Promise<Result>): Promise<Result>;
  /** Whether the caller runs inside `transaction`. */
  inTransaction(): boolean;
  /** Runs `action` once the current transaction has committed; at once when there is none. */
  afterCommit(action: () => void): void;
  /** Applies the migrations not yet applied, in the order given. Throws `database_newer`, `database_unreachable`. */
  migrate(migrations: readonly Migration[]): Promise<void>;
  close(): Promise<void>;
}

type Ask = () => Promise<unknown>;

type Answers<Asks extends readonly Ask[]> = {
  -readonly [At in keyof Asks]: Awaited<ReturnType<Asks[At]>>;
};

/** Where the state lives: a file path (or `:memory:`) for SQLite, a `postgres://` URL otherwise. */
export interface DatabaseOptions {
  readonly location: string;
  /** PostgreSQL only: the schema that holds our tables. */
  readonly schema?: string;
}

interface OpenTransaction {
  readonly query: Transaction<Tables>;
  readonly afterCommit: (() => void)[];
  /** Statements that were sent without waiting for them. */
  readonly sent: Promise<unknown>[];
  /** False once it has ended: timers and promises that were begun in it carry it on, and it is theirs no more. */
  isOpen: boolean;
  /** The error of a part that joined: a caller that swallows it must not commit half of that part. */
  failure: { readonly error: unknown } | undefined;
}

export function openDatabase(options: DatabaseOptions): Database {
  const engine: Engine = /^postgres(ql)?:\/\//.test(options.location) ? "postgres" : "sqlite";
  const pool = engine === "postgres" ? openPostgres(options) : openSqlite(options);
  const context = new AsyncLocalStorage<OpenTransaction>();
  /** Commits whose effects wait for the disk, answered already. */
  const untold = new Set<Promise<void>>();
  const asking = new AsyncLocalStorage<{ readonly query: Kysely<Tables>; isOpen: boolean }>();
  const current = (): OpenTransaction | undefined => {
    const transaction = context.getStore();
    return transaction?.isOpen === true ? transaction : undefined;
  };

  const database: Database = {
    engine,
    get query() {
      const transaction = current();
      if (transaction !== undefined) return transaction.query;
      const held = asking.getStore();
      return held?.isOpen === true ? held.query : pool.query;
    },
    async transaction(work, { durability = "now" } = {}) {
      const joined = current();
      if (joined !== undefined) return await join(joined, work);
      const afterCommit: (() => void)[] = [];
      const sent: Promise<unknown>[] = [];
      const committed = pool.query.transaction().execute(async (query) => {
        const transaction: OpenTransaction = { query, afterCommit, sent, isOpen: true, failure: undefined };
        try {
          const result = await context.run(transaction, work);
          if (transaction.failure !== undefined) throw transaction.failure.error;
          return result;
        } finally {
          transaction.isOpen = false;
        }
      });
      const result = await committed.catch(async (error: unknown) => {
        throw await causeAmong(sent, error);
      });
      // Nobody hears of a commit, not even by its effects, before it is on the disk.
      const told = pool.synced(durability).then(() => afterCommit.forEach(runCommitted));
      if (durability === "now") {
        await told;
        return result;
      }
      // A log that cannot be synced refuses every later write, and so tells the next who asks.
      const settled = told.catch(() => {}).finally(() => untold.delete(settled));
      untold.add(settled);
      return result;
    },
    async together(asks) {
      if (engine === "sqlite") return await inTurn(asks);
      if (current() !== undefined || asking.getStore()?.isOpen === true) return await atOnce(asks);
      return await pool.query.connection().execute(async (query) => {
        const held = { query, isOpen: true };
        try {
          return await asking.run(held, () => atOnce(asks));
        } finally {
          held.isOpen = false;
        }
      });
    },
    async send(statement) {
      const sent = database.query.executeQuery(statement);
      const transaction = current();
      if (transaction === undefined || engine === "sqlite") return void (await sent);
      sent.catch(() => {});
      transaction.sent.push(sent);
    },
    async atOneMoment(ask) {
      if (current() !== undefined) throw new Error("a transaction has a moment of its own");
      return await pool.atOneMoment(async (query) => {
        const held = { query, isOpen: true };
        try {
          return await asking.run(held, ask);
        } finally {
          held.isOpen = false;
        }
      });
    },
    inTransaction: () => current() !== undefined,
    afterCommit(action) {
      const transaction = current();
      if (transaction === undefined) action();
      else transaction.afterCommit.push(action);
    },
    async migrate(migrations) {
      try {
        await migrate(database, migrations);
      } catch (error) {
        throw engine === "postgres" ? explainUnreachable(error, options) : error;
      }
    },
    async close() {
      await Promise.all(untold);
      await pool.close();
    },
  };
  return database;
}

async function join<Result>(transaction: OpenTransaction, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    transaction.failure ??= { error };
    throw error;
  }
}

async function inTurn<const Asks extends readonly Ask[]>(asks: Asks): Promise<Answers<Asks>> {
  const answers: unknown[] = [];
  for (const ask of asks) answers.push(await ask());
  // Each answer stands where its question stood, which no list that is filled can say.
  return answers as Answers<Asks>;
}

/** Fails with the error that came first, when all have ended. */
async function atOnce<const Asks extends readonly Ask[]>(asks: Asks): Promise<Answers<Asks>> {
  const begun = asks.map((ask) => ask());
  const answers = Promise.all(begun);
  await Promise.allSettled([answers, ...begun]);
  // As in `inTurn`.
  return (await answers) as Answers<Asks>;
}

/** What ended a transaction: a statement nobody waited for, where all that came behind it failed only therefore. */
async function causeAmong(sent: readonly Promise<unknown>[], error: unknown): Promise<unknown> {
  for (const outcome of await Promise.allSettled(sent))
    if (outcome.status === "rejected" && !isInAborted(outcome.reason)) return outcome.reason;
  return error;
}

/** PostgreSQL's answer to every statement of a transaction in which one has failed. */
function isInAborted(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "25P02";
}

/** What was committed is committed: an action that throws must not make its caller believe otherwise. */
function runCommitted(action: () => void): void {
  try {
    action();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
