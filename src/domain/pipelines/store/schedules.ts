import type { Database, Migration } from "#kernel/db";

import type { Schedule } from "../schedules.ts";

declare module "#kernel/db" {
  interface Tables {
    pipeline_schedules: ScheduleRow;
  }
}

interface ScheduleRow {
  id: string;
  project: string;
  name: string;
  cron: string;
  timezone: string;
  targets: string;
  parameters: string;
  missed: string;
  overlap: string;
  paused: number;
  actor: string;
  created_at_ms: number;
  next_at_ms: number | null;
  last_at_ms: number | null;
  last_execution: string | null;
  last_outcome: string | null;
}

export const scheduleMigrations: readonly Migration[] = [
  {
    id: "pipelines-schedules-001",
    statements: ({ text, integer, strict }) => [
      `create table pipeline_schedules (
        id ${text} primary key, project ${text} not null, name ${text} not null, cron ${text} not null,
        timezone ${text} not null, targets ${text} not null, parameters ${text} not null, missed ${text} not null,
        overlap ${text} not null, paused ${integer} not null, actor ${text} not null,
        created_at_ms ${integer} not null, next_at_ms ${integer}, last_at_ms ${integer}, last_execution ${text},
        last_outcome ${text}, unique (project, name)
      ) ${strict}`,
    ],
  },
];

/** Writes the schedule; one of that name in the project is replaced. */
export async function saveSchedule(db: Database, schedule: Schedule): Promise<void> {
  const { id, project, name, ...rest } = toRow(schedule);
  await db.query
    .insertInto("pipeline_schedules")
    .values({ id, project, name, ...rest })
    .onConflict((conflict) => conflict.columns(["project", "name"]).doUpdateSet({ id, ...rest }))
    .execute();
}

export async function listSchedules(db: Database, project: string): Promise<readonly Schedule[]> {
  const rows = await db.query
    .selectFrom("pipeline_schedules")
    .selectAll()
    .where("project", "=", project)
    .orderBy("name")
    .execute();
  return rows.map(toSchedule);
}

export async function readSchedule(db: Database, id: string): Promise<Schedule | undefined> {
  const row = await db.query
    .selectFrom("pipeline_schedules")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toSchedule(row);
}

export async function deleteSchedule(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("pipeline_schedules").where("id", "=", id).execute();
}

function toRow(schedule: Schedule): ScheduleRow {
  return {
    id: schedule.id,
    project: schedule.project,
    name: schedule.name,
    cron: schedule.cron,
    timezone: schedule.timezone,
    targets: JSON.stringify(schedule.targets),
    parameters: JSON.stringify(schedule.parameters),
    missed: schedule.missed,
    overlap: schedule.overlap,
    paused: schedule.isPaused ? 1 : 0,
    actor: schedule.actor,
    created_at_ms: schedule.createdAtMs,
    next_at_ms: schedule.nextAtMs,
    last_at_ms: schedule.lastAtMs,
    last_execution: schedule.lastExecution,
    last_outcome: schedule.lastOutcome,
  };
}

function toSchedule(row: ScheduleRow): Schedule {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    cron: row.cron,
    timezone: row.timezone,
    targets: JSON.parse(row.targets),
    parameters: JSON.parse(row.parameters),
    missed: row.missed === "skip" || row.missed === "all" ? row.missed : "once",
    overlap: row.overlap === "allow" ? "allow" : "skip",
    isPaused: row.paused === 1,
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    nextAtMs: row.next_at_ms,
    lastAtMs: row.last_at_ms,
    lastExecution: row.last_execution,
    lastOutcome: row.last_outcome,
  };
}
