import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";

import type { Execution, ExecutionRecord, ExecutionState, Failure, Purpose } from "../entities.ts";
import type { ExecutionRow } from "./schema.ts";

export interface NewExecution extends Omit<
  Execution,
  | "steps"
  | "state"
  | "startedAtMs"
  | "endedAtMs"
  | "failure"
  | "cancelReason"
  | "environmentDigest"
  | "waitingReason"
> {
  readonly planDigest: Digest;
}

export async function insertExecution(db: Database, execution: NewExecution): Promise<ExecutionRow> {
  const row: ExecutionRow = {
    id: execution.id,
    project: execution.project,
    state: "queued",
    purpose: JSON.stringify(execution.purpose),
    parameters: JSON.stringify(execution.parameters),
    targets: JSON.stringify(execution.targets),
    complete: execution.complete ? 1 : 0,
    code_digest: execution.codeDigest,
    dataset_versions: JSON.stringify(execution.datasetVersions),
    environment_digest: null,
    actor: execution.actor,
    created_at_ms: execution.createdAtMs,
    started_at_ms: null,
    ended_at_ms: null,
    failure: null,
    claim: 0,
    cancel_requested: 0,
    cancel_reason: null,
    plan_digest: execution.planDigest,
  };
  await db.query.insertInto("executions").values(row).execute();
  return row;
}

export async function readExecutionRow(db: Database, id: string): Promise<ExecutionRow | undefined> {
  return await db.query.selectFrom("executions").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Executions whose ids begin so: those a step may belong to. */
export async function listExecutionsByPrefix(db: Database, prefix: string): Promise<readonly ExecutionRow[]> {
  return await db.query
    .selectFrom("executions")
    .selectAll()
    .where("id", ">=", prefix)
    .where("id", "<", `${prefix}~`)
    .limit(10)
    .execute();
}

/** Newest first. */
export async function listExecutionRows(
  db: Database,
  project: string,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<readonly ExecutionRow[]> {
  let query = db.query.selectFrom("executions").selectAll().where("project", "=", project);
  if (page.before !== undefined) query = query.where("id", "<", page.before);
  return await query.orderBy("id", "desc").limit(page.limit).execute();
}

/** Those of the project that have not ended, oldest first. */
export async function listOpenExecutions(db: Database, project: string): Promise<readonly ExecutionRow[]> {
  return await db.query
    .selectFrom("executions")
    .selectAll()
    .where("project", "=", project)
    .where("ended_at_ms", "is", null)
    .orderBy("id")
    .execute();
}

/** Takes the execution over; those that worked on it before can no longer write. Undefined when it has ended. */
export async function claimExecution(
  db: Database,
  id: string,
  nowMs: number,
): Promise<ExecutionRow | undefined> {
  const row = await readExecutionRow(db, id);
  if (row === undefined || (row.state !== "queued" && row.state !== "running")) return undefined;
  const claimed = { state: "running", claim: row.claim + 1, started_at_ms: row.started_at_ms ?? nowMs };
  await db.query.updateTable("executions").set(claimed).where("id", "=", id).execute();
  return { ...row, ...claimed };
}

/** Locks the row until the transaction ends. False when another has taken the execution over, or it has ended. */
export async function holdsClaim(db: Database, id: string, claim: number): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("executions")
    .set({ claim })
    .where("id", "=", id)
    .where("claim", "=", claim)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

/** Makes whoever else writes to the execution wait until the transaction ends. */
export async function lockExecution(db: Database, id: string): Promise<void> {
  await db.query
    .updateTable("executions")
    .set((row) => ({ claim: row.ref("claim") }))
    .where("id", "=", id)
    .execute();
}

export async function setEnvironment(db: Database, id: string, environment: Digest): Promise<void> {
  await db.query
    .updateTable("executions")
    .set({ environment_digest: environment })
    .where("id", "=", id)
    .execute();
}

export async function endExecution(
  db: Database,
  id: string,
  end: { readonly state: ExecutionState; readonly failure: Failure | null; readonly nowMs: number },
): Promise<void> {
  await db.query
    .updateTable("executions")
    .set({
      state: end.state,
      ended_at_ms: end.nowMs,
      failure: end.failure === null ? null : JSON.stringify(end.failure),
    })
    .where("id", "=", id)
    .execute();
}

export async function setCancelReason(db: Database, id: string, reason: string): Promise<void> {
  await db.query
    .updateTable("executions")
    .set({ cancel_reason: reason })
    .where("id", "=", id)
    .where("ended_at_ms", "is", null)
    .execute();
}

export async function requestCancel(db: Database, id: string): Promise<void> {
  await db.query.updateTable("executions").set({ cancel_requested: 1 }).where("id", "=", id).execute();
}

export async function isCancelRequested(db: Database, id: string): Promise<boolean> {
  return (await readExecutionRow(db, id))?.cancel_requested === 1;
}

/** Everything of an execution but its steps. */
export function toExecution(row: ExecutionRow): ExecutionRecord {
  return {
    id: row.id,
    project: row.project,
    state: toState(row.state),
    purpose: purposeOf(row),
    parameters: JSON.parse(row.parameters),
    targets: JSON.parse(row.targets),
    complete: row.complete === 1,
    codeDigest: row.code_digest,
    datasetVersions: JSON.parse(row.dataset_versions),
    environmentDigest: row.environment_digest,
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    failure: row.failure === null ? null : JSON.parse(row.failure),
    cancelReason: row.cancel_reason,
  };
}

export function purposeOf(row: Pick<ExecutionRow, "purpose">): Purpose {
  return JSON.parse(row.purpose);
}

const states: readonly ExecutionState[] = ["queued", "running", "succeeded", "failed", "cancelled"];

function toState(text: string): ExecutionState {
  const state = states.find((known) => known === text);
  if (state === undefined) throw new Error(`an execution has the unknown state ${text}`);
  return state;
}
