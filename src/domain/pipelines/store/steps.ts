import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";

import type { Failure, KeyParts, Stage, Step, StepOut, StepState } from "../entities.ts";
import type { StepRow } from "./schema.ts";

/** A step as the executor needs it: with its stage, and the process that a dead server may have left. */
export interface PlannedStep {
  readonly id: string;
  readonly stage: Stage;
  readonly dependsOn: readonly string[];
  readonly state: StepState;
  readonly attempt: number;
  readonly runId: string | null;
  readonly outs: readonly StepOut[];
  readonly process: { readonly pid: number; readonly startTicks: string } | null;
}

export async function listPlannedSteps(db: Database, execution: string): Promise<readonly PlannedStep[]> {
  const rows = await db.query
    .selectFrom("execution_steps")
    .selectAll()
    .where("execution", "=", execution)
    .orderBy("position")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    stage: JSON.parse(row.definition),
    dependsOn: JSON.parse(row.depends_on),
    state: toState(row.state),
    attempt: row.attempt,
    runId: row.run_id,
    outs: JSON.parse(row.outs),
    process: row.pid === null ? null : { pid: row.pid, startTicks: row.start_ticks ?? "" },
  }));
}

/** By execution, in their order. */
export async function listSteps(
  db: Database,
  executions: readonly string[],
): Promise<ReadonlyMap<string, readonly Step[]>> {
  const steps = new Map<string, Step[]>();
  if (executions.length === 0) return steps;
  const rows = await db.query
    .selectFrom("execution_steps")
    .selectAll()
    .where("execution", "in", [...executions])
    .orderBy("position")
    .execute();
  for (const row of rows) {
    const list = steps.get(row.execution);
    if (list === undefined) steps.set(row.execution, [toStep(row)]);
    else list.push(toStep(row));
  }
  return steps;
}

export async function readStep(
  db: Database,
  id: string,
): Promise<{ step: Step; execution: string; project: string } | undefined> {
  const row = await db.query
    .selectFrom("execution_steps")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : { step: toStep(row), execution: row.execution, project: row.project };
}

/** The last step of each stage of the project that was more than planned. */
export async function listLastSteps(
  db: Database,
  project: string,
): Promise<ReadonlyMap<string, { step: Step; execution: string }>> {
  const newest = db.query
    .selectFrom("execution_steps")
    .select((select) => select.fn.max("id").as("id"))
    .where("project", "=", project)
    .where("state", "not in", ["waiting", "skipped"])
    .groupBy("stage");
  const rows = await db.query.selectFrom("execution_steps").selectAll().where("id", "in", newest).execute();
  return new Map(rows.map((row) => [row.stage, { step: toStep(row), execution: row.execution }]));
}

export interface StepStart {
  readonly attempt: number;
  readonly cacheKey: Digest;
  readonly keyParts: KeyParts;
  readonly reason: string;
  readonly runId: string;
  readonly nowMs: number;
}

export async function startStep(db: Database, id: string, start: StepStart): Promise<void> {
  await db.query
    .updateTable("execution_steps")
    .set({
      state: "running",
      attempt: start.attempt,
      cache_key: start.cacheKey,
      key_parts: JSON.stringify(start.keyParts),
      reason: start.reason,
      run_id: start.runId,
      started_at_ms: start.nowMs,
      ended_at_ms: null,
      exit_code: null,
      failure: null,
      last_lines: "[]",
      pid: null,
      start_ticks: null,
    })
    .where("id", "=", id)
    .execute();
}

/** False when the attempt is no longer the current one. */
export async function recordProcess(
  db: Database,
  step: { readonly id: string; readonly attempt: number },
  process: { readonly pid: number; readonly startTicks: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("execution_steps")
    .set({ pid: process.pid, start_ticks: process.startTicks })
    .where("id", "=", step.id)
    .where("attempt", "=", step.attempt)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

export interface StepEnd {
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly exitCode: number | null;
  readonly failure: Failure | null;
  readonly lastLines: readonly string[];
  readonly outs: readonly StepOut[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly nowMs: number;
}

/** Ends a running step; false when the attempt is no longer the current one, whose effects then must not count. */
export async function endStep(
  db: Database,
  step: { readonly id: string; readonly attempt: number },
  end: StepEnd,
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("execution_steps")
    .set({
      state: end.state,
      exit_code: end.exitCode,
      failure: end.failure === null ? null : JSON.stringify(end.failure),
      last_lines: JSON.stringify(end.lastLines),
      outs: JSON.stringify(end.outs),
      metrics: JSON.stringify(end.metrics),
      ended_at_ms: end.nowMs,
      pid: null,
      start_ticks: null,
    })
    .where("id", "=", step.id)
    .where("attempt", "=", step.attempt)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

export async function markCached(
  db: Database,
  id: string,
  cached: {
    readonly cacheKey: Digest;
    readonly keyParts: KeyParts;
    readonly reason: string;
    readonly runId: string | null;
    readonly outs: readonly StepOut[];
    readonly metrics: Readonly<Record<string, number>>;
    readonly nowMs: number;
  },
): Promise<void> {
  await db.query
    .updateTable("execution_steps")
    .set({
      state: "cached",
      cache_key: cached.cacheKey,
      key_parts: JSON.stringify(cached.keyParts),
      reason: cached.reason,
      run_id: cached.runId,
      outs: JSON.stringify(cached.outs),
      metrics: JSON.stringify(cached.metrics),
      started_at_ms: cached.nowMs,
      ended_at_ms: cached.nowMs,
    })
    .where("id", "=", id)
    .execute();
}

/** Ends a step that was not started: skipped, cancelled, or failed because it could not begin. */
export async function endWaitingStep(
  db: Database,
  id: string,
  end: {
    readonly state: "skipped" | "cancelled" | "failed";
    readonly reason: string;
    readonly failure: Failure | null;
    readonly nowMs: number;
  },
): Promise<void> {
  await db.query
    .updateTable("execution_steps")
    .set({
      state: end.state,
      reason: end.reason,
      failure: end.failure === null ? null : JSON.stringify(end.failure),
      ended_at_ms: end.nowMs,
    })
    .where("id", "=", id)
    .execute();
}

/** Puts a step whose server died back to waiting; its attempt stays counted. */
export async function releaseStep(db: Database, id: string): Promise<void> {
  await db.query
    .updateTable("execution_steps")
    .set({
      state: "waiting",
      reason: "The server was stopped while it ran, so it runs again.",
      run_id: null,
      pid: null,
      start_ticks: null,
    })
    .where("id", "=", id)
    .where("state", "=", "running")
    .execute();
}

export function toStep(row: StepRow): Step {
  const stage: Stage = JSON.parse(row.definition);
  return {
    id: row.id,
    stage: row.stage,
    command: stage.commands.join("\n"),
    state: toState(row.state),
    attempt: row.attempt,
    cacheKey: row.cache_key,
    reason: row.reason,
    runId: row.run_id,
    exitCode: row.exit_code,
    failure: row.failure === null ? null : JSON.parse(row.failure),
    lastLines: JSON.parse(row.last_lines),
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    dependsOn: JSON.parse(row.depends_on),
    outs: JSON.parse(row.outs),
    metrics: JSON.parse(row.metrics),
  };
}

const states: readonly StepState[] = [
  "waiting",
  "running",
  "succeeded",
  "cached",
  "failed",
  "skipped",
  "cancelled",
];

function toState(text: string): StepState {
  const state = states.find((known) => known === text);
  if (state === undefined) throw new Error(`a step has the unknown state ${text}`);
  return state;
}
