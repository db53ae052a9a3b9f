import type { Database } from "#kernel/db";

/** How a table of runs is looked at, under a name. `state` is JSON that the routes have checked. */
export interface StoredView {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly state: string;
  readonly owner: string;
  readonly isShared: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface RunViewRow {
  id: string;
  project: string;
  name: string;
  state: string;
  owner: string;
  is_shared: number;
  created_at_ms: number;
  updated_at_ms: number;
}

/** The views of a project that a principal sees: the own ones and those others share. */
export async function listViews(db: Database, project: string, reader: string): Promise<StoredView[]> {
  const rows = await db.query
    .selectFrom("run_views")
    .selectAll()
    .where("project", "=", project)
    .where((is) => is.or([is("owner", "=", reader), is("is_shared", "=", 1)]))
    .orderBy("name")
    .orderBy("id")
    .execute();
  return rows.map(toView);
}

export async function readView(db: Database, project: string, id: string): Promise<StoredView | undefined> {
  const row = await db.query
    .selectFrom("run_views")
    .selectAll()
    .where("project", "=", project)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toView(row);
}

/** Keeps a view; one of the same owner and name is replaced and keeps its id. */
export async function saveView(db: Database, view: StoredView): Promise<StoredView> {
  const row = await db.query
    .insertInto("run_views")
    .values({
      id: view.id,
      project: view.project,
      name: view.name,
      state: view.state,
      owner: view.owner,
      is_shared: view.isShared ? 1 : 0,
      created_at_ms: view.createdAtMs,
      updated_at_ms: view.updatedAtMs,
    })
    .onConflict((conflict) =>
      conflict.columns(["project", "owner", "name"]).doUpdateSet({
        state: view.state,
        is_shared: view.isShared ? 1 : 0,
        updated_at_ms: view.updatedAtMs,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return toView(row);
}

export async function deleteView(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("run_views").where("id", "=", id).execute();
}

function toView(row: RunViewRow): StoredView {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    state: row.state,
    owner: row.owner,
    isShared: row.is_shared === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
