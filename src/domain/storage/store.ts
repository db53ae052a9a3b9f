import { randomUUID } from "node:crypto";

import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    storage_identity: { slot: number; id: string };
  }
}

export const migrations: readonly Migration[] = [
  {
    id: "storage-001",
    statements: ({ text, integer, strict }) => [
      `create table storage_identity (slot ${integer} primary key, id ${text} not null) ${strict}`,
    ],
  },
];

/** By what name this database is known among those that refer to a store; made when it is first asked for. */
export async function readIdentity(db: Database): Promise<string> {
  await db.query
    .insertInto("storage_identity")
    .values({ slot: 1, id: randomUUID() })
    .onConflict((conflict) => conflict.column("slot").doNothing())
    .execute();
  const row = await db.query.selectFrom("storage_identity").select("id").executeTakeFirstOrThrow();
  return row.id;
}
