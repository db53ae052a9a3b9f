import type { Database } from "#kernel/db";

import type { KeyParts } from "../entities.ts";

/** A result that stood when a step began: what it was made from, and by whom. */
export interface EarlierResult {
  readonly cacheKey: string;
  readonly keyParts: KeyParts;
  readonly execution: string;
  readonly step: string;
  readonly atMs: number;
}

/** The newest results of the stage that were there before a moment, newest first. */
export async function listEarlierResults(
  db: Database,
  search: {
    readonly project: string;
    readonly stage: string;
    readonly beforeMs: number;
    readonly limit: number;
  },
): Promise<readonly EarlierResult[]> {
  const rows = await db.query
    .selectFrom("step_results")
    .select(["cache_key", "key_parts", "execution", "step", "created_at_ms"])
    .where("project", "=", search.project)
    .where("stage", "=", search.stage)
    .where("created_at_ms", "<=", search.beforeMs)
    .orderBy("seq", "desc")
    .limit(search.limit)
    .execute();
  return rows.map((row) => ({
    cacheKey: row.cache_key,
    keyParts: JSON.parse(row.key_parts),
    execution: row.execution,
    step: row.step,
    atMs: row.created_at_ms,
  }));
}
