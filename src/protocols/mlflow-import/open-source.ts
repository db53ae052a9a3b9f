import { existsSync, statSync } from "node:fs";

import { Problem } from "#kernel/errors";

import { createDatabaseSource } from "./database-source.ts";
import { problems } from "./problems.ts";
import { openPostgresRows, openSqliteRows } from "./rows.ts";
import { createServerCalls, createServerSource } from "./server-source.ts";
import type { MlflowSource } from "./source.ts";

/**
 * Opens what a person named: a SQLite file (also as `sqlite:///…`), a PostgreSQL address, or the address of
 * a running server, with the credentials MLflow's clients use. Throws `import_source_unknown` and
 * `import_source_unreadable`.
 */
export async function openSource(
  named: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MlflowSource> {
  if (/^https?:\/\//.test(named)) {
    const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user } = environment;
    const basic = user === undefined ? undefined : `${user}:${environment["MLFLOW_TRACKING_PASSWORD"] ?? ""}`;
    return await createServerSource(createServerCalls(named, { token, basic }));
  }
  if (/^postgres(ql)?(\+\w+)?:\/\//.test(named)) {
    const address = named.replace(/^postgres(ql)?(\+\w+)?:/, "postgresql:");
    const label = address.replace(/\/\/[^@/]*@/, "//");
    return await createDatabaseSource(await openPostgresRows(address, label), label);
  }
  const file = named.replace(/^sqlite:\/\/\//, "");
  if (existsSync(file) && statSync(file).isFile()) {
    return await createDatabaseSource(openSqliteRows(file), file);
  }
  throw new Problem(problems.import_source_unknown, {
    message: `${named} is no file here, and no address that begins with http, https or postgresql.`,
  });
}
