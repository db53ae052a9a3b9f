import { z } from "zod";

import type { Database, Migration } from "#kernel/db";
import type { Digest } from "#kernel/digest";

import { toldMigrations } from "./told-store.ts";
import { workStates } from "./contract.ts";
import type { WorkOrder, WorkSpec, WorkState, WorkStatus } from "./contract.ts";

declare module "#kernel/db" {
  interface Tables {
    compute_work: WorkRow;
    compute_uploads: UploadRow;
  }
}

interface WorkRow {
  id: string;
  target: string;
  idempotency_key: string;
  owner: string;
  project: string;
  label: string;
  /** JSON, as are `failure` and `outs`. */
  spec: string;
  /** The variables of the spec, which is kept without them; null when the work has ended. */
  sealed_variables: string | null;
  grace_ms: number;
  state: string;
  reason: string;
  exit_code: number | null;
  signal: string | null;
  ended_early: string | null;
  command: number | null;
  failure: string | null;
  outs: string;
  checkpoint: string | null;
  /** 1 once the target has taken it. */
  is_launched: number;
  /** Which process of ours hands it over, or runs it. */
  runner: string;
  token_digest: string | null;
  /** A process on the server's machine. */
  pid: number | null;
  start_ticks: string | null;
  submitted_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  heard_at_ms: number | null;
  stop_requested_at_ms: number | null;
  stop_grace_ms: number | null;
}

/** What a piece of work sent, which alone it may name as its own. */
interface UploadRow {
  work: string;
  digest: string;
  size_bytes: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "compute-001",
    statements: ({ text, integer, strict, clustered }) => [
      `create table compute_work (
        id ${text} primary key, target ${text} not null, idempotency_key ${text} not null, owner ${text} not null,
        project ${text} not null, label ${text} not null, spec ${text} not null,
        grace_ms ${integer} not null, state ${text} not null, reason ${text} not null, exit_code ${integer}, signal ${text}, ended_early ${text}, command ${integer},
        failure ${text}, outs ${text} not null, checkpoint ${text}, is_launched ${integer} not null,
        runner ${text} not null, token_digest ${text}, pid ${integer}, start_ticks ${text},
        submitted_at_ms ${integer} not null, started_at_ms ${integer}, ended_at_ms ${integer},
        heard_at_ms ${integer}, stop_requested_at_ms ${integer}, stop_grace_ms ${integer},
        unique (target, idempotency_key)
      ) ${strict}`,
      `create index compute_work_owner on compute_work (owner)`,
      `create index compute_work_open on compute_work (ended_at_ms, submitted_at_ms)`,
      `create table compute_uploads (
        work ${text} not null references compute_work (id), digest ${text} not null, size_bytes ${integer} not null,
        primary key (work, digest)
      ) ${clustered}`,
    ],
  },
  {
    id: "compute-sealed-variables-001",
    statements: ({ text }) => [`alter table compute_work add column sealed_variables ${text}`],
  },
  ...toldMigrations,
];

/** A piece of work as we keep it. */
export interface Work {
  readonly id: string;
  readonly target: string;
  readonly order: WorkOrder;
  /** Without its variables. */
  readonly spec: WorkSpec;
  readonly sealedVariables: string | null;
  readonly status: WorkStatus;
  readonly isLaunched: boolean;
  readonly runner: string;
  readonly tokenDigest: Digest | null;
  readonly process: { readonly pid: number; readonly startTicks: string } | null;
  readonly submittedAtMs: number;
  readonly heardAtMs: number | null;
  readonly stop: { readonly requestedAtMs: number; readonly graceMs: number } | null;
}

export interface NewWork {
  readonly id: string;
  readonly target: string;
  readonly order: WorkOrder;
  readonly spec: WorkSpec;
  readonly sealedVariables: string;
  readonly runner: string;
  readonly nowMs: number;
}

/** The work of that key, and whether it is new: of several who ask at once, one makes it. */
export async function insertWork(db: Database, work: NewWork): Promise<{ work: Work; isNew: boolean }> {
  const { order } = work;
  await db.query
    .insertInto("compute_work")
    .values({
      id: work.id,
      target: work.target,
      idempotency_key: order.idempotencyKey,
      owner: order.owner,
      project: order.project,
      label: order.label,
      spec: JSON.stringify({ ...work.spec, variables: {} }),
      sealed_variables: work.sealedVariables,
      grace_ms: order.graceMs,
      state: "queued",
      reason: "It is being handed over.",
      outs: "[]",
      is_launched: 0,
      runner: work.runner,
      submitted_at_ms: work.nowMs,
    })
    .onConflict((conflict) => conflict.columns(["target", "idempotency_key"]).doNothing())
    .execute();
  const row = await db.query
    .selectFrom("compute_work")
    .selectAll()
    .where("target", "=", work.target)
    .where("idempotency_key", "=", order.idempotencyKey)
    .executeTakeFirstOrThrow();
  return { work: toWork(row), isNew: row.id === work.id };
}

export async function readWork(db: Database, id: string): Promise<Work | undefined> {
  const row = await db.query.selectFrom("compute_work").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toWork(row);
}

export async function readWorkId(db: Database, target: string, key: string): Promise<string | undefined> {
  const row = await db.query
    .selectFrom("compute_work")
    .select("id")
    .where("target", "=", target)
    .where("idempotency_key", "=", key)
    .executeTakeFirst();
  return row?.id;
}

