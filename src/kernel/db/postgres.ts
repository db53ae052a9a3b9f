import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";

import type { DatabaseOptions, Tables } from "./index.ts";

// 20 = int8, 1700 = numeric: our integers are counts and milliseconds, all below 2^53, so both engines
// give plain numbers.
const types: pg.CustomTypesConfig = {
  getTypeParser(id: number, format?: "text" | "binary") {
    if (format !== "binary" && (id === 20 || id === 1700)) return Number;
    return format === "binary" ? pg.types.getTypeParser(id, "binary") : pg.types.getTypeParser(id, "text");
  },
};

/** Opens a pool on PostgreSQL. Nothing is contacted until the first query. */
export function openPostgres(options: DatabaseOptions): Kysely<Tables> {
  const schema = options.schema;
  const pool = new pg.Pool({
    connectionString: options.location,
    max: 10,
    types,
    ...(schema === undefined ? {} : { options: `-c search_path=${schema}` }),
  });
  // A connection that dies while idle is replaced by the pool; without a listener Node would end the process.
  pool.on("error", () => {});
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
