import type { Database, Migration } from "#kernel/db";

import type { Trigger } from "../triggers.ts";

declare module "#kernel/db" {
  interface Tables {
    pipeline_triggers: TriggerRow;
  }
}

interface TriggerRow {
  id: string;
  project: string;
  name: string;
  kind: string;
  dataset: string | null;
  token_digest: string | null;
  targets: string;
  parameters: string;
  actor: string;
  created_at_ms: number;
}

export const triggerMigrations: readonly Migration[] = [
  {
    id: "pipelines-triggers-001",
    statements: ({ text, integer, strict }) => [
      `create table pipeline_triggers (
        id ${text} primary key, project ${text} not null, name ${text} not null, kind ${text} not null,
        dataset ${text}, token_digest ${text}, targets ${text} not null, parameters ${text} not null,
        actor ${text} not null, created_at_ms ${integer} not null, unique (project, name)
      ) ${strict}`,
    ],
  },
];

/** A trigger with what no answer shows. */
export interface KeptTrigger extends Trigger {
  readonly tokenDigest: string | null;
}

/** Writes the trigger; one of that name in the project is replaced, and its token with it. */
export async function saveTrigger(db: Database, trigger: KeptTrigger): Promise<void> {
  const row: TriggerRow = {
    id: trigger.id,
    project: trigger.project,
    name: trigger.name,
    kind: trigger.kind,
    dataset: trigger.dataset,
    token_digest: trigger.tokenDigest,
    targets: JSON.stringify(trigger.targets),
    parameters: JSON.stringify(trigger.parameters),
    actor: trigger.actor,
    created_at_ms: trigger.createdAtMs,
  };
  const { project: _project, name: _name, ...changed } = row;
  await db.query
    .insertInto("pipeline_triggers")
    .values(row)
    .onConflict((conflict) => conflict.columns(["project", "name"]).doUpdateSet(changed))
    .execute();
}

export async function listTriggers(db: Database, project: string): Promise<readonly KeptTrigger[]> {
  const rows = await db.query
    .selectFrom("pipeline_triggers")
    .selectAll()
    .where("project", "=", project)
    .orderBy("name")
    .execute();
  return rows.map(toTrigger);
}

export async function readTrigger(db: Database, id: string): Promise<KeptTrigger | undefined> {
  const row = await db.query
    .selectFrom("pipeline_triggers")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toTrigger(row);
}

export async function deleteTrigger(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("pipeline_triggers").where("id", "=", id).execute();
}

function toTrigger(row: TriggerRow): KeptTrigger {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    kind: row.kind === "data" ? "data" : "webhook",
    dataset: row.dataset,
    tokenDigest: row.token_digest,
    targets: JSON.parse(row.targets),
    parameters: JSON.parse(row.parameters),
    actor: row.actor,
    createdAtMs: row.created_at_ms,
  };
}
