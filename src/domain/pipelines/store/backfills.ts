import type { Database, Migration } from "#kernel/db";
import { insertRows } from "#kernel/search";

import type { Backfill, Partition } from "../backfills.ts";

declare module "#kernel/db" {
  interface Tables {
    pipeline_backfills: BackfillRow;
    backfill_partitions: PartitionRow;
  }
}

interface BackfillRow {
  id: string;
  project: string;
  parameter: string;
  targets: string;
  parameters: string;
  concurrency: number;
  state: string;
  actor: string;
  created_at_ms: number;
  ended_at_ms: number | null;
}

interface PartitionRow {
  backfill: string;
  position: number;
  value: string;
  execution: string | null;
  state: string;
  failure: string | null;
}

export const backfillMigrations: readonly Migration[] = [
  {
    id: "pipelines-backfills-001",
    statements: ({ text, integer, strict, clustered }) => [
      `create table pipeline_backfills (
        id ${text} primary key, project ${text} not null, parameter ${text} not null, targets ${text} not null,
        parameters ${text} not null, concurrency ${integer} not null, state ${text} not null,
        actor ${text} not null, created_at_ms ${integer} not null, ended_at_ms ${integer}
      ) ${strict}`,
      `create index pipeline_backfills_project on pipeline_backfills (project, id)`,
      `create table backfill_partitions (
        backfill ${text} not null, position ${integer} not null, value ${text} not null, execution ${text},
        state ${text} not null, failure ${text}, primary key (backfill, position)
      ) ${clustered}`,
    ],
  },
];

export async function insertBackfill(
  db: Database,
  backfill: Omit<Backfill, "partitions" | "counts">,
  values: readonly string[],
): Promise<void> {
  await db.query
    .insertInto("pipeline_backfills")
    .values({
      id: backfill.id,
      project: backfill.project,
      parameter: backfill.parameter,
      targets: JSON.stringify(backfill.targets),
      parameters: JSON.stringify(backfill.parameters),
      concurrency: backfill.concurrency,
      state: backfill.state,
      actor: backfill.actor,
      created_at_ms: backfill.createdAtMs,
      ended_at_ms: null,
    })
    .execute();
  await insertRows(
    db,
    "backfill_partitions (backfill, position, value, execution, state, failure)",
    values.map((value, position) => [backfill.id, position, value, null, "waiting", null]),
  );
}

export async function readBackfill(db: Database, id: string): Promise<Backfill | undefined> {
  const row = await db.query
    .selectFrom("pipeline_backfills")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : await complete(db, row);
}

/** Newest first. */
export async function listBackfills(db: Database, project: string): Promise<readonly Backfill[]> {
  const rows = await db.query
    .selectFrom("pipeline_backfills")
    .selectAll()
    .where("project", "=", project)
    .orderBy("id", "desc")
    .limit(50)
    .execute();
  return await Promise.all(rows.map((row) => complete(db, row)));
}

export async function setPartition(
  db: Database,
  backfill: string,
  partition: Pick<Partition, "position" | "execution" | "state" | "failure">,
): Promise<void> {
  const { position, execution, state, failure } = partition;
  await db.query
    .updateTable("backfill_partitions")
    .set({ execution, state, failure })
    .where("backfill", "=", backfill)
    .where("position", "=", position)
    .execute();
}

/** False when it has ended already. */
export async function endBackfill(
  db: Database,
  id: string,
  state: Backfill["state"],
  nowMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("pipeline_backfills")
    .set({ state, ended_at_ms: nowMs })
    .where("id", "=", id)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

const partitionStates: readonly Partition["state"][] = [
  "waiting",
  "running",
  "succeeded",
  "failed",
  "cancelled",
];
const backfillStates: readonly Backfill["state"][] = ["running", "succeeded", "failed", "cancelled"];

async function complete(db: Database, row: BackfillRow): Promise<Backfill> {
  const rows = await db.query
    .selectFrom("backfill_partitions")
    .selectAll()
    .where("backfill", "=", row.id)
    .orderBy("position")
    .execute();
  const partitions = rows.map(({ position, value, execution, state, failure }) => ({
    position,
    value,
    execution,
    state: partitionStates.find((known) => known === state) ?? "failed",
    failure,
  }));
  const counts: Partial<Record<Partition["state"], number>> = {};
  for (const { state } of partitions) counts[state] = (counts[state] ?? 0) + 1;
  return {
    id: row.id,
    project: row.project,
    parameter: row.parameter,
    targets: JSON.parse(row.targets),
    parameters: JSON.parse(row.parameters),
    concurrency: row.concurrency,
    state: backfillStates.find((known) => known === row.state) ?? "failed",
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
    counts,
    partitions,
  };
}
