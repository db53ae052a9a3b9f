import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    execution_keys: KeyRow;
  }
}

interface KeyRow {
  project: string;
  idempotency_key: string;
  execution: string;
  /** Of what was asked for under the key. */
  request_digest: string;
}

export const keyMigrations: readonly Migration[] = [
  {
    id: "pipelines-execution-keys-001",
    statements: ({ text, clustered }) => [
      `create table execution_keys (
        project ${text} not null, idempotency_key ${text} not null, execution ${text} not null,
        request_digest ${text} not null, primary key (project, idempotency_key)
      ) ${clustered}`,
    ],
  },
];

export interface UsedKey {
  readonly execution: string;
  readonly requestDigest: string;
}

export async function findKey(db: Database, project: string, key: string): Promise<UsedKey | undefined> {
  const row = await db.query
    .selectFrom("execution_keys")
    .selectAll()
    .where("project", "=", project)
    .where("idempotency_key", "=", key)
    .executeTakeFirst();
  return row === undefined ? undefined : { execution: row.execution, requestDigest: row.request_digest };
}

/** False when the key was taken meanwhile: by whom, `findKey` tells. */
export async function takeKey(db: Database, project: string, key: string, use: UsedKey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db.query
    .insertInto("execution_keys")
    .values({
      project,
      idempotency_key: key,
      execution: use.execution,
      request_digest: use.requestDigest,
    })
    .onConflict((conflict) => conflict.columns(["project", "idempotency_key"]).doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0n) === 1;
}
