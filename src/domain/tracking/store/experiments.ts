import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers } from "#kernel/search";

import type { Experiment, LifecycleState } from "../entities.ts";
import type { KeyValue } from "../validation.ts";

export interface StoredExperiment {
  readonly id: number;
  readonly name: string;
  readonly project: string | null;
  readonly artifact_location: string;
  readonly state: string;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

export async function insertExperiment(
  db: Database,
  row: Omit<StoredExperiment, "id" | "artifact_location"> & { readonly artifact_location: string | null },
): Promise<number> {
  const inserted = await db.query
    .insertInto("experiments")
    .values({ ...row, artifact_location: row.artifact_location ?? "" })
    .returning("id")
    .executeTakeFirstOrThrow();
  if (row.artifact_location === null) {
    const artifact_location = `mlflow-artifacts:/${inserted.id}`;
    await db.query
      .updateTable("experiments")
      .set({ artifact_location })
      .where("id", "=", inserted.id)
      .execute();
  }
  return inserted.id;
}

const columns = [
  "id",
  "name",
  "project",
  "artifact_location",
  "state",
  "created_at_ms",
  "updated_at_ms",
] as const;

export async function readExperiment(db: Database, id: number): Promise<StoredExperiment | undefined> {
  return await db.query.selectFrom("experiments").select(columns).where("id", "=", id).executeTakeFirst();
}

export async function readExperimentByName(
  db: Database,
  name: string,
): Promise<StoredExperiment | undefined> {
  return await db.query.selectFrom("experiments").select(columns).where("name", "=", name).executeTakeFirst();
}

export async function listExperimentIds(db: Database, project: string): Promise<number[]> {
  const rows = await db.query.selectFrom("experiments").select("id").where("project", "=", project).execute();
  return rows.map((row) => row.id);
}

export interface ExperimentProject {
  readonly id: string;
  readonly project: string | null;
}

export async function readProjects(db: Database, ids: readonly number[]): Promise<ExperimentProject[]> {
  const { rows } = await sql<{ id: number; project: string | null }>`
    select id, project from experiments where ${amongNumbers(db, sql`id`, ids)}
  `.execute(db.query);
  return rows.map((row) => ({ id: String(row.id), project: row.project }));
}

export async function updateExperiment(
  db: Database,
  id: number,
  change: Partial<Pick<StoredExperiment, "name" | "state" | "updated_at_ms" | "project">>,
): Promise<void> {
  await db.query.updateTable("experiments").set(change).where("id", "=", id).execute();
}

/** Gives a project the experiments of its name that were made before it. */
export async function adoptExperiment(db: Database, project: string): Promise<void> {
  await db.query
    .updateTable("experiments")
    .set({ project })
    .where("name", "=", project)
    .where("project", "is", null)
    .execute();
}

/** Marks all runs of an experiment together with it. */
export async function setRunsState(db: Database, experiment: number, state: LifecycleState): Promise<void> {
  await db.query.updateTable("runs").set({ state }).where("experiment", "=", experiment).execute();
}

export async function saveExperimentTags(
  db: Database,
  experiment: number,
  tags: readonly KeyValue[],
): Promise<void> {
  for (const { key, value } of tags) {
    await db.query
      .insertInto("experiment_tags")
      .values({ experiment, key, value })
      .onConflict((conflict) => conflict.columns(["experiment", "key"]).doUpdateSet({ value }))
      .execute();
  }
}

/** Whether there was one. */
export async function deleteExperimentTag(db: Database, experiment: number, key: string): Promise<boolean> {
  const deleted = await db.query
    .deleteFrom("experiment_tags")
    .where("experiment", "=", experiment)
    .where("key", "=", key)
    .returning("key")
    .execute();
  return deleted.length > 0;
}

export async function withTags(db: Database, rows: readonly StoredExperiment[]): Promise<Experiment[]> {
  if (rows.length === 0) return [];
  const tags = await sql<{ experiment: number; key: string; value: string }>`
    select experiment, key, value from experiment_tags
    where ${amongNumbers(
      db,
      sql`experiment`,
      rows.map((row) => row.id),
    )} order by experiment, key
  `.execute(db.query);
  const byExperiment = Map.groupBy(tags.rows, (tag) => tag.experiment);
  return rows.map((row) => ({
    id: String(row.id),
    project: row.project,
    name: row.name,
    artifactLocation: row.artifact_location,
    state: row.state === "deleted" ? "deleted" : "active",
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    tags: Object.fromEntries((byExperiment.get(row.id) ?? []).map((tag) => [tag.key, tag.value])),
  }));
}
