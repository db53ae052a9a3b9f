import type { Clock } from "#kernel/clock";
import { dayMs, hourMs } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";

import type { PipelinesCommands } from "./commands.ts";
import { problems } from "./problems.ts";
import { endBackfill, insertBackfill, listBackfills, readBackfill, setPartition } from "./store/backfills.ts";
import { readExecutionRow } from "./store/executions.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "pipelines.backfill": { readonly backfill: string };
  }
}

/** One value of the parameter, and the execution that ran with it. */
export interface Partition {
  readonly position: number;
  readonly value: string;
  readonly execution: string | null;
  readonly state: "waiting" | "running" | "succeeded" | "failed" | "cancelled";
  /** Why it could not be begun. */
  readonly failure: string | null;
}

/** The pipeline for each of many values of one parameter: one execution each, only so many at once. */
export interface Backfill {
  readonly id: string;
  readonly project: string;
  /** A key of params.yaml, or `file:key`, as in an order to execute. */
  readonly parameter: string;
  readonly targets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly concurrency: number;
  readonly state: "running" | "succeeded" | "failed" | "cancelled";
  readonly actor: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly counts: Readonly<Partial<Record<Partition["state"], number>>>;
  readonly partitions: readonly Partition[];
}

/** Days, hours, weeks or months from one date to another, both included. */
export interface PartitionRange {
  readonly from: string;
  readonly to: string;
  readonly step: "hour" | "day" | "week" | "month";
}

export interface NewBackfill {
  readonly project: string;
  readonly parameter: string;
  readonly partitions: readonly string[] | PartitionRange;
  readonly targets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly concurrency: number;
  readonly actor: string;
}

export interface Backfills {
  list(project: string): Promise<readonly Backfill[]>;
  /** Throws `backfill_not_found`. */
  get(project: string, id: string): Promise<Backfill>;
  /** Throws `backfill_invalid`. */
  start(backfill: NewBackfill): Promise<Backfill>;
  /** Cancels what runs of it and begins nothing more. Throws `backfill_not_found`. */
  cancel(order: { readonly project: string; readonly id: string; readonly actor: string }): Promise<Backfill>;
}

const mostPartitions = 10_000;

/**
 * A pass looks at what has ended, begins as many as may run, and is done; the next pass comes with the
 * end of an execution. Each partition has its own key, so that a pass that is repeated after a crash
 * begins nothing twice.
 */
