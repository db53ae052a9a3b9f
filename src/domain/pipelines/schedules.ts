import { Cron } from "croner";

import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";

import type { PipelinesCommands } from "./commands.ts";
import { problems } from "./problems.ts";
import { readExecutionRow } from "./store/executions.ts";
import { deleteSchedule, listSchedules, readSchedule, saveSchedule } from "./store/schedules.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "pipelines.scheduled": { readonly schedule: string; readonly atMs: number };
  }
}

/**
 * Times at which the pipeline runs by itself. Of turns that passed while no server ran, `once` makes up
 * for the newest, `all` for each (the last hundred), `skip` for none. While the execution of an earlier
 * turn has not ended, a turn falls out (`skip`), or begins another beside it (`allow`).
 */
export interface Schedule {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly targets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly missed: "once" | "all" | "skip";
  readonly overlap: "skip" | "allow";
  readonly isPaused: boolean;
  readonly actor: string;
  readonly createdAtMs: number;
  /** Null while it is paused, and when it never comes due again. */
  readonly nextAtMs: number | null;
  readonly lastAtMs: number | null;
  readonly lastExecution: string | null;
  /** What came of the last turn. */
  readonly lastOutcome: string | null;
}

export type NewSchedule = Pick<
  Schedule,
  "project" | "name" | "cron" | "timezone" | "targets" | "parameters" | "missed" | "overlap" | "actor"
>;

export interface Schedules {
  list(project: string): Promise<readonly Schedule[]>;
  /** Sets the schedule of that name, replacing it. Throws `schedule_invalid`. */
  set(schedule: NewSchedule): Promise<Schedule>;
  /** Throws `schedule_not_found`. */
  pause(order: {
    readonly project: string;
    readonly name: string;
    readonly isPaused: boolean;
    readonly actor: string;
  }): Promise<Schedule>;
  /** Throws `schedule_not_found`. */
  remove(order: { readonly project: string; readonly name: string; readonly actor: string }): Promise<void>;
}

// A turn that a busy server takes up late is not a missed one.
const onTimeMs = 60_000;
const mostMadeUp = 100;

