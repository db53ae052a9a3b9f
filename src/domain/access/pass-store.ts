import { isPermission, systemPrincipal } from "#kernel/auth";
import type { Bounds, KnownSecret } from "#kernel/auth";
import type { Database, Migration } from "#kernel/db";
import type { Digest } from "#kernel/digest";

declare module "#kernel/db" {
  interface Tables {
    access_passes: PassRow;
  }
}

interface PassRow {
  digest: string;
  holder: string;
  /** An id of a principal, or `system`, which stands in no table. */
  principal: string;
  project: string;
  /** JSON. */
  permissions: string;
  through: string;
  expires_at_ms: number;
}

export const passMigrations: readonly Migration[] = [
  {
    id: "access-passes-001",
    statements: ({ text, integer, strict }) => [
      `create table access_passes (
        digest ${text} primary key, holder ${text} not null, principal ${text} not null, project ${text} not null,
        permissions ${text} not null, through ${text} not null, expires_at_ms ${integer} not null
      ) ${strict}`,
      `create index access_passes_holder on access_passes (holder)`,
      `create index access_passes_expiry on access_passes (expires_at_ms)`,
    ],
  },
];

export interface PassToInsert extends Bounds {
  readonly digest: Digest;
  readonly holder: string;
  readonly principal: string;
  readonly expiresAtMs: number;
}

export async function insertPass(db: Database, pass: PassToInsert): Promise<void> {
  const { digest, holder, principal, project, permissions, through, expiresAtMs } = pass;
  await db.query
    .insertInto("access_passes")
    .values({
      digest,
      holder,
      principal,
      project,
      permissions: JSON.stringify(permissions),
      through,
      expires_at_ms: expiresAtMs,
    })
    .execute();
}

/** The digests of what is no more: of the holder, and of whoever else's time is over. */
export async function deletePasses(db: Database, holder: string, nowMs: number): Promise<readonly Digest[]> {
  const deleted = await db.query
    .deleteFrom("access_passes")
    .where((is) => is.or([is("holder", "=", holder), is("expires_at_ms", "<=", nowMs)]))
    .returning("digest")
    .execute();
  return deleted.map(({ digest }) => digest);
}

/** The digests of what ends then. */
export async function setPassEnd(
  db: Database,
  holder: string,
  expiresAtMs: number,
): Promise<readonly Digest[]> {
  const changed = await db.query
    .updateTable("access_passes")
    .set({ expires_at_ms: expiresAtMs })
    .where("holder", "=", holder)
    .returning("digest")
    .execute();
  return changed.map(({ digest }) => digest);
}

export async function findPassSecret(db: Database, digest: Digest): Promise<KnownSecret | undefined> {
  const row = await db.query
    .selectFrom("access_passes")
    .leftJoin("principals", "principals.id", "access_passes.principal")
    .select(["holder", "project", "permissions", "through", "expires_at_ms", "principal", "name", "kind"])
    .where("digest", "=", digest)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const held: readonly unknown[] = JSON.parse(row.permissions);
  const bounds: Bounds = {
    project: row.project,
    permissions: held.filter(isPermission),
    through: row.through,
  };
  const kind = row.kind === "service" ? "service" : "person";
  const principal =
    row.principal === systemPrincipal.id
      ? systemPrincipal
      : ({ id: row.principal, name: row.name ?? row.principal, kind } as const);
  return {
    id: row.holder,
    principal: { ...principal, via: "token", bounds },
    expiresAtMs: row.expires_at_ms,
  };
}
