import { sql } from "kysely";
import pg from "pg";

import { Problem } from "../errors.ts";
import { GatheringSocket } from "./gathering-socket.ts";
import type { DatabaseOptions } from "./index.ts";
import { pipelinedQueries } from "./postgres-driver.ts";
import { problems } from "./problems.ts";
import { createStatistics } from "./statistics.ts";
import type { Pool } from "./sqlite.ts";

// 20 = int8, 1700 = numeric: our integers are counts and milliseconds, all below 2^53, so both engines
// give plain numbers.
const types: pg.CustomTypesConfig = {
  getTypeParser(id: number, format?: "text" | "binary") {
    if (format !== "binary" && (id === 20 || id === 1700)) return Number;
    return format === "binary" ? pg.types.getTypeParser(id, "binary") : pg.types.getTypeParser(id, "text");
  },
};

/** Opens a pool on PostgreSQL. Nothing is contacted until the first query. */
export function openPostgres(options: DatabaseOptions): Pool {
  const schema = options.schema;
  const pool = new pg.Pool({
    connectionString: options.location,
    max: 10,
    pipeline: true,
    stream: () => new GatheringSocket(),
    // A new connection has to be told all statements again.
    idleTimeoutMillis: 60_000,
    types,
    ...(schema === undefined ? {} : { options: `-c search_path=${schema}` }),
  });
  // A connection that dies while idle is replaced by the pool; without a listener Node would end the process.
  pool.on("error", () => {});
  // One that dies at work fails what was asked of it, and that is told to whoever asked.
  pool.on("connect", (client) => client.on("error", () => {}));
  const statistics = createStatistics(pool);
  const query = pipelinedQueries(pool, statistics);
  // PostgreSQL answers a commit when it is on the disk.
  return {
    query,
    synced: async () => {},
    atOneMoment: async (work) =>
      await query.connection().execute(async (connection) => {
        await sql`begin isolation level repeatable read read only`.execute(connection);
        try {
          // The moment is that of the first question, not that of the beginning.
          await sql`select 1`.execute(connection);
          return await work(connection);
        } finally {
          await sql`rollback`.execute(connection);
        }
      }),
    async close() {
      await statistics.stop();
      await query.destroy();
    },
  };
}

// The server is not there, the database is not, or the sign-in is refused (codes of PostgreSQL's appendix A).
const unreachableCodes = ["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "ETIMEDOUT", "3D000", "28P01", "28000"];

/** The error as a Problem where it says that the database cannot be reached. The password stays unsaid. */
export function explainUnreachable(error: unknown, options: DatabaseOptions): unknown {
  const isUnreachable =
    error instanceof Error && "code" in error && unreachableCodes.some((code) => code === error.code);
  if (!isUnreachable) return error;
  const { host, pathname } = new URL(options.location);
  return new Problem(problems.database_unreachable, {
    message: `The database ${host}${pathname} cannot be reached: ${error.message === "" ? String(error.code) : error.message}.`,
    next: "Check that the server runs, and the user, password and name in GYRE_DATABASE_URL.",
    cause: error,
  });
}