export function createSchedules(parts: {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly commands: Pick<PipelinesCommands, "execute">;
}): Schedules {
  const { db, ledger, clock, jobs, commands } = parts;

  const find = async (project: string, name: string): Promise<Schedule> => {
    const found = (await listSchedules(db, project)).find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new Problem(problems.schedule_not_found, {
      message: `The project ${project} has no schedule "${name}".`,
      data: { name },
    });
  };

  /** Writes the schedule with its next turn, for which work is queued in the same transaction. */
  const plan = async (schedule: Schedule): Promise<Schedule> => {
    const nextAtMs = schedule.isPaused ? null : nextTurn(schedule, clock.nowMs());
    const planned = { ...schedule, nextAtMs };
    await saveSchedule(db, planned);
    if (nextAtMs !== null) {
      await jobs.enqueue({
        kind: "pipelines.scheduled",
        payload: { schedule: schedule.id, atMs: nextAtMs },
        key: `${schedule.id}:${nextAtMs}`,
        project: schedule.project,
        runAtMs: nextAtMs,
      });
    }
    return planned;
  };

  /** One turn: at most one execution for each time, however often the work is begun. */
  const takeTurn = async (
    schedule: Schedule,
    atMs: number,
  ): Promise<Pick<Schedule, "lastExecution" | "lastOutcome">> => {
    const open =
      schedule.lastExecution === null ? undefined : await readExecutionRow(db, schedule.lastExecution);
    if (schedule.overlap === "skip" && open !== undefined && open.ended_at_ms === null) {
      const reason = `left out, because ${open.id} of an earlier turn has not ended`;
      await skipped(schedule, atMs, reason);
      return { lastExecution: schedule.lastExecution, lastOutcome: reason };
    }
    try {
      const { id } = await commands.execute({
        project: schedule.project,
        targets: schedule.targets,
        parameters: schedule.parameters,
        purpose: {
          kind: "trigger",
          reason: `schedule ${schedule.name} (${schedule.cron}, ${schedule.timezone})`,
          source: schedule.id,
          nominalAtMs: atMs,
        },
        actor: "system",
        idempotencyKey: `schedule:${schedule.id}:${atMs}`,
      });
      return { lastExecution: id, lastOutcome: "started" };
    } catch (error) {
      // What is wrong with the project is told at the schedule; its next turn may find it mended.
      if (!(error instanceof Problem)) throw error;
      await skipped(schedule, atMs, error.message);
      return { lastExecution: schedule.lastExecution, lastOutcome: error.message };
    }
  };

  const skipped = async (schedule: Schedule, atMs: number, reason: string): Promise<void> => {
    await db.transaction(() =>
      ledger.append({
        kind: "schedule.skipped",
        subject: schedule.id,
        project: schedule.project,
        actor: "system",
        data: { name: schedule.name, atMs, reason },
      }),
    );
  };

  jobs.define("pipelines.scheduled", {
    concurrency: 4,
    maxAttempts: 5,
    run: async ({ payload: { schedule: id, atMs } }) => {
      const schedule = await readSchedule(db, id);
      if (schedule === undefined || schedule.isPaused || schedule.nextAtMs !== atMs) return;
      const current = { ...schedule };
      for (const turnMs of turnsToTake(schedule, atMs, clock.nowMs()))
        Object.assign(current, { lastAtMs: turnMs }, await takeTurn(current, turnMs));
      await db.transaction(async () => {
        const now = await readSchedule(db, id);
        // Changed or removed meanwhile: whoever did that has planned what comes next.
        if (now?.nextAtMs !== atMs) return;
        await plan(current);
      });
    },
  });

  return {
    list: async (project) => await listSchedules(db, project),
    async set(given) {
      refuseInvalid(given);
      const id = createId("schedule", clock);
      return await db.transaction(async () => {
        const { project, name, cron, timezone, actor } = given;
        await ledger.append({
          kind: "schedule.set",
          subject: id,
          project,
          actor,
          data: { name, cron, timezone },
        });
        return await plan({
          ...given,
          id,
          isPaused: false,
          createdAtMs: clock.nowMs(),
          nextAtMs: null,
          lastAtMs: null,
          lastExecution: null,
          lastOutcome: null,
        });
      });
    },
    pause: async ({ project, name, isPaused, actor }) =>
      await db.transaction(async () => {
        const schedule = await find(project, name);
        const data = { name, paused: isPaused };
        await ledger.append({ kind: "schedule.paused", subject: schedule.id, project, actor, data });
        return await plan({ ...schedule, isPaused });
      }),
    remove: async ({ project, name, actor }) =>
      await db.transaction(async () => {
        const schedule = await find(project, name);
        await deleteSchedule(db, schedule.id);
        await ledger.append({
          kind: "schedule.removed",
          subject: schedule.id,
          project,
          actor,
          data: { name },
        });
      }),
  };
}

/** The turns that have passed and are to be made up for, oldest first. `dueMs` is the first of them. */
export function turnsToTake(schedule: Schedule, dueMs: number, nowMs: number): readonly number[] {
  const turns: number[] = [];
  for (let turn: number | null = dueMs; turn !== null && turn <= nowMs; turn = nextTurn(schedule, turn)) {
    turns.push(turn);
    if (turns.length > mostMadeUp) turns.shift();
  }
  if (schedule.missed === "all") return turns;
  const newest = turns.at(-1);
  if (newest === undefined) return [];
  return schedule.missed === "skip" && nowMs - newest > onTimeMs ? [] : [newest];
}

/** The first turn after a time, in the schedule's own time zone; null when none comes. */
export function nextTurn(schedule: Pick<Schedule, "cron" | "timezone">, afterMs: number): number | null {
  const next = new Cron(schedule.cron, { timezone: schedule.timezone, paused: true }).nextRun(
    new Date(afterMs),
  );
  return next === null ? null : next.getTime();
}

function refuseInvalid({ cron, timezone }: Pick<Schedule, "cron" | "timezone">): void {
  try {
    if (nextTurn({ cron, timezone }, Date.now()) !== null) return;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(problems.schedule_invalid, {
      message: `The schedule "${cron}" in ${timezone} cannot be read: ${why}.`,
    });
  }
  throw new Problem(problems.schedule_invalid, { message: `The schedule "${cron}" never comes due.` });
}
