import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";

import type { Execution, ExecutionState, Failure, Stage, Step } from "../entities.ts";
import { listSteps } from "./steps.ts";
import type { ExecutionRow } from "./schema.ts";

export interface NewExecution extends Omit<
  Execution,
  "steps" | "state" | "startedAtMs" | "endedAtMs" | "failure" | "environmentDigest"
> {
  readonly steps: readonly {
    readonly id: string;
    readonly stage: Stage;
    readonly dependsOn: readonly string[];
  }[];
}

const insertedAtOnce = 200;

export async function insertExecution(db: Database, execution: NewExecution): Promise<void> {
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
  };
  await db.query.insertInto("executions").values(row).execute();
  const steps = execution.steps.map(({ id, stage, dependsOn }, position) => ({
    id,
    execution: execution.id,
    project: execution.project,
    stage: stage.name,
    position,
    definition: JSON.stringify(stage),
    depends_on: JSON.stringify(dependsOn),
    state: "waiting",
    attempt: 0,
    reason: "It waits for its turn.",
    last_lines: "[]",
    outs: "[]",
    metrics: "{}",
  }));
  for (let start = 0; start < steps.length; start += insertedAtOnce) {
    await db.query
      .insertInto("execution_steps")
      .values(steps.slice(start, start + insertedAtOnce))
      .execute();
  }
}

export async function readExecution(db: Database, id: string): Promise<Execution | undefined> {
  const row = await readExecutionRow(db, id);
  return row === undefined ? undefined : toExecution(row, await listSteps(db, [id]));
}

export async function readExecutionRow(db: Database, id: string): Promise<ExecutionRow | undefined> {
  return await db.query.selectFrom("executions").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Newest first. */
export async function listExecutions(
  db: Database,
  project: string,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<readonly Execution[]> {
  let query = db.query.selectFrom("executions").selectAll().where("project", "=", project);
  if (page.before !== undefined) query = query.where("id", "<", page.before);
  const rows = await query.orderBy("id", "desc").limit(page.limit).execute();
  const steps = await listSteps(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => toExecution(row, steps));
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

export async function requestCancel(db: Database, id: string): Promise<void> {
  await db.query.updateTable("executions").set({ cancel_requested: 1 }).where("id", "=", id).execute();
}

export async function isCancelRequested(db: Database, id: string): Promise<boolean> {
  return (await readExecutionRow(db, id))?.cancel_requested === 1;
}

export function toExecution(row: ExecutionRow, steps: ReadonlyMap<string, readonly Step[]>): Execution {
  return {
    id: row.id,
    project: row.project,
    state: toState(row.state),
    purpose: JSON.parse(row.purpose),
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
    steps: steps.get(row.id) ?? [],
  };
}

const states: readonly ExecutionState[] = ["queued", "running", "succeeded", "failed", "cancelled"];

function toState(text: string): ExecutionState {
  const state = states.find((known) => known === text);
  if (state === undefined) throw new Error(`an execution has the unknown state ${text}`);
  return state;
}