/** What has not ended, of all targets unless one is named, oldest first. */
export async function listOpenWork(
  db: Database,
  only: { readonly target?: string; readonly owner?: string } = {},
): Promise<readonly Work[]> {
  let query = db.query.selectFrom("compute_work").selectAll().where("ended_at_ms", "is", null);
  if (only.target !== undefined) query = query.where("target", "=", only.target);
  if (only.owner !== undefined) query = query.where("owner", "=", only.owner);
  const rows = await query.orderBy("submitted_at_ms").orderBy("id").execute();
  return rows.map(toWork);
}

/** The newest that have ended. */
export async function listEndedWork(db: Database, limit: number): Promise<readonly Work[]> {
  const rows = await db.query
    .selectFrom("compute_work")
    .selectAll()
    .where("ended_at_ms", "is not", null)
    .orderBy("ended_at_ms", "desc")
    .limit(limit)
    .execute();
  return rows.map(toWork);
}

/** Sets what is known of work that has not ended; false when it has. */
export async function updateOpenWork(
  db: Database,
  id: string,
  change: Partial<
    Pick<
      WorkRow,
      | "state"
      | "reason"
      | "is_launched"
      | "runner"
      | "token_digest"
      | "pid"
      | "start_ticks"
      | "started_at_ms"
      | "heard_at_ms"
      | "checkpoint"
      | "stop_requested_at_ms"
      | "stop_grace_ms"
    >
  >,
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("compute_work")
    .set(change)
    .where("id", "=", id)
    .where("ended_at_ms", "is", null)
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

export type WorkEnd = Pick<WorkStatus, "state" | "reason"> &
  Partial<Pick<WorkStatus, "exitCode" | "signal" | "endedEarly" | "command" | "failure" | "outs">>;

/** Ends the work; false when it had ended, which then stands, or when it is not that runner's any more. */
export async function endWork(
  db: Database,
  id: string,
  end: WorkEnd,
  nowMs: number,
  runner?: string,
): Promise<boolean> {
  let update = db.query
    .updateTable("compute_work")
    .set({
      state: end.state,
      reason: end.reason,
      exit_code: end.exitCode ?? null,
      signal: end.signal ?? null,
      ended_early: end.endedEarly ?? null,
      command: end.command ?? null,
      failure: end.failure === undefined || end.failure === null ? null : JSON.stringify(end.failure),
      outs: JSON.stringify(end.outs ?? []),
      ended_at_ms: nowMs,
      token_digest: null,
      pid: null,
      start_ticks: null,
    })
    .where("id", "=", id)
    .where("ended_at_ms", "is", null);
  if (runner !== undefined) update = update.where("runner", "=", runner);
  const { numUpdatedRows } = await update.executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

export async function recordUpload(
  db: Database,
  work: string,
  blob: { readonly digest: Digest; readonly sizeBytes: number },
): Promise<void> {
  await db.query
    .insertInto("compute_uploads")
    .values({ work, digest: blob.digest, size_bytes: blob.sizeBytes })
    .onConflict((conflict) => conflict.columns(["work", "digest"]).doNothing())
    .execute();
}

/** The sizes of what the work sent, by digest. */
export async function listUploads(db: Database, work: string): Promise<ReadonlyMap<Digest, number>> {
  const rows = await db.query.selectFrom("compute_uploads").selectAll().where("work", "=", work).execute();
  return new Map(rows.map((row) => [row.digest, row.size_bytes]));
}

/** Of work that has ended: what it saw and which bytes it sent nobody asks any more. */
export async function forgetDetails(db: Database, { id, spec }: Work): Promise<void> {
  const kept: WorkSpec = { ...spec, variables: {}, inputs: [] };
  await db.query
    .updateTable("compute_work")
    .set({ spec: JSON.stringify(kept), sealed_variables: null })
    .where("id", "=", id)
    .execute();
  await db.query.deleteFrom("compute_uploads").where("work", "=", id).execute();
}

/** The ids of what ended before that time. */
export async function listWorkEndedBefore(db: Database, beforeMs: number): Promise<readonly string[]> {
  const rows = await db.query
    .selectFrom("compute_work")
    .select("id")
    .where("ended_at_ms", "<", beforeMs)
    .limit(1_000)
    .execute();
  return rows.map((row) => row.id);
}

export async function deleteWork(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("compute_uploads").where("work", "=", id).execute();
  await db.query.deleteFrom("compute_work").where("id", "=", id).execute();
}

const stateSchema = z.enum(workStates);
const endedEarlySchema = z.enum(["timeout", "log_limit"]).nullable();

function toWork(row: WorkRow): Work {
  const state: WorkState = stateSchema.parse(row.state);
  return {
    id: row.id,
    target: row.target,
    order: {
      idempotencyKey: row.idempotency_key,
      owner: row.owner,
      project: row.project,
      label: row.label,
      graceMs: row.grace_ms,
    },
    spec: JSON.parse(row.spec),
    sealedVariables: row.sealed_variables,
    status: {
      state,
      reason: row.reason,
      exitCode: row.exit_code,
      signal: row.signal,
      endedEarly: endedEarlySchema.parse(row.ended_early),
      command: row.command,
      failure: row.failure === null ? null : JSON.parse(row.failure),
      startedAtMs: row.started_at_ms,
      endedAtMs: row.ended_at_ms,
      outs: JSON.parse(row.outs),
      checkpoint: row.checkpoint,
    },
    isLaunched: row.is_launched === 1,
    runner: row.runner,
    tokenDigest: row.token_digest,
    process: row.pid === null ? null : { pid: row.pid, startTicks: row.start_ticks ?? "" },
    submittedAtMs: row.submitted_at_ms,
    heardAtMs: row.heard_at_ms,
    stop:
      row.stop_requested_at_ms === null
        ? null
        : { requestedAtMs: row.stop_requested_at_ms, graceMs: row.stop_grace_ms ?? 0 },
  };
}
