import { sql } from "kysely";
import { z } from "zod";

import type { HeldBlob } from "#kernel/blobs";
import type { Database, Migration } from "#kernel/db";
import { inPages, rowsPerPage } from "#kernel/search";

import type { ModelVersion, VersionOrigin } from "./index.ts";
import { namedMigrations } from "./named-store.ts";

declare module "#kernel/db" {
  interface Tables {
    model_versions: ModelVersionRow;
    model_aliases: { project: string; model: string; alias: string; number: number };
  }
}

interface ModelVersionRow {
  id: string;
  project: string;
  model: string;
  number: number;
  kind: string;
  state: string;
  rejection: string | null;
  files: string;
  digest: string;
  signature: string;
  runnable_digest: string | null;
  parity: string | null;
  holdout_digest: string | null;
  execution_id: string | null;
  origin: string;
  metrics: string;
  created_at_ms: number;
  actor: string;
}

export const migrations: readonly Migration[] = [
  {
    id: "registry-001",
    statements: ({ text, integer, strict }) => [
      `create table model_versions (
        id ${text} primary key, project ${text} not null, model ${text} not null, number ${integer} not null,
        kind ${text} not null, state ${text} not null, rejection ${text}, files ${text} not null,
        digest ${text} not null, signature ${text} not null, runnable_digest ${text}, parity ${text},
        holdout_digest ${text}, execution_id ${text}, origin ${text} not null, metrics ${text} not null,
        created_at_ms ${integer} not null, actor ${text} not null,
        unique (project, model, number), unique (execution_id)
      ) ${strict}`,
      `create table model_aliases (
        project ${text} not null, model ${text} not null, alias ${text} not null, number ${integer} not null,
        primary key (project, model, alias)
      ) ${strict}`,
    ],
  },
  ...namedMigrations,
];

/** Makes changes of one model take turns until the transaction ends; SQLite's transactions do anyway. */
export async function lockModel(
  db: Database,
  { project, model }: { readonly project: string; readonly model: string },
): Promise<void> {
  if (db.engine !== "postgres") return;
  const name = JSON.stringify(["model", project, model]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(db.query);
}

/** The version as it is stored and as it travels. */
export const versionSchema = z.object({
  id: z.string(),
  project: z.string(),
  model: z.string(),
  number: z.number(),
  kind: z.enum(["onnx", "rule", "python"]),
  state: z.enum(["ready", "rejected"]),
  rejection: z.string().nullable(),
  files: z.array(z.object({ path: z.string(), digest: z.string(), sizeBytes: z.number() })),
  digest: z.string(),
  signature: z.object({
    inputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.enum(["BYTES", "FP32", "FP64", "INT64", "BOOL"]),
        optional: z.boolean(),
      }),
    ),
    labels: z.array(z.string()),
  }),
  runnableDigest: z.string().nullable(),
  parity: z
    .object({
      rows: z.number(),
      largestDifference: z.number(),
      tolerance: z.number(),
      labelsDiffer: z.number(),
      agrees: z.boolean(),
    })
    .nullable(),
  holdoutDigest: z.string().nullable(),
  origin: z.object({
    executionId: z.string().nullable(),
    runId: z.string().nullable(),
    codeDigest: z.string().nullable(),
    environmentDigest: z.string().nullable(),
    datasetVersions: z.record(z.string(), z.string()),
    parameters: z.record(z.string(), z.unknown()),
    holdoutPath: z.string().nullable(),
    purpose: z.object({ kind: z.string(), reason: z.string() }).nullable(),
  }) satisfies z.ZodType<VersionOrigin>,
  metrics: z.record(z.string(), z.number()),
  aliases: z.array(z.string()),
  createdAtMs: z.number(),
  actor: z.string(),
}) satisfies z.ZodType<ModelVersion>;

/** The files of versions, what runs of them, and the rows they were held against; of rejected ones too. */
export async function* blobsInUse(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<Pick<ModelVersionRow, "id" | "files" | "runnable_digest" | "holdout_digest">>(
    async (after) =>
      await db.query
        .selectFrom("model_versions")
        .select(["id", "files", "runnable_digest", "holdout_digest"])
        .where("id", ">", after?.id ?? "")
        .orderBy("id")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { files, runnable_digest, holdout_digest } of rows) {
    for (const { digest } of versionSchema.shape.files.parse(JSON.parse(files)))
      yield { digest, isTree: false };
    for (const digest of [runnable_digest, holdout_digest])
      if (digest !== null) yield { digest, isTree: false };
  }
}

export async function insertVersion(db: Database, version: ModelVersion): Promise<void> {
  await db.query
    .insertInto("model_versions")
    .values({
      id: version.id,
      project: version.project,
      model: version.model,
      number: version.number,
      kind: version.kind,
      state: version.state,
      rejection: version.rejection,
      files: JSON.stringify(version.files),
      digest: version.digest,
      signature: JSON.stringify(version.signature),
      runnable_digest: version.runnableDigest,
      parity: version.parity === null ? null : JSON.stringify(version.parity),
      holdout_digest: version.holdoutDigest,
      execution_id: version.origin.executionId,
      origin: JSON.stringify(version.origin),
      metrics: JSON.stringify(version.metrics),
      created_at_ms: version.createdAtMs,
      actor: version.actor,
    })
    .execute();
}

