import { sql } from "kysely";

import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";
import { amongTexts } from "#kernel/search";

import type { KeyParts, StepOut } from "../entities.ts";
import type { ResultRow } from "./schema.ts";

/** What a step produced, kept under the key of what it depended on. */
export interface StepResult {
  readonly project: string;
  readonly cacheKey: Digest;
  readonly stage: string;
  readonly keyParts: KeyParts;
  readonly outs: readonly StepOut[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly runId: string | null;
  readonly execution: string;
  readonly step: string;
  readonly createdAtMs: number;
}

/** Keeps the result; the newer of two under one key is the one that counts. */
export async function saveResult(db: Database, result: StepResult): Promise<void> {
  const last = await db.query
    .selectFrom("step_results")
    .select((select) => select.fn.max("seq").as("seq"))
    .where("project", "=", result.project)
    .where("stage", "=", result.stage)
    .executeTakeFirst();
  const content = {
    stage: result.stage,
    key_parts: JSON.stringify(result.keyParts),
    outs: JSON.stringify(result.outs),
    metrics: JSON.stringify(result.metrics),
    run_id: result.runId,
    execution: result.execution,
    step: result.step,
    created_at_ms: result.createdAtMs,
    seq: (last?.seq ?? 0) + 1,
  };
  await db.query
    .insertInto("step_results")
    .values({ project: result.project, cache_key: result.cacheKey, ...content })
    .onConflict((conflict) => conflict.columns(["project", "cache_key"]).doUpdateSet(content))
    .execute();
}

/** Those that are kept under these keys. */
export async function findResults(
  db: Database,
  project: string,
  cacheKeys: readonly Digest[],
): Promise<ReadonlyMap<Digest, StepResult>> {
  if (cacheKeys.length === 0) return new Map();
  const { rows } = await sql<ResultRow>`
    select * from step_results where project = ${project} and ${amongTexts(db, sql`cache_key`, cacheKeys)}`.execute(
    db.query,
  );
  return new Map(rows.map((row) => [row.cache_key, toResult(row)]));
}

/** The newest result of each of the stages, whatever its key. */
export async function findLastResults(
  db: Database,
  project: string,
  stages: readonly string[],
): Promise<ReadonlyMap<string, StepResult>> {
  if (stages.length === 0) return new Map();
  const { rows } = await sql<ResultRow>`
    select step_results.* from step_results join (
      select stage, max(seq) as seq from step_results
      where project = ${project} and ${amongTexts(db, sql`stage`, stages)} group by stage
    ) newest on step_results.stage = newest.stage and step_results.seq = newest.seq
    where step_results.project = ${project}`.execute(db.query);
  return new Map(rows.map((row) => [row.stage, toResult(row)]));
}

/** The newest results of the stage, newest first: what a step that runs is compared with. */
export async function listResults(
  db: Database,
  project: string,
  stage: string,
  limit: number,
): Promise<readonly StepResult[]> {
  const rows = await db.query
    .selectFrom("step_results")
    .selectAll()
    .where("project", "=", project)
    .where("stage", "=", stage)
    .orderBy("seq", "desc")
    .limit(limit)
    .execute();
  return rows.map(toResult);
}

/** Takes a result out of the cache: its bytes are gone or damaged. */
export async function dropResult(db: Database, project: string, cacheKey: Digest): Promise<void> {
  await db.query
    .deleteFrom("step_results")
    .where("project", "=", project)
    .where("cache_key", "=", cacheKey)
    .execute();
}

/** The newest result of each stage. */
export async function listLastResults(db: Database, project: string): Promise<readonly StepResult[]> {
  const newest = db.query
    .selectFrom("step_results")
    .select((select) => ["stage", select.fn.max("seq").as("newest")])
    .where("project", "=", project)
    .groupBy("stage")
    .as("newest");
  const rows = await db.query
    .selectFrom("step_results")
    .innerJoin(newest, (join) =>
      join.onRef("newest.stage", "=", "step_results.stage").onRef("newest.newest", "=", "step_results.seq"),
    )
    .selectAll("step_results")
    .where("step_results.project", "=", project)
    .orderBy("step_results.stage")
    .execute();
  return rows.map(toResult);
}

function toResult(row: ResultRow): StepResult {
  return {
    project: row.project,
    cacheKey: row.cache_key,
    stage: row.stage,
    keyParts: JSON.parse(row.key_parts),
    outs: JSON.parse(row.outs),
    metrics: JSON.parse(row.metrics),
    runId: row.run_id,
    execution: row.execution,
    step: row.step,
    createdAtMs: row.created_at_ms,
  };
}
