import {
  AbortedTransactionError,
  DefaultConnectionProvider,
  DefaultQueryExecutor,
  Kysely,
  PostgresDialect,
} from "kysely";
import type {
  CompiledQuery,
  ConnectionProvider,
  DatabaseConnection,
  DialectAdapter,
  Driver,
  QueryCompiler,
  QueryResult,
} from "kysely";
import type pg from "pg";

import type { Tables } from "./index.ts";
import { createStatementNames } from "./statement-names.ts";
import type { StatementNames } from "./statement-names.ts";
import type { Statistics } from "./statistics.ts";

/**
 * The query builder over a pool of `pg` with `pipeline: true`, without the ways to the server and back that
 * nobody needs: a transaction begins together with its first statement, and statements that are begun without
 * waiting for one another (`Promise.all`) go out at once, in their order. Kysely's own would send the next when
 * the one before is answered.
 */
export function pipelinedQueries(pool: pg.Pool, statistics: Pick<Statistics, "noteWrite">): Kysely<Tables> {
  const dialect = new PostgresDialect({ pool });
  const driver = new PipelinedDriver(pool, statistics);
  const executor = new PipelinedExecutor(
    dialect.createQueryCompiler(),
    dialect.createAdapter(),
    new DefaultConnectionProvider(driver),
  );
  return new Kysely<Tables>({ config: { dialect }, dialect, driver, executor });
}

/** Whoever holds a connection (a transaction, say) may ask it several things at once. */
class PipelinedExecutor extends DefaultQueryExecutor {
  readonly #compiler: QueryCompiler;

  constructor(compiler: QueryCompiler, adapter: DialectAdapter, provider: ConnectionProvider) {
    super(compiler, adapter, provider);
    this.#compiler = compiler;
  }

  override withConnectionProvider(provider: ConnectionProvider): DefaultQueryExecutor {
    return new PipelinedExecutor(this.#compiler, this.adapter, openly(provider));
  }
}

/**
 * Kysely provides a held connection to one statement after the other; this takes it out and shares it.
 *
 * Invariant: a statement is on its way when the call that asks it returns, so a commit never overtakes one.
 */
function openly(provider: ConnectionProvider): ConnectionProvider {
  let held: DatabaseConnection | undefined;
  provider.provideConnection(async (connection) => void (held = connection)).catch(() => {});
  return {
    async provideConnection(consumer) {
      if (held === undefined) throw new Error("a connection that is held was not there at once");
      return await consumer(held);
    },
  };
}

class PipelinedDriver implements Driver {
  readonly #pool: pg.Pool;
  readonly #statistics: Pick<Statistics, "noteWrite">;
  readonly #names = createStatementNames();
  readonly #connections = new WeakMap<pg.PoolClient, PipelinedConnection>();

  constructor(pool: pg.Pool, statistics: Pick<Statistics, "noteWrite">) {
    this.#pool = pool;
    this.#statistics = statistics;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const client = await this.#pool.connect();
    const known = this.#connections.get(client);
    if (known !== undefined) return known;
    const connection = new PipelinedConnection(client, this.#names, this.#statistics);
    this.#connections.set(client, connection);
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    own(connection).begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    own(connection).release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

function own(connection: DatabaseConnection): PipelinedConnection {
  if (connection instanceof PipelinedConnection) return connection;
  throw new Error("the connection is none of this driver");
}

// Each keeps its plan in the server's memory. A connection that has more is replaced by a new one.
const mostNamed = 200;

class PipelinedConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  readonly #names: StatementNames;
  readonly #statistics: Pick<Statistics, "noteWrite">;
  readonly #named = new Set<string>();
  #begun: Promise<unknown> | undefined;
  #isInTransaction = false;
  /** Whether it is to be closed when it is given back. */
  #isSpent = false;

  constructor(client: pg.PoolClient, names: StatementNames, statistics: Pick<Statistics, "noteWrite">) {
    this.#client = client;
    this.#names = names;
    this.#statistics = statistics;
  }

  /** Sent, and not waited for: the first statement goes out behind it, and tells of its failure. */
  begin(): void {
    this.#isInTransaction = true;
    this.#begun = this.#client.query("begin");
    this.#begun.catch(() => {});
  }

  async commit(): Promise<void> {
    const begun = this.#begun;
    this.#leaveTransaction();
    const [{ command }] = await Promise.all([this.#client.query("commit"), begun]);
    // PostgreSQL ends a transaction in which a statement has failed by a rollback, whatever is asked for.
    if (command === "ROLLBACK") throw new AbortedTransactionError();
  }

  async rollback(): Promise<void> {
    this.#leaveTransaction();
    // A connection that cannot even do this is dead, and the server rolls back by itself. The error that is worth
    // telling is the one before.
    await this.#client.query("rollback").catch(() => (this.#isSpent = true));
  }

  #leaveTransaction(): void {
    this.#begun = undefined;
    this.#isInTransaction = false;
  }

  release(): void {
    this.#client.release(this.#isSpent || this.#named.size > mostNamed);
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const name = this.#names.nameOf(sql);
    if (name !== undefined) this.#named.add(name);
    const asked = this.#client.query({
      text: sql,
      values: [...parameters],
      ...(name === undefined ? {} : { name }),
    });
    try {
      const [answer] = await Promise.all([asked, this.#begun]);
      this.#begun = undefined;
      if (/^\s*(insert|with)/i.test(sql)) this.#statistics.noteWrite();
      return toResult(answer);
    } catch (error) {
      if (name === undefined || !this.#isForgotten(error) || this.#isInTransaction) throw error;
      return toResult(await this.#client.query(sql, [...parameters]));
    }
  }

  // oxlint-disable-next-line require-yield -- nothing of ours reads rows one by one
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("rows are read in pages here, not as a stream");
  }

  /** Whether the server does not know a named statement as it was; then this connection is given up. */
  #isForgotten(error: unknown): boolean {
    if (!(error instanceof Error) || !("code" in error)) return false;
    // A pooler in between gives each transaction another connection, and our names with it.
    const isMixedUp = error.code === "26000" || error.code === "42P05";
    // A column was given another type while the plan was kept.
    const isChanged =
      error.code === "0A000" && "routine" in error && error.routine === "RevalidateCachedQuery";
    if (isMixedUp) this.#names.stop();
    if (isMixedUp || isChanged) this.#isSpent = true;
    return isMixedUp || isChanged;
  }
}

function toResult<Row>({ command, rowCount, rows }: pg.QueryResult): QueryResult<Row> {
  const isChange =
    command === "INSERT" || command === "UPDATE" || command === "DELETE" || command === "MERGE";
  return { rows, ...(isChange ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
}
