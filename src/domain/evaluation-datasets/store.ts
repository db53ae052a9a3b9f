import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { isRecord, parseExactJson, writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import { amongNumbers, amongTexts, insertRows, or } from "#kernel/search";
import type { Fragment } from "#kernel/search";

import type { DatasetRecord, EvaluationDataset, JsonObject } from "./entities.ts";
import { storable } from "./records.ts";
import type { DatasetRow, RecordRow } from "./schema.ts";

export async function insertDataset(db: Database, row: DatasetRow): Promise<void> {
  await db.query.insertInto("evaluation_datasets").values(row).execute();
}

export async function updateDataset(
  db: Database,
  id: string,
  change: Partial<Omit<DatasetRow, "id">>,
): Promise<void> {
  await db.query.updateTable("evaluation_datasets").set(change).where("id", "=", id).execute();
}

export async function deleteDataset(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("evaluation_datasets").where("id", "=", id).execute();
}

/** Reads the row and keeps others from changing it until the transaction ends. */
export async function lockDataset(db: Database, id: string): Promise<DatasetRow | undefined> {
  if (db.engine === "postgres")
    await sql`select 1 from evaluation_datasets where id = ${id} for update`.execute(db.query);
  return await readDataset(db, id);
}

export async function readDataset(db: Database, id: string): Promise<DatasetRow | undefined> {
  return await db.query.selectFrom("evaluation_datasets").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Adds tags, experiments and their projects. */
export async function completeDatasets(
  db: Database,
  rows: readonly DatasetRow[],
): Promise<EvaluationDataset[]> {
  const ids = rows.map((row) => row.id);
  const tags = await sql<{ dataset: string; key: string; value: string }>`
    select dataset, key, value from evaluation_dataset_tags where ${amongTexts(db, sql`dataset`, ids)} order by dataset, key
  `.execute(db.query);
  const links = await sql<{ dataset: string; experiment: number; project: string | null }>`
    select linked.dataset, linked.experiment, experiments.project
    from evaluation_dataset_experiments as linked join experiments on experiments.id = linked.experiment
    where ${amongTexts(db, sql`linked.dataset`, ids)} order by linked.dataset, linked.experiment
  `.execute(db.query);
  const tagsOf = Map.groupBy(tags.rows, (row) => row.dataset);
  const linksOf = Map.groupBy(links.rows, (row) => row.dataset);
  return rows.map((row) => {
    const linked = linksOf.get(row.id) ?? [];
    return {
      id: row.id,
      name: row.name,
      tags: Object.fromEntries((tagsOf.get(row.id) ?? []).map((tag) => [tag.key, tag.value])),
      schema: row.schema,
      profile: row.profile,
      digest: row.digest,
      createdAtMs: row.created_at_ms,
      updatedAtMs: row.updated_at_ms,
      createdBy: row.created_by,
      updatedBy: row.updated_by,
      experimentIds: linked.map((link) => String(link.experiment)),
      projects: linked.length === 0 ? [null] : [...new Set(linked.map((link) => link.project))],
    };
  });
}

export async function saveTags(
  db: Database,
  dataset: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  await insertRows(
    db,
    "evaluation_dataset_tags (dataset, key, value)",
    Object.entries(tags).map(([key, value]) => [dataset, storable(key), storable(value)]),
    "(dataset, key) do update set value = excluded.value",
  );
}

/** Whether there was one. */
export async function deleteTag(db: Database, dataset: string, key: string): Promise<boolean> {
  const deleted = await db.query
    .deleteFrom("evaluation_dataset_tags")
    .where("dataset", "=", dataset)
    .where("key", "=", key)
    .returning("key")
    .execute();
  return deleted.length > 0;
}

export async function linkExperiments(
  db: Database,
  dataset: string,
  experiments: readonly number[],
): Promise<void> {
  await insertRows(
    db,
    "evaluation_dataset_experiments (dataset, experiment)",
    experiments.map((experiment) => [dataset, experiment]),
    "(dataset, experiment) do nothing",
  );
}

/** Those that were linked. */
export async function unlinkExperiments(
  db: Database,
  dataset: string,
  experiments: readonly number[],
): Promise<number[]> {
  const { rows } = await sql<{ experiment: number }>`
    delete from evaluation_dataset_experiments
    where dataset = ${dataset} and ${amongNumbers(db, sql`experiment`, experiments)} returning experiment
  `.execute(db.query);
  return rows.map((row) => row.experiment);
}

export type KeptRecord = DatasetRecord & { readonly inputDigest: string };

/** The records with these inputs, by the inputs' digest. */
export async function readByInputs(
  db: Database,
  dataset: string,
  digests: readonly string[],
): Promise<Map<string, KeptRecord>> {
  const { rows } = await sql<RecordRow>`
    select * from evaluation_records where dataset = ${dataset} and ${amongTexts(db, sql`input_digest`, digests)}
  `.execute(db.query);
  return new Map(rows.map((row) => [row.input_digest, { ...toRecord(row), inputDigest: row.input_digest }]));
}

export async function saveRecords(db: Database, records: readonly KeptRecord[]): Promise<void> {
  await insertRows(
    db,
    `evaluation_records (id, dataset, input_digest, inputs, outputs, expectations, tags, source, source_id,
      source_type, created_at_ms, updated_at_ms, created_by, updated_by)`,
    records.map((record) => [
      record.id,
      record.datasetId,
      record.inputDigest,
      writeExactJson(record.inputs),
      writeExactJson(record.outputs),
      record.expectations === null ? null : writeExactJson(record.expectations),
      writeExactJson(record.tags),
      record.source === null ? null : writeExactJson(record.source),
      record.sourceId,
      record.sourceType,
      record.createdAtMs,
      record.updatedAtMs,
      record.createdBy,
      record.updatedBy,
    ]),
    `(dataset, input_digest) do update set outputs = excluded.outputs, expectations = excluded.expectations,
      tags = excluded.tags, updated_at_ms = excluded.updated_at_ms, updated_by = excluded.updated_by`,
  );
}

/** Of all its records, or of those in which a text is found. */
export async function countRecords(db: Database, dataset: string, text = ""): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from evaluation_records where dataset = ${dataset} and ${holds(text)}
  `.execute(db.query);
  return Number(rows[0]?.count ?? 0);
}

/** By data set; those without records are not in it. */
export async function countsOfRecords(
  db: Database,
  datasets: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ dataset: string; count: number }>`
    select dataset, count(*) as count from evaluation_records where ${amongTexts(db, sql`dataset`, datasets)}
    group by dataset
  `.execute(db.query);
  return new Map(rows.map((row) => [row.dataset, Number(row.count)]));
}

/** Those of the experiments that have an evaluation data set. */
export async function experimentsWithDatasets(
  db: Database,
  experiments: readonly number[],
): Promise<string[]> {
  const { rows } = await sql<{ experiment: number }>`
    select distinct experiment from evaluation_dataset_experiments
    where ${amongNumbers(db, sql`experiment`, experiments)} order by experiment
  `.execute(db.query);
  return rows.map((row) => String(row.experiment));
}

export interface RecordPage {
  readonly records: readonly DatasetRecord[];
  /** The position of the last one; undefined when none follow. */
  readonly lastPosition: number | undefined;
}

export async function readRecord(
  db: Database,
  dataset: string,
  id: string,
): Promise<DatasetRecord | undefined> {
  const row = await db.query
    .selectFrom("evaluation_records")
    .selectAll()
    .where("dataset", "=", dataset)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Records in the order in which they came, after a position, and those alone in which `text` is found. */
export async function readRecords(
  db: Database,
  dataset: string,
  after: number,
  limit: number,
  text = "",
): Promise<RecordPage> {
  const { rows } = await sql<RecordRow & { position: number }>`
    select * from evaluation_records where dataset = ${dataset} and position > ${after} and ${holds(text)}
    order by position limit ${limit + 1}
  `.execute(db.query);
  const page = rows.slice(0, limit);
  return {
    records: page.map(toRecord),
    lastPosition: rows.length > limit ? page.at(-1)?.position : undefined,
  };
}

/**
 * Whether a record says the text anywhere, without regard to case (on SQLite to that of a to z). It is looked
 * for as the JSON has it, so that a quotation mark or a line break is found too.
 */
function holds(text: string): Fragment {
  if (text === "") return sql`1 = 1`;
  const written = JSON.stringify(storable(text)).slice(1, -1);
  const pattern = `%${written.replaceAll(/[!%_]/g, (sign) => `!${sign}`)}%`;
  const said = ["inputs", "outputs", "expectations", "tags", "source"].map(
    (part) => sql<boolean>`lower(${sql.ref(part)}) like lower(${pattern}) escape '!'`,
  );
  return or(said);
}

/** How many there were. */
export async function deleteRecords(db: Database, dataset: string, ids: readonly string[]): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    delete from evaluation_records where dataset = ${dataset} and ${amongTexts(db, sql`id`, ids)} returning id
  `.execute(db.query);
  return rows.length;
}

function toRecord(row: Omit<RecordRow, "position">): DatasetRecord {
  return {
    id: row.id,
    datasetId: row.dataset,
    inputs: toObject(row.inputs) ?? {},
    outputs: parseExactJson(row.outputs),
    expectations: toObject(row.expectations),
    tags: toObject(row.tags) ?? {},
    source: toObject(row.source),
    sourceId: row.source_id,
    sourceType: row.source_type,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
  };
}

function toObject(text: string | null): JsonObject | null {
  const value: ExactJson = text === null ? null : parseExactJson(text);
  return isRecord(value) ? value : null;
}
