import { z } from "zod";

import type { HeldBlob } from "#kernel/blobs";
import type { Database } from "#kernel/db";
import { inPages, rowsPerPage } from "#kernel/search";

/**
 * The code of executions, studies and verifications, from which they are told and started again; what steps made,
 * and what they made last; and the newest checkpoint of each step that has not succeeded yet.
 */
export async function* blobsInUse(db: Database): AsyncIterable<HeldBlob> {
  yield* codeOf(db, "executions");
  yield* codeOf(db, "studies");
  yield* codeOf(db, "pipeline_verifications");
  yield* outsOfSteps(db);
  yield* outsOfResults(db);
  yield* checkpoints(db);
}

async function* codeOf(
  db: Database,
  table: "executions" | "studies" | "pipeline_verifications",
): AsyncIterable<HeldBlob> {
  const rows = inPages<{ id: string; code_digest: string }>(
    async (after) =>
      await db.query
        .selectFrom(table)
        .select(["id", "code_digest"])
        .where("id", ">", after?.id ?? "")
        .orderBy("id")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { code_digest: digest } of rows) yield { digest, isTree: true };
}

async function* outsOfSteps(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<{ id: string; outs: string }>(
    async (after) =>
      await db.query
        .selectFrom("execution_steps")
        .select(["id", "outs"])
        .where("id", ">", after?.id ?? "")
        .orderBy("id")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { outs } of rows) yield* heldOuts(outs);
}

async function* outsOfResults(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<{ project: string; cache_key: string; outs: string }>(
    async (after) =>
      await db.query
        .selectFrom("step_results")
        .select(["project", "cache_key", "outs"])
        .where(({ eb, refTuple, tuple }) =>
          eb(refTuple("project", "cache_key"), ">", tuple(after?.project ?? "", after?.cache_key ?? "")),
        )
        .orderBy("project")
        .orderBy("cache_key")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { outs } of rows) yield* heldOuts(outs);
}

async function* checkpoints(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<{ project: string; cache_key: string; digest: string }>(
    async (after) =>
      await db.query
        .selectFrom("step_checkpoints")
        .select(["project", "cache_key", "digest"])
        .where(({ eb, refTuple, tuple }) =>
          eb(refTuple("project", "cache_key"), ">", tuple(after?.project ?? "", after?.cache_key ?? "")),
        )
        .orderBy("project")
        .orderBy("cache_key")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { digest } of rows) yield { digest, isTree: true };
}

const outsSchema = z.array(z.object({ digest: z.string(), isFolder: z.boolean() }));

/** A row that cannot be read ends the collection: what it refers to is not known. */
function* heldOuts(text: string): Iterable<HeldBlob> {
  if (text === "[]") return;
  for (const { digest, isFolder } of outsSchema.parse(JSON.parse(text))) yield { digest, isTree: isFolder };
}
