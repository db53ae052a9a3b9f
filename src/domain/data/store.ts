import { z } from "zod";

import type { HeldBlob } from "#kernel/blobs";
import type { Database, Migration } from "#kernel/db";
import { inPages, rowsPerPage } from "#kernel/search";

import type { ContractBreach } from "./contract.ts";
import type { DatasetVersion } from "./index.ts";
import type { ColumnProfile } from "./profile.ts";

declare module "#kernel/db" {
  interface Tables {
    dataset_versions: DatasetVersionRow;
  }
}

interface DatasetVersionRow {
  id: string;
  project: string;
  dataset: string;
  number: number;
  digest: string;
  parquet_digest: string | null;
  size_bytes: number;
  rows: number;
  columns: string;
  source: string;
  parent: string | null;
  contract_digest: string | null;
  state: string;
  breaches: string;
  profile: string;
  created_at_ms: number;
  actor: string;
}

export const migrations: readonly Migration[] = [
  {
    id: "data-001",
    statements: ({ text, integer, strict }) => [
      `create table dataset_versions (
        id ${text} primary key, project ${text} not null, dataset ${text} not null, number ${integer} not null,
        digest ${text} not null, parquet_digest ${text}, size_bytes ${integer} not null, rows ${integer} not null,
        columns ${text} not null, source ${text} not null, parent ${text}, contract_digest ${text},
        state ${text} not null, breaches ${text} not null, profile ${text} not null,
        created_at_ms ${integer} not null, actor ${text} not null,
        unique (project, dataset, number)
      ) ${strict}`,
    ],
  },
];

/** The rows of versions, as they came and as Parquet. */
export async function* blobsInUse(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<Pick<DatasetVersionRow, "id" | "digest" | "parquet_digest">>(
    async (after) =>
      await db.query
        .selectFrom("dataset_versions")
        .select(["id", "digest", "parquet_digest"])
        .where("id", ">", after?.id ?? "")
        .orderBy("id")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { digest, parquet_digest } of rows) {
    yield { digest, isTree: false };
    if (parquet_digest !== null) yield { digest: parquet_digest, isTree: false };
  }
}

export async function insertVersion(
  db: Database,
  version: DatasetVersion,
  profile: readonly ColumnProfile[],
): Promise<void> {
  await db.query
    .insertInto("dataset_versions")
    .values({
      id: version.id,
      project: version.project,
      dataset: version.dataset,
      number: version.number,
      digest: version.digest,
      parquet_digest: version.parquetDigest,
      size_bytes: version.sizeBytes,
      rows: version.rows,
      columns: JSON.stringify(version.columns),
      source: version.source,
      parent: version.parent,
      contract_digest: version.contractDigest,
      state: version.state,
      breaches: JSON.stringify(version.breaches),
      profile: JSON.stringify(profile),
      created_at_ms: version.createdAtMs,
      actor: version.actor,
    })
    .execute();
}

export async function readVersion(db: Database, id: string): Promise<DatasetVersion | undefined> {
  const row = await db.query
    .selectFrom("dataset_versions")
    .select(listed)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toVersion(row);
}

export async function readVersionByNumber(
  db: Database,
  project: string,
  dataset: string,
  number: number,
): Promise<DatasetVersion | undefined> {
  const row = await db.query
    .selectFrom("dataset_versions")
    .select(listed)
    .where("project", "=", project)
    .where("dataset", "=", dataset)
    .where("number", "=", number)
    .executeTakeFirst();
  return row === undefined ? undefined : toVersion(row);
}

/** Newest first; all data sets of the project when `dataset` is left out. */
export async function readVersions(
  db: Database,
  project: string,
  dataset?: string,
): Promise<DatasetVersion[]> {
  let query = db.query.selectFrom("dataset_versions").select(listed).where("project", "=", project);
  if (dataset !== undefined) query = query.where("dataset", "=", dataset);
  const rows = await query.orderBy("dataset").orderBy("number", "desc").execute();
  return rows.map(toVersion);
}

export async function readProfile(db: Database, id: string): Promise<readonly ColumnProfile[] | undefined> {
  const row = await db.query
    .selectFrom("dataset_versions")
    .select("profile")
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : profileSchema.parse(JSON.parse(row.profile));
}

const listed = [
  "id",
  "project",
  "dataset",
  "number",
  "digest",
  "parquet_digest",
  "size_bytes",
  "rows",
  "columns",
  "source",
  "parent",
  "contract_digest",
  "state",
  "breaches",
  "created_at_ms",
  "actor",
] as const;

const columnType = z.enum(["text", "integer", "number", "boolean", "time"]);
const columnsSchema = z.array(z.object({ name: z.string(), type: columnType }));
const breachesSchema: z.ZodType<ContractBreach[]> = z.array(
  z.object({
    column: z.string(),
    rule: z.string(),
    count: z.number(),
    share: z.number(),
    examples: z.array(z.object({ row: z.number(), value: z.string().nullable() })),
    message: z.string(),
  }),
);
const profileSchema: z.ZodType<ColumnProfile[]> = z.array(
  z.object({
    name: z.string(),
    type: columnType,
    count: z.number(),
    missing: z.number(),
    distinct: z.number(),
    minimum: z.string().nullable(),
    maximum: z.string().nullable(),
    mean: z.number().nullable(),
    standardDeviation: z.number().nullable(),
    quantiles: z.array(z.number()).nullable(),
    histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.number()) }).nullable(),
    top: z.array(z.object({ value: z.string(), count: z.number() })).nullable(),
  }),
);

export { breachesSchema, columnsSchema, profileSchema };

function toVersion(row: Omit<DatasetVersionRow, "profile">): DatasetVersion {
  return {
    id: row.id,
    project: row.project,
    dataset: row.dataset,
    number: row.number,
    digest: row.digest,
    parquetDigest: row.parquet_digest,
    sizeBytes: row.size_bytes,
    rows: row.rows,
    columns: columnsSchema.parse(JSON.parse(row.columns)),
    source: row.source,
    parent: row.parent,
    contractDigest: row.contract_digest,
    state: row.state === "usable" ? "usable" : "quarantined",
    breaches: breachesSchema.parse(JSON.parse(row.breaches)),
    createdAtMs: row.created_at_ms,
    actor: row.actor,
  };
}
