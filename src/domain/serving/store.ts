import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    deployments: DeploymentRow;
  }
}

export interface DeploymentRow {
  id: string;
  project: string;
  environment: string;
  model: string;
  variants: string;
  updated_at_ms: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "serving-001",
    statements: ({ text, integer, strict }) => [
      `create table deployments (
        id ${text} primary key, project ${text} not null, environment ${text} not null, model ${text} not null,
        variants ${text} not null, updated_at_ms ${integer} not null, unique (project, environment)
      ) ${strict}`,
    ],
  },
];

export async function readDeployments(
  db: Database,
  filter: { project?: string; id?: string },
): Promise<DeploymentRow[]> {
  let query = db.query.selectFrom("deployments").selectAll();
  if (filter.project !== undefined) query = query.where("project", "=", filter.project);
  if (filter.id !== undefined) query = query.where("id", "=", filter.id);
  return await query.orderBy("project").orderBy("environment").execute();
}

/** One that another process was faster to add stays as it is. */
export async function insertDeployment(db: Database, row: DeploymentRow): Promise<void> {
  await db.query
    .insertInto("deployments")
    .values(row)
    .onConflict((conflict) => conflict.columns(["project", "environment"]).doNothing())
    .execute();
}

export async function saveVariants(db: Database, row: DeploymentRow): Promise<void> {
  const { model, variants, updated_at_ms } = row;
  await db.query
    .updateTable("deployments")
    .set({ model, variants, updated_at_ms })
    .where("id", "=", row.id)
    .execute();
}
