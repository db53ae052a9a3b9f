import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";

export async function saveCheckpoint(
  db: Database,
  checkpoint: {
    readonly project: string;
    readonly cacheKey: Digest;
    readonly digest: Digest;
    readonly nowMs: number;
  },
): Promise<void> {
  const saved = { digest: checkpoint.digest, saved_at_ms: checkpoint.nowMs };
  await db.query
    .insertInto("step_checkpoints")
    .values({ project: checkpoint.project, cache_key: checkpoint.cacheKey, ...saved })
    .onConflict((conflict) => conflict.columns(["project", "cache_key"]).doUpdateSet(saved))
    .execute();
}

/** The tree of the folder as the last attempt left it. */
export async function findCheckpoint(
  db: Database,
  project: string,
  cacheKey: Digest,
): Promise<Digest | undefined> {
  const row = await db.query
    .selectFrom("step_checkpoints")
    .select("digest")
    .where("project", "=", project)
    .where("cache_key", "=", cacheKey)
    .executeTakeFirst();
  return row?.digest;
}

/** A step that succeeded goes on from nothing. */
export async function deleteCheckpoint(db: Database, project: string, cacheKey: Digest): Promise<void> {
  await db.query
    .deleteFrom("step_checkpoints")
    .where("project", "=", project)
    .where("cache_key", "=", cacheKey)
    .execute();
}
