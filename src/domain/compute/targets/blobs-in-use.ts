import { z } from "zod";

import type { HeldBlob } from "#kernel/blobs";
import type { Database } from "#kernel/db";
import { inPages, rowsPerPage } from "#kernel/search";

/**
 * What work reads, goes on from, has sent and left. Work that has ended too, as long as its row is kept: who
 * handed it over may have been away, and fetches what it left when he is back.
 */
export async function* blobsInUse(db: Database): AsyncIterable<HeldBlob> {
  const works = inPages<{ id: string; spec: string; outs: string; checkpoint: string | null }>(
    async (after) =>
      await db.query
        .selectFrom("compute_work")
        .select(["id", "spec", "outs", "checkpoint"])
        .where("id", ">", after?.id ?? "")
        .orderBy("id")
        .limit(worksPerPage)
        .execute(),
  );
  for await (const { spec, outs, checkpoint } of works) {
    const { inputs, checkpoint: from } = specSchema.parse(JSON.parse(spec));
    for (const { digest } of inputs) yield { digest, isTree: false };
    for (const { digest, isFolder } of outsSchema.parse(JSON.parse(outs))) yield { digest, isTree: isFolder };
    for (const digest of [from?.restore ?? null, checkpoint])
      if (digest !== null) yield { digest, isTree: true };
  }
  yield* uploads(db);
}

async function* uploads(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<{ work: string; digest: string }>(
    async (after) =>
      await db.query
        .selectFrom("compute_uploads")
        .select(["work", "digest"])
        .where(({ eb, or, and }) =>
          or([
            eb("work", ">", after?.work ?? ""),
            and([eb("work", "=", after?.work ?? ""), eb("digest", ">", after?.digest ?? "")]),
          ]),
        )
        .orderBy("work")
        .orderBy("digest")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { digest } of rows) yield { digest, isTree: false };
}

// A row names every file of a project.
const worksPerPage = 20;

const specSchema = z.object({
  inputs: z.array(z.object({ digest: z.string() })),
  checkpoint: z.object({ restore: z.string().nullable() }).nullable(),
});
const outsSchema = z.array(z.object({ digest: z.string(), isFolder: z.boolean() }));
