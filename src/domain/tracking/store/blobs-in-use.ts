import type { HeldBlob } from "#kernel/blobs";
import type { Database } from "#kernel/db";
import { inPages, rowsPerPage } from "#kernel/search";

/** What artifacts point at, also those of deleted runs and experiments, which may be restored. */
export async function* blobsInUse(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<{ digest: string }>(
    async (after) =>
      await db.query
        .selectFrom("artifact_files")
        .select("digest")
        .distinct()
        .where("digest", ">", after?.digest ?? "")
        .orderBy("digest")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { digest } of rows) yield { digest, isTree: false };
}
