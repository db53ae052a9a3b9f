import type { KnownSecret } from "#kernel/auth";
import type { Database, Migration } from "#kernel/db";
import type { Digest } from "#kernel/digest";

import type { PrincipalRecord, TokenRecord } from "./index.ts";
import { passMigrations } from "./pass-store.ts";
import { passwordMigrations } from "./password-store.ts";
import { roleNames } from "./roles.ts";
import type { Grant, Role } from "./roles.ts";
import { thingMigrations } from "./thing-store.ts";

declare module "#kernel/db" {
  interface Tables {
    principals: PrincipalRow;
    grants: GrantRow;
    tokens: TokenRow;
    sessions: SessionRow;
  }
}

interface PrincipalRow {
  id: string;
  name: string;
  kind: string;
  created_at_ms: number;
  removed_at_ms: number | null;
}

interface GrantRow {
  principal: string;
  /** `*` for everywhere: part of the key, so not null. */
  project: string;
  role: string;
}

interface TokenRow {
  id: string;
  principal: string;
  label: string;
  digest: string;
  created_at_ms: number;
  expires_at_ms: number | null;
  last_used_at_ms: number | null;
  revoked_at_ms: number | null;
}

interface SessionRow {
  digest: string;
  token: string;
  expires_at_ms: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "access-001",
    statements: ({ text, integer, strict }) => [
      `create table principals (
        id ${text} primary key, name ${text} not null unique, kind ${text} not null,
        created_at_ms ${integer} not null
      ) ${strict}`,
      `create table grants (
        principal ${text} not null references principals (id), project ${text} not null,
        role ${text} not null, primary key (principal, project, role)
      ) ${strict}`,
      `create index grants_project on grants (project)`,
      `create table tokens (
        id ${text} primary key, principal ${text} not null references principals (id),
        label ${text} not null, digest ${text} not null unique, created_at_ms ${integer} not null,
        expires_at_ms ${integer}, last_used_at_ms ${integer}, revoked_at_ms ${integer}
      ) ${strict}`,
      `create index tokens_principal on tokens (principal)`,
      `create table sessions (
        digest ${text} primary key, token ${text} not null references tokens (id),
        expires_at_ms ${integer} not null
      ) ${strict}`,
    ],
  },
  ...passwordMigrations,
  ...thingMigrations,
  ...passMigrations,
];

const everywhere = "*";