/** Newest first. */
export async function readVersions(
  db: Database,
  filter: {
    readonly id?: string;
    readonly project?: string;
    readonly model?: string;
    readonly number?: number;
    readonly executionId?: string;
  },
): Promise<ModelVersion[]> {
  let query = db.query.selectFrom("model_versions").selectAll();
  if (filter.id !== undefined) query = query.where("id", "=", filter.id);
  if (filter.project !== undefined) query = query.where("project", "=", filter.project);
  if (filter.model !== undefined) query = query.where("model", "=", filter.model);
  if (filter.number !== undefined) query = query.where("number", "=", filter.number);
  if (filter.executionId !== undefined) query = query.where("execution_id", "=", filter.executionId);
  const rows = await query.orderBy("model").orderBy("number", "desc").execute();
  const aliases = await readAliases(db, new Set(rows.map((row) => row.project)));
  return rows.map((row) => toVersion(row, aliases));
}

/** The models of these versions of a project, by id. */
export async function readModelsOf(
  db: Database,
  project: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query
    .selectFrom("model_versions")
    .select(["id", "model"])
    .where("project", "=", project)
    .where("id", "in", [...ids])
    .execute();
  return new Map(rows.map(({ id, model }) => [id, model]));
}

type AliasRow = { project: string; model: string; alias: string; number: number };

async function readAliases(db: Database, projects: ReadonlySet<string>): Promise<AliasRow[]> {
  if (projects.size === 0) return [];
  return await db.query
    .selectFrom("model_aliases")
    .selectAll()
    .where("project", "in", [...projects])
    .execute();
}

export async function readAlias(
  db: Database,
  project: string,
  model: string,
  alias: string,
): Promise<number | undefined> {
  const row = await db.query
    .selectFrom("model_aliases")
    .select("number")
    .where("project", "=", project)
    .where("model", "=", model)
    .where("alias", "=", alias)
    .executeTakeFirst();
  return row?.number;
}

export async function saveAlias(db: Database, alias: AliasRow): Promise<void> {
  await db.query
    .insertInto("model_aliases")
    .values(alias)
    .onConflict((conflict) =>
      conflict.columns(["project", "model", "alias"]).doUpdateSet({ number: alias.number }),
    )
    .execute();
}

export async function deleteAlias(db: Database, alias: Omit<AliasRow, "number">): Promise<void> {
  await db.query
    .deleteFrom("model_aliases")
    .where("project", "=", alias.project)
    .where("model", "=", alias.model)
    .where("alias", "=", alias.alias)
    .execute();
}

/** The number after the greatest there ever was: a deleted version's number is not given again. */
export async function nextNumber(db: Database, project: string, model: string): Promise<number> {
  const kept = await db.query
    .selectFrom("model_versions")
    .select((select) => select.fn.max("number").as("number"))
    .where("project", "=", project)
    .where("model", "=", model)
    .executeTakeFirst();
  const named = await db.query
    .selectFrom("registered_models")
    .select("greatest_deleted")
    .where("project", "=", project)
    .where("model", "=", model)
    .executeTakeFirst();
  return Math.max(kept?.number ?? 0, named?.greatest_deleted ?? 0) + 1;
}

export async function deleteVersion(db: Database, version: ModelVersion): Promise<void> {
  const { project, model, number } = version;
  await db.query.deleteFrom("model_versions").where("id", "=", version.id).execute();
  await db.query
    .deleteFrom("model_aliases")
    .where("project", "=", project)
    .where("model", "=", model)
    .where("number", "=", number)
    .execute();
}

/** Moves the versions and aliases of a model to another name, or another project. */
export async function moveModel(
  db: Database,
  from: { readonly project: string; readonly model: string },
  to: { readonly project: string; readonly model: string },
): Promise<void> {
  for (const table of ["model_versions", "model_aliases"] as const) {
    await db.query
      .updateTable(table)
      .set({ project: to.project, model: to.model })
      .where("project", "=", from.project)
      .where("model", "=", from.model)
      .execute();
  }
}

function toVersion(row: ModelVersionRow, aliases: readonly AliasRow[]): ModelVersion {
  const isOfRow = (one: AliasRow): boolean =>
    one.project === row.project && one.model === row.model && one.number === row.number;
  return versionSchema.parse({
    id: row.id,
    project: row.project,
    model: row.model,
    number: row.number,
    kind: row.kind,
    state: row.state,
    rejection: row.rejection,
    files: JSON.parse(row.files),
    digest: row.digest,
    signature: JSON.parse(row.signature),
    runnableDigest: row.runnable_digest,
    parity: row.parity === null ? null : JSON.parse(row.parity),
    holdoutDigest: row.holdout_digest,
    origin: JSON.parse(row.origin),
    metrics: JSON.parse(row.metrics),
    aliases: aliases.filter(isOfRow).map((one) => one.alias),
    createdAtMs: row.created_at_ms,
    actor: row.actor,
  });
}
