import type { Database } from "#kernel/db";

import type { ArtifactFile } from "../entities.ts";

/** `run:<id>` or `model:<id>`: with the path, the logical name of a file. */
export type OwnerKey = string;

/** Points a path at other content; what it pointed at before stays in the blob store until it is collected. */
export async function saveArtifact(
  db: Database,
  owner: { readonly key: OwnerKey; readonly experiment: number },
  file: ArtifactFile & { readonly createdAtMs: number },
): Promise<void> {
  const content = { digest: file.digest, size_bytes: file.sizeBytes, created_at_ms: file.createdAtMs };
  await db.query
    .insertInto("artifact_files")
    .values({ owner: owner.key, experiment: owner.experiment, path: file.path, ...content })
    .onConflict((conflict) => conflict.columns(["owner", "path"]).doUpdateSet(content))
    .execute();
}

export async function readArtifactFile(
  db: Database,
  owner: OwnerKey,
  path: string,
): Promise<ArtifactFile | undefined> {
  const row = await db.query
    .selectFrom("artifact_files")
    .select(["path", "digest", "size_bytes"])
    .where("owner", "=", owner)
    .where("path", "=", path)
    .executeTakeFirst();
  return row === undefined ? undefined : { path: row.path, digest: row.digest, sizeBytes: row.size_bytes };
}

/** All files below a folder ("" for all), by path. */
export async function listArtifactFiles(
  db: Database,
  owner: OwnerKey,
  folder: string,
): Promise<ArtifactFile[]> {
  let query = db.query
    .selectFrom("artifact_files")
    .select(["path", "digest", "size_bytes"])
    .where("owner", "=", owner);
  if (folder !== "") {
    const prefix = `${folder}/`;
    query = query.where((where) =>
      where(where.fn("substr", ["path", where.val(1), where.val(prefix.length)]), "=", prefix),
    );
  }
  const rows = await query.execute();
  return rows
    .map((row) => ({ path: row.path, digest: row.digest, sizeBytes: row.size_bytes }))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

export async function deleteArtifactFiles(
  db: Database,
  owner: OwnerKey,
  paths: readonly string[],
): Promise<void> {
  for (const path of paths) {
    await db.query.deleteFrom("artifact_files").where("owner", "=", owner).where("path", "=", path).execute();
  }
}