/** False when the name is taken: then nothing was written. */
export async function insertPrincipal(db: Database, principal: PrincipalRecord): Promise<boolean> {
  const { id, name, kind, createdAtMs } = principal;
  const result = await db.query
    .insertInto("principals")
    .values({ id, name, kind, created_at_ms: createdAtMs, removed_at_ms: null })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function readPrincipal(db: Database, id: string): Promise<PrincipalRecord | undefined> {
  const row = await db.query.selectFrom("principals").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toPrincipal(row);
}

export async function readPrincipalByName(db: Database, name: string): Promise<PrincipalRecord | undefined> {
  const row = await db.query.selectFrom("principals").selectAll().where("name", "=", name).executeTakeFirst();
  return row === undefined ? undefined : toPrincipal(row);
}

export async function listPrincipals(db: Database): Promise<PrincipalRecord[]> {
  const rows = await db.query
    .selectFrom("principals")
    .selectAll()
    .where("removed_at_ms", "is", null)
    .orderBy("name")
    .execute();
  return rows.map(toPrincipal);
}

/** Frees the name for somebody else; what the ledger says about the principal stays readable. */
export async function markRemoved(db: Database, id: string, shownName: string, atMs: number): Promise<void> {
  await db.query
    .updateTable("principals")
    .set({ name: shownName, removed_at_ms: atMs })
    .where("id", "=", id)
    .execute();
}

/** Takes everything from a principal that it could act with. */
export async function deleteCredentials(db: Database, principal: string, atMs: number): Promise<void> {
  for (const { id } of await listTokens(db, principal)) await endToken(db, id, atMs);
  await db.query.deleteFrom("passwords").where("principal", "=", principal).execute();
  await db.query.deleteFrom("grants").where("principal", "=", principal).execute();
  await db.query.deleteFrom("thing_grants").where("principal", "=", principal).execute();
}

/** False when the grant was there already. */
export async function insertGrant(db: Database, principal: string, grant: Grant): Promise<boolean> {
  const result = await db.query
    .insertInto("grants")
    .values({ principal, project: grant.project ?? everywhere, role: grant.role })
    .onConflict((conflict) => conflict.columns(["principal", "project", "role"]).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** False when there was no such grant. */
export async function deleteGrant(db: Database, principal: string, grant: Grant): Promise<boolean> {
  const result = await db.query
    .deleteFrom("grants")
    .where("principal", "=", principal)
    .where("project", "=", grant.project ?? everywhere)
    .where("role", "=", grant.role)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function listGrants(db: Database, principal: string): Promise<Grant[]> {
  const rows = await db.query
    .selectFrom("grants")
    .selectAll()
    .where("principal", "=", principal)
    .orderBy("project")
    .orderBy("role")
    .execute();
  return rows.map(toGrant);
}

/** The grants that hold in a project (null: only those that hold everywhere), by principal. */
export async function listGrantsIn(
  db: Database,
  project: string | null,
): Promise<{ readonly principal: PrincipalRecord; readonly grant: Grant }[]> {
  const rows = await db.query
    .selectFrom("grants")
    .innerJoin("principals", "principals.id", "grants.principal")
    .select(["grants.principal", "project", "role", "id", "name", "kind", "created_at_ms"])
    .where("project", "in", project === null ? [everywhere] : [project, everywhere])
    .orderBy("name")
    .orderBy("role")
    .execute();
  return rows.map((row) => ({ principal: toPrincipal(row), grant: toGrant(row) }));
}

export async function insertToken(db: Database, token: TokenRecord, digest: Digest): Promise<void> {
  await db.query
    .insertInto("tokens")
    .values({
      id: token.id,
      principal: token.principal,
      label: token.label,
      digest,
      created_at_ms: token.createdAtMs,
      expires_at_ms: token.expiresAtMs,
      last_used_at_ms: null,
      revoked_at_ms: null,
    })
    .execute();
}

export async function readToken(db: Database, id: string): Promise<TokenRecord | undefined> {
  const row = await db.query.selectFrom("tokens").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toToken(row);
}

export async function listTokens(db: Database, principal: string): Promise<TokenRecord[]> {
  const rows = await db.query
    .selectFrom("tokens")
    .selectAll()
    .where("principal", "=", principal)
    .orderBy("id")
    .execute();
  return rows.map(toToken);
}

/** Whether an owner everywhere holds a token that works at `nowMs`. */
export async function hasOwnerToken(db: Database, nowMs: number): Promise<boolean> {
  const row = await db.query
    .selectFrom("tokens")
    .innerJoin("grants", "grants.principal", "tokens.principal")
    .select("tokens.id")
    .where("grants.role", "=", "owner")
    .where("grants.project", "=", everywhere)
    .where("revoked_at_ms", "is", null)
    .where((is) => is.or([is("expires_at_ms", "is", null), is("expires_at_ms", ">", nowMs)]))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends a token and its sessions; false when it had ended before. */
export async function endToken(db: Database, id: string, atMs: number): Promise<boolean> {
  await db.query.deleteFrom("sessions").where("token", "=", id).execute();
  const result = await db.query
    .updateTable("tokens")
    .set({ revoked_at_ms: atMs })
    .where("id", "=", id)
    .where("revoked_at_ms", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function recordTokenUse(db: Database, id: string, atMs: number): Promise<void> {
  await db.query.updateTable("tokens").set({ last_used_at_ms: atMs }).where("id", "=", id).execute();
}

export async function insertSession(
  db: Database,
  session: { readonly digest: Digest; readonly token: string; readonly expiresAtMs: number },
): Promise<void> {
  const { digest, token, expiresAtMs } = session;
  await db.query.insertInto("sessions").values({ digest, token, expires_at_ms: expiresAtMs }).execute();
}

export async function deleteSession(db: Database, digest: Digest): Promise<void> {
  await db.query.deleteFrom("sessions").where("digest", "=", digest).execute();
}

export async function deleteExpiredSessions(db: Database, nowMs: number): Promise<void> {
  await db.query.deleteFrom("sessions").where("expires_at_ms", "<=", nowMs).execute();
}

/** The token with this digest, unless it was revoked. */
export async function findTokenSecret(db: Database, digest: Digest): Promise<KnownSecret | undefined> {
  const row = await db.query
    .selectFrom("tokens")
    .innerJoin("principals", "principals.id", "tokens.principal")
    .select([
      "tokens.id as token",
      "tokens.expires_at_ms",
      "principals.id",
      "name",
      "kind",
      "principals.created_at_ms",
    ])
    .where("digest", "=", digest)
    .where("revoked_at_ms", "is", null)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { id: row.token, principal: { ...toActor(row), via: "token" }, expiresAtMs: row.expires_at_ms };
}

/** The browser session with this digest; its id is that of the token it was opened with. */
export async function findSessionSecret(db: Database, digest: Digest): Promise<KnownSecret | undefined> {
  const row = await db.query
    .selectFrom("sessions")
    .innerJoin("tokens", "tokens.id", "sessions.token")
    .innerJoin("principals", "principals.id", "tokens.principal")
    .select([
      "tokens.id as token",
      "sessions.expires_at_ms",
      "principals.id",
      "name",
      "kind",
      "principals.created_at_ms",
    ])
    .where("sessions.digest", "=", digest)
    .where("revoked_at_ms", "is", null)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { id: row.token, principal: { ...toActor(row), via: "session" }, expiresAtMs: row.expires_at_ms };
}

function toPrincipal(row: Omit<PrincipalRow, "removed_at_ms">): PrincipalRecord {
  return { ...toActor(row), createdAtMs: row.created_at_ms };
}

export function toActor(row: Pick<PrincipalRow, "id" | "name" | "kind">): {
  id: string;
  name: string;
  kind: "person" | "service";
} {
  return { id: row.id, name: row.name, kind: row.kind === "service" ? "service" : "person" };
}

function toGrant(row: GrantRow): Grant {
  return { role: toRole(row.role), project: row.project === everywhere ? null : row.project };
}

function toRole(text: string): Role {
  const role = roleNames.find((name) => name === text);
  if (role === undefined) throw new Error(`the database holds an unknown role: ${text}`);
  return role;
}

function toToken(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    principal: row.principal,
    label: row.label,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
    revokedAtMs: row.revoked_at_ms,
  };
}
