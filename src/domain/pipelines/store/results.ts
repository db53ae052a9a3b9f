import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";

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

export async function findResult(
  db: Database,
  project: string,
  cacheKey: Digest,
): Promise<StepResult | undefined> {
  const row = await db.query
    .selectFrom("step_results")
    .selectAll()
    .where("project", "=", project)
    .where("cache_key", "=", cacheKey)
    .executeTakeFirst();
  return row === undefined ? undefined : toResult(row);
}

/** The newest result of the stage, whatever its key. */
export async function findLastResult(
  db: Database,
  project: string,
  stage: string,
): Promise<StepResult | undefined> {
  const row = await db.query
    .selectFrom("step_results")
    .selectAll()
    .where("project", "=", project)
    .where("stage", "=", stage)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toResult(row);
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
