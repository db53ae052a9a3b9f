import type { Selectable } from "kysely";

import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    projects: ProjectRow;
    charter_versions: CharterVersionRow;
  }
}

interface ProjectRow {
  id: string;
  folder: string | null;
  created_at_ms: number;
}

interface CharterVersionRow {
  project: string;
  version: number;
  digest: string;
  yaml: string;
  actor: string;
  applied_at_ms: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "objectives-001",
    statements: ({ text, integer, strict }) => [
      `create table projects (
        id ${text} primary key, folder ${text}, created_at_ms ${integer} not null
      ) ${strict}`,
      // The text alone is kept, not what was read from it: reading is cheap, and a copy could differ from it.
      `create table charter_versions (
        project ${text} not null references projects (id), version ${integer} not null,
        digest ${text} not null, yaml ${text} not null, actor ${text} not null,
        applied_at_ms ${integer} not null, primary key (project, version), check (version > 0)
      ) ${strict}`,
    ],
  },
];

export interface StoredProject {
  readonly id: string;
  readonly folder: string | null;
  readonly createdAtMs: number;
  readonly charterVersion: number;
}

/** A version of a charter without its text. */
export interface CharterVersion {
  readonly project: string;
  readonly version: number;
  readonly digest: string;
  readonly actor: string;
  readonly appliedAtMs: number;
}

export interface StoredCharter extends CharterVersion {
  readonly text: string;
}

/** False when the project is there already: then nothing was written. */
export async function insertProject(
  db: Database,
  project: { readonly id: string; readonly folder: string | null; readonly createdAtMs: number },
): Promise<boolean> {
  const result = await db.query
    .insertInto("projects")
    .values({ id: project.id, folder: project.folder, created_at_ms: project.createdAtMs })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Holds the project's row until the transaction ends, so that two writers number their versions one after the other. */
export async function lockProject(db: Database, id: string): Promise<void> {
  const row = db.query.selectFrom("projects").select("id").where("id", "=", id);
  await (db.engine === "postgres" ? row.forUpdate() : row).execute();
}

export async function moveProject(db: Database, id: string, folder: string): Promise<void> {
  await db.query.updateTable("projects").set({ folder }).where("id", "=", id).execute();
}

export async function readProject(db: Database, id: string): Promise<StoredProject | undefined> {
  const row = await selectProjects(db).where("projects.id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toProject(row);
}

export async function listProjects(db: Database): Promise<StoredProject[]> {
  const rows = await selectProjects(db).orderBy("projects.id").execute();
  return rows.map(toProject);
}

export async function insertCharterVersion(db: Database, charter: StoredCharter): Promise<void> {
  const { project, version, digest, text, actor, appliedAtMs } = charter;
  await db.query
    .insertInto("charter_versions")
    .values({ project, version, digest, yaml: text, actor, applied_at_ms: appliedAtMs })
    .execute();
}

/** The newest one when no version is given. */
export async function readCharterVersion(
  db: Database,
  project: string,
  version?: number,
): Promise<StoredCharter | undefined> {
  const ofProject = db.query.selectFrom("charter_versions").selectAll().where("project", "=", project);
  const wanted =
    version === undefined
      ? ofProject.orderBy("version", "desc").limit(1)
      : ofProject.where("version", "=", version);
  const row = await wanted.executeTakeFirst();
  return row === undefined ? undefined : { ...toVersion(row), text: row.yaml };
}

/** Newest first. */
export async function listCharterVersions(db: Database, project: string): Promise<CharterVersion[]> {
  const rows = await db.query
    .selectFrom("charter_versions")
    .select(["project", "version", "digest", "actor", "applied_at_ms"])
    .where("project", "=", project)
    .orderBy("version", "desc")
    .execute();
  return rows.map(toVersion);
}

function selectProjects(db: Database) {
  return db.query.selectFrom("projects").select((row) => [
    "projects.id",
    "projects.folder",
    "projects.created_at_ms",
    row
      .selectFrom("charter_versions")
      .select((version) => version.fn.max("version").as("newest"))
      .whereRef("charter_versions.project", "=", "projects.id")
      .as("charter_version"),
  ]);
}

function toProject(row: Selectable<ProjectRow> & { readonly charter_version: number | null }): StoredProject {
  return {
    id: row.id,
    folder: row.folder,
    createdAtMs: row.created_at_ms,
    charterVersion: row.charter_version ?? 0,
  };
}

function toVersion(row: Omit<Selectable<CharterVersionRow>, "yaml">): CharterVersion {
  return {
    project: row.project,
    version: row.version,
    digest: row.digest,
    actor: row.actor,
    appliedAtMs: row.applied_at_ms,
  };
}