export function createBackfills(parts: {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly commands: Pick<PipelinesCommands, "execute" | "cancelExecution">;
}): Backfills {
  const { db, ledger, clock, jobs, commands } = parts;

  const get = async (project: string, id: string): Promise<Backfill> => {
    const backfill = await readBackfill(db, id);
    if (backfill?.project === project) return backfill;
    throw new Problem(problems.backfill_not_found, {
      message: `There is no backfill ${id} in ${project}.`,
      data: { backfill: id },
    });
  };
  const enqueue = async (id: string, project: string, because: string): Promise<void> => {
    const key = `${id}:${because}`;
    await jobs.enqueue({ kind: "pipelines.backfill", payload: { backfill: id }, key, project });
  };

  ledger.on("backfills-go-on", ["execution.finished"], async ({ data, project, subject }) => {
    const { kind, source } = data.purpose;
    if (kind === "backfill" && source !== undefined && project !== null)
      await enqueue(source, project, subject);
  });

  jobs.define("pipelines.backfill", {
    concurrency: 1,
    maxAttempts: 20,
    run: async ({ payload }) => {
      const backfill = await readBackfill(db, payload.backfill);
      if (backfill?.state !== "running") return;
      for (const partition of backfill.partitions) await lookAtEnd(backfill, partition);
      const { partitions } = (await readBackfill(db, backfill.id)) ?? backfill;
      let running = partitions.filter(({ state }) => state === "running").length;
      for (const partition of partitions) {
        if (partition.state !== "waiting" || running >= backfill.concurrency) continue;
        if (await begin(backfill, partition)) running++;
      }
      const now = await readBackfill(db, backfill.id);
      const isOver =
        now?.partitions.every(({ state }) => state !== "waiting" && state !== "running") === true;
      if (isOver)
        await finish(
          backfill,
          now.partitions.some(({ state }) => state !== "succeeded") ? "failed" : "succeeded",
        );
    },
  });

  const lookAtEnd = async (backfill: Backfill, partition: Partition): Promise<void> => {
    if (partition.state !== "running" || partition.execution === null) return;
    const row = await readExecutionRow(db, partition.execution);
    if (row !== undefined && row.ended_at_ms === null) return;
    const state = row?.state === "succeeded" || row?.state === "cancelled" ? row.state : "failed";
    await setPartition(db, backfill.id, { ...partition, state });
  };

  const begin = async (backfill: Backfill, partition: Partition): Promise<boolean> => {
    try {
      const { id } = await commands.execute({
        project: backfill.project,
        targets: backfill.targets,
        parameters: { ...backfill.parameters, [backfill.parameter]: valueOf(partition.value) },
        purpose: {
          kind: "backfill",
          reason: `backfill ${backfill.parameter}=${partition.value}`,
          source: backfill.id,
        },
        actor: backfill.actor,
        idempotencyKey: `backfill:${backfill.id}:${partition.position}`,
      });
      await setPartition(db, backfill.id, { ...partition, execution: id, state: "running" });
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await setPartition(db, backfill.id, { ...partition, state: "failed", failure: error.message });
      return false;
    }
  };

  const finish = async (
    backfill: Backfill,
    state: "succeeded" | "failed" | "cancelled",
    actor = "system",
  ): Promise<void> => {
    await db.transaction(async () => {
      if (!(await endBackfill(db, backfill.id, state, clock.nowMs()))) return;
      const { id, project } = backfill;
      await ledger.append({ kind: "backfill.finished", subject: id, project, actor, data: { state } });
    });
  };

  return {
    list: async (project) => await listBackfills(db, project),
    get,
    async start(given) {
      const values = partitionValues(given.partitions);
      const id = createId("backfill", clock);
      const { partitions: _, ...rest } = given;
      await db.transaction(async () => {
        const state = "running" as const;
        await insertBackfill(db, { ...rest, id, state, createdAtMs: clock.nowMs(), endedAtMs: null }, values);
        const { project, actor, parameter, concurrency } = given;
        const data = { parameter, partitions: values.length, concurrency };
        await ledger.append({ kind: "backfill.started", subject: id, project, actor, data });
        await enqueue(id, project, "start");
      });
      return await get(given.project, id);
    },
    async cancel({ project, id, actor }) {
      const backfill = await get(project, id);
      if (backfill.state !== "running") return backfill;
      await finish(backfill, "cancelled", actor);
      for (const partition of (await get(project, id)).partitions) {
        if (partition.state === "waiting") await setPartition(db, id, { ...partition, state: "cancelled" });
        if (partition.state !== "running" || partition.execution === null) continue;
        await commands.cancelExecution(partition.execution, actor);
        await setPartition(db, id, { ...partition, state: "cancelled" });
      }
      return await get(project, id);
    },
  };
}

/** The values of a list, each once, or the dates of a range, in UTC. Throws `backfill_invalid`. */
export function partitionValues(partitions: readonly string[] | PartitionRange): readonly string[] {
  const values = "from" in partitions ? datesOf(partitions) : [...new Set(partitions)];
  if (values.length > 0 && values.length <= mostPartitions) return values;
  const why =
    values.length === 0 ? "no partition" : `${values.length} partitions, more than ${mostPartitions}`;
  throw new Problem(problems.backfill_invalid, { message: `The backfill has ${why}.` });
}

function datesOf({ from, to, step }: PartitionRange): readonly string[] {
  const [first, last] = [dateMsOf(from), dateMsOf(to)];
  const dates: string[] = [];
  for (let index = 0; dates.length <= mostPartitions; index++) {
    const atMs = stepped(first, step, index);
    if (atMs > last) break;
    const text = new Date(atMs).toISOString();
    dates.push(step === "hour" ? text.slice(0, 13) : step === "month" ? text.slice(0, 7) : text.slice(0, 10));
  }
  return dates;
}

function stepped(firstMs: number, step: PartitionRange["step"], index: number): number {
  if (step === "hour") return firstMs + index * hourMs;
  if (step === "day") return firstMs + index * dayMs;
  if (step === "week") return firstMs + 7 * index * dayMs;
  const first = new Date(firstMs);
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + index, 1);
}

function dateMsOf(text: string): number {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}))?)?$/.exec(text);
  const [, year, month, day = "01", hour = "00"] = match ?? [];
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`);
  if (match !== null && Number.isFinite(atMs)) return atMs;
  throw new Problem(problems.backfill_invalid, {
    message: `"${text}" is no date.`,
    next: "Write it as 2026-01-31, 2026-01 or 2026-01-31T06.",
  });
}

/** A partition that reads as a number becomes one, as `-p key=3` does. */
function valueOf(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
