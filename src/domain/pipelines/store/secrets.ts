import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    pipeline_secrets: SecretRow;
  }
}

interface SecretRow {
  project: string;
  name: string;
  sealed: string;
  actor: string;
  set_at_ms: number;
}

export const secretMigrations: readonly Migration[] = [
  {
    id: "pipelines-secrets-001",
    statements: ({ text, integer, clustered }) => [
      `create table pipeline_secrets (
        project ${text} not null, name ${text} not null, sealed ${text} not null, actor ${text} not null,
        set_at_ms ${integer} not null, primary key (project, name)
      ) ${clustered}`,
    ],
  },
];

/** A secret without what it holds. */
export interface SecretRecord {
  readonly name: string;
  readonly actor: string;
  readonly setAtMs: number;
}

export async function saveSecret(
  db: Database,
  secret: SecretRecord & { readonly project: string; readonly sealed: string },
): Promise<void> {
  const held = { sealed: secret.sealed, actor: secret.actor, set_at_ms: secret.setAtMs };
  await db.query
    .insertInto("pipeline_secrets")
    .values({ project: secret.project, name: secret.name, ...held })
    .onConflict((conflict) => conflict.columns(["project", "name"]).doUpdateSet(held))
    .execute();
}

/** False when there is none of that name. */
export async function deleteSecret(db: Database, project: string, name: string): Promise<boolean> {
  const { numDeletedRows } = await db.query
    .deleteFrom("pipeline_secrets")
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return Number(numDeletedRows) === 1;
}

export async function listSecrets(db: Database, project: string): Promise<readonly SecretRecord[]> {
  const rows = await db.query
    .selectFrom("pipeline_secrets")
    .select(["name", "actor", "set_at_ms"])
    .where("project", "=", project)
    .orderBy("name")
    .execute();
  return rows.map((row) => ({ name: row.name, actor: row.actor, setAtMs: row.set_at_ms }));
}

export async function readSealed(
  db: Database,
  project: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  const rows = await db.query
    .selectFrom("pipeline_secrets")
    .select(["name", "sealed"])
    .where("project", "=", project)
    .where("name", "in", [...names])
    .execute();
  return new Map(rows.map((row) => [row.name, row.sealed]));
}
