import { z } from "zod";

import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    registered_models: NameRow;
    model_version_labels: LabelRow;
  }
}

interface NameRow {
  name: string;
  project: string;
  model: string;
  description: string;
  tags: string;
  greatest_deleted: number;
  created_at_ms: number;
  updated_at_ms: number;
}

interface LabelRow {
  version_id: string;
  description: string;
  tags: string;
  stage: string;
  source: string;
  run_link: string;
  run_id: string;
  logged_model_id: string;
  address: string;
  updated_at_ms: number;
}

export const namedMigrations: readonly Migration[] = [
  {
    id: "registry-002",
    statements: ({ text, integer, strict }) => [
      `create table registered_models (
        name ${text} primary key, project ${text} not null, model ${text} not null,
        description ${text} not null, tags ${text} not null, greatest_deleted ${integer} not null,
        created_at_ms ${integer} not null, updated_at_ms ${integer} not null, unique (project, model)
      ) ${strict}`,
      `create table model_version_labels (
        version_id ${text} primary key, description ${text} not null, tags ${text} not null,
        stage ${text} not null, source ${text} not null, run_link ${text} not null, run_id ${text} not null,
        logged_model_id ${text} not null, updated_at_ms ${integer} not null
      ) ${strict}`,
      `insert into registered_models
        select model, min(project), model, '', '{}', 0, min(created_at_ms), min(created_at_ms)
        from model_versions group by model`,
    ],
  },
  {
    id: "registry-003",
    statements: ({ text }) => [
      `alter table model_version_labels add column address ${text} not null default ''`,
    ],
  },
];

/** A flat name: the model of a project that it stands for, and what clients said about it. */
export interface Name {
  readonly name: string;
  /** Empty outside any project. */
  readonly project: string;
  readonly model: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Of its deleted versions, 0 when none was deleted. */
  readonly greatestDeleted: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What clients said about a version; it decides nothing. */
export interface Labels {
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly stage: string;
  readonly source: string;
  readonly runLink: string;
  readonly runId: string;
  readonly loggedModelId: string;
  /** Where clients find files that are not kept here; empty when they are. The server never opens it. */
  readonly address: string;
  readonly updatedAtMs: number;
}

/** Gives a model of a project its flat name when it has none yet. */
export async function ensureName(
  db: Database,
  { project, model }: { readonly project: string; readonly model: string },
  createdAtMs: number,
): Promise<void> {
  const known = await db.query
    .selectFrom("registered_models")
    .select("name")
    .where("project", "=", project)
    .where("model", "=", model)
    .executeTakeFirst();
  if (known !== undefined) return;
  const empty = { project, model, description: "", tags: "{}", greatest_deleted: 0 };
  const times = { created_at_ms: createdAtMs, updated_at_ms: createdAtMs };
  for (const name of [model, `${project}.${model}`]) {
    const inserted = await db.query
      .insertInto("registered_models")
      .values({ name, ...empty, ...times })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 1n) return;
  }
}

export async function readName(db: Database, name: string): Promise<Name | undefined> {
  const row = await db.query
    .selectFrom("registered_models")
    .selectAll()
    .where("name", "=", name)
    .executeTakeFirst();
  return row === undefined ? undefined : toName(row);
}

/** The flat name of a project's model. */
export async function readNameOf(
  db: Database,
  { project, model }: { readonly project: string; readonly model: string },
): Promise<Name | undefined> {
  const row = await db.query
    .selectFrom("registered_models")
    .selectAll()
    .where("project", "=", project)
    .where("model", "=", model)
    .executeTakeFirst();
  return row === undefined ? undefined : toName(row);
}

/** The flat names of these models of a project, by model; in one statement. */
export async function readFlatNames(
  db: Database,
  project: string,
  models: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (models.length === 0) return new Map();
  const rows = await db.query
    .selectFrom("registered_models")
    .select(["model", "name"])
    .where("project", "=", project)
    .where("model", "in", [...models])
    .execute();
  return new Map(rows.map(({ model, name }) => [model, name]));
}

/** The models of a project with their flat names. */
export async function readNamesIn(db: Database, project: string): Promise<Pick<Name, "name" | "model">[]> {
  return await db.query
    .selectFrom("registered_models")
    .select(["name", "model"])
    .where("project", "=", project)
    .execute();
}

/** By name. */
export async function readNames(db: Database): Promise<Name[]> {
  const rows = await db.query.selectFrom("registered_models").selectAll().orderBy("name").execute();
  return rows.map(toName);
}

/** Whether the name was free. */
export async function insertName(db: Database, name: Name): Promise<boolean> {
  const inserted = await db.query
    .insertInto("registered_models")
    .values(toNameRow(name))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function saveName(db: Database, name: Name): Promise<void> {
  const { name: key, ...changed } = toNameRow(name);
  await db.query.updateTable("registered_models").set(changed).where("name", "=", key).execute();
}

export async function deleteName(db: Database, name: string): Promise<void> {
  await db.query.deleteFrom("registered_models").where("name", "=", name).execute();
}

/** The labels of those versions that have any, by version id. */
export async function readLabels(
  db: Database,
  versionIds: readonly string[],
): Promise<ReadonlyMap<string, Labels>> {
  const labels = new Map<string, Labels>();
  // Engines bound the parameters of a statement: SQLite at 32766.
  for (let from = 0; from < versionIds.length; from += 1_000) {
    const rows = await db.query
      .selectFrom("model_version_labels")
      .selectAll()
      .where("version_id", "in", versionIds.slice(from, from + 1_000))
      .execute();
    for (const row of rows) labels.set(row.version_id, toLabels(row));
  }
  return labels;
}

export async function saveLabels(db: Database, versionId: string, labels: Labels): Promise<void> {
  const changed = {
    description: labels.description,
    tags: JSON.stringify(labels.tags),
    stage: labels.stage,
    source: labels.source,
    run_link: labels.runLink,
    run_id: labels.runId,
    logged_model_id: labels.loggedModelId,
    address: labels.address,
    updated_at_ms: labels.updatedAtMs,
  };
  await db.query
    .insertInto("model_version_labels")
    .values({ version_id: versionId, ...changed })
    .onConflict((conflict) => conflict.column("version_id").doUpdateSet(changed))
    .execute();
}

export async function deleteLabels(db: Database, versionId: string): Promise<void> {
  await db.query.deleteFrom("model_version_labels").where("version_id", "=", versionId).execute();
}

const tagsSchema = z.record(z.string(), z.string());

function toName(row: NameRow): Name {
  const { name, project, model, description } = row;
  return {
    name,
    project,
    model,
    description,
    tags: tagsSchema.parse(JSON.parse(row.tags)),
    greatestDeleted: row.greatest_deleted,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

function toNameRow({ name, project, model, description, ...rest }: Name): NameRow {
  return {
    name,
    project,
    model,
    description,
    tags: JSON.stringify(rest.tags),
    greatest_deleted: rest.greatestDeleted,
    created_at_ms: rest.createdAtMs,
    updated_at_ms: rest.updatedAtMs,
  };
}

function toLabels(row: LabelRow): Labels {
  return {
    description: row.description,
    tags: tagsSchema.parse(JSON.parse(row.tags)),
    stage: row.stage,
    source: row.source,
    runLink: row.run_link,
    runId: row.run_id,
    loggedModelId: row.logged_model_id,
    address: row.address,
    updatedAtMs: row.updated_at_ms,
  };
}
