import type { KeptPassword } from "#kernel/auth";
import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    passwords: PasswordRow;
  }
}

interface PasswordRow {
  principal: string;
  hash: string;
  changed_at_ms: number;
}

export const passwordMigrations: readonly Migration[] = [
  {
    id: "access-002-passwords",
    statements: ({ text, integer, strict }) => [
      `alter table principals add column removed_at_ms ${integer}`,
      `create table passwords (
        principal ${text} primary key references principals (id), hash ${text} not null,
        changed_at_ms ${integer} not null
      ) ${strict}`,
    ],
  },
];

export async function savePassword(
  db: Database,
  principal: string,
  hash: string,
  atMs: number,
): Promise<void> {
  const changed = { hash, changed_at_ms: atMs };
  await db.query
    .insertInto("passwords")
    .values({ principal, ...changed })
    .onConflict((conflict) => conflict.column("principal").doUpdateSet(changed))
    .execute();
}

export async function findPassword(db: Database, name: string): Promise<KeptPassword | undefined> {
  const row = await db.query
    .selectFrom("passwords")
    .innerJoin("principals", "principals.id", "passwords.principal")
    .select(["principals.id", "name", "kind", "hash"])
    .where("name", "=", name)
    .where("removed_at_ms", "is", null)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    hash: row.hash,
    principal: {
      id: row.id,
      name: row.name,
      kind: row.kind === "service" ? "service" : "person",
      via: "password",
    },
  };
}

/** Whether an owner everywhere has a password. */
export async function hasOwnerPassword(db: Database): Promise<boolean> {
  const row = await db.query
    .selectFrom("passwords")
    .innerJoin("grants", "grants.principal", "passwords.principal")
    .select("passwords.principal")
    .where("grants.role", "=", "owner")
    .where("grants.project", "=", "*")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
