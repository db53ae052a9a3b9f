import { sql } from "kysely";

import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";
import { insertRows } from "#kernel/search";

import { defaultSettings } from "../definition/settings.ts";
import type { Failure, KeyParts, Stage, Step, StepOut, StepState } from "../entities.ts";
import type { StepRow } from "./schema.ts";

/** A step to be written: what it is within its execution. */
export interface PlannedStep {
  readonly id: string;
  readonly execution: string;
  readonly project: string;
  readonly position: number;
  readonly stage: Stage;
  /** Names of stages. */
  readonly dependsOn: readonly string[];
}

export async function listStepRows(
  db: Database,
  executions: readonly string[],
): Promise<ReadonlyMap<string, readonly StepRow[]>> {
  const found = new Map<string, StepRow[]>();
  if (executions.length === 0) return found;
  const rows = await db.query
    .selectFrom("execution_steps")
    .selectAll()
    .where("execution", "in", [...executions])
    .orderBy("position")
    .execute();
  for (const row of rows) {
    const list = found.get(row.execution);
    if (list === undefined) found.set(row.execution, [row]);
    else list.push(row);
  }
  return found;
}

export async function readStepRow(db: Database, id: string): Promise<StepRow | undefined> {
  return await db.query.selectFrom("execution_steps").selectAll().where("id", "=", id).executeTakeFirst();
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

/** What may be said of a step when its row is written; what is left out is as in a step that waits. */
export interface StepFacts {
  readonly state: StepState;
  readonly reason: string;
  readonly attempt?: number;
  readonly cacheKey?: Digest;
  readonly keyParts?: KeyParts;
  readonly runId?: string | null;
  readonly failure?: Failure | null;
  readonly outs?: readonly StepOut[];
  readonly metrics?: Readonly<Record<string, number>>;
  readonly readyAtMs?: number;
  readonly startedAtMs?: number | null;
  readonly endedAtMs?: number | null;
}

const columns = [
  "id",
  "execution",
  "project",
  "stage",
  "position",
  "definition",
  "depends_on",
  "state",
  "attempt",
  "cache_key",
  "key_parts",
  "reason",
  "run_id",
  "exit_code",
  "failure",
  "last_lines",
  "started_at_ms",
  "ended_at_ms",
  "outs",
  "metrics",
  "pid",
  "start_ticks",
  "ready_at_ms",
] as const satisfies readonly (keyof StepRow)[];

const own: ReadonlySet<string> = new Set([
  "id",
  "execution",
  "project",
  "stage",
  "position",
  "definition",
  "depends_on",
]);
const into = `execution_steps (${columns.join(", ")})`;
const overwrite = `(id) do update set ${columns
  .filter((column) => !own.has(column))
  .map((column) => `${column} = excluded.${column}`)
  .join(", ")}`;

/** Writes the rows of steps, which they have from now on, or replaces what they say. */
export async function saveSteps(
  db: Database,
  steps: readonly (readonly [step: PlannedStep, facts: StepFacts])[],
): Promise<void> {
  const rows = steps.map(([step, facts]) => [
    step.id,
    step.execution,
    step.project,
    step.stage.name,
    step.position,
    JSON.stringify(step.stage),
    JSON.stringify(step.dependsOn),
    facts.state,
    facts.attempt ?? 0,
    facts.cacheKey ?? null,
    facts.keyParts === undefined ? null : JSON.stringify(facts.keyParts),
    facts.reason,
    facts.runId ?? null,
    null,
    facts.failure === undefined || facts.failure === null ? null : JSON.stringify(facts.failure),
    "[]",
    facts.startedAtMs ?? null,
    facts.endedAtMs ?? null,
    JSON.stringify(facts.outs ?? []),
    JSON.stringify(facts.metrics ?? {}),
    null,
    null,
    facts.readyAtMs ?? null,
  ]);
  await insertRows(db, into, rows, overwrite);
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

export interface Requeue {
  readonly reason: string;
  readonly retries: number;
  readonly preemptions: number;
  /** System time. */
  readonly retryAtMs: number | null;
  readonly exitCode: number | null;
  readonly lastLines: readonly string[];
}

/** Puts a running step back to waiting, for another attempt; false when the attempt is no longer the current one. */
export async function requeueStep(
  db: Database,
  step: { readonly id: string; readonly attempt: number },
  requeue: Requeue,
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("execution_steps")
    .set({
      state: "waiting",
      reason: requeue.reason,
      retries: requeue.retries,
      preemptions: requeue.preemptions,
      retry_at_ms: requeue.retryAtMs,
      exit_code: requeue.exitCode,
      last_lines: JSON.stringify(requeue.lastLines),
      run_id: null,
      pid: null,
      start_ticks: null,
      preempt_requested: 0,
    })
    .where("id", "=", step.id)
    .where("attempt", "=", step.attempt)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

/** Ends every step of an execution that has a row and no end. */
export async function endWaitingSteps(
  db: Database,
  execution: string,
  end: { readonly state: "skipped" | "cancelled"; readonly reason: string; readonly nowMs: number },
): Promise<void> {
  await db.query
    .updateTable("execution_steps")
    .set({ state: end.state, reason: end.reason, ended_at_ms: end.nowMs })
    .where("execution", "=", execution)
    .where("state", "in", ["waiting", "running"])
    .execute();
}

/**
 * Puts a step whose server died back to waiting; its attempt stays counted. Its run is kept where work
 * elsewhere goes on reporting into it.
 */
export async function releaseStep(
  db: Database,
  id: string,
  { keepsRun }: { readonly keepsRun: boolean },
): Promise<void> {
  await db.query
    .updateTable("execution_steps")
    .set({
      state: "waiting",
      reason: keepsRun
        ? "The server was stopped while it ran; it is taken over where it runs."
        : "The server was stopped while it ran, so it runs again.",
      ...(keepsRun ? {} : { run_id: null }),
      pid: null,
      start_ticks: null,
    })
    .where("id", "=", id)
    .where("state", "=", "running")
    .execute();
}

/** Asks whoever runs the step to stop it and to begin it again later. False when it does not run. */
export async function requestPreemption(db: Database, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("execution_steps")
    .set({ preempt_requested: 1 })
    .where("id", "=", id)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

export async function listPreemptions(db: Database, execution: string): Promise<readonly string[]> {
  const rows = await db.query
    .selectFrom("execution_steps")
    .select("id")
    .where("execution", "=", execution)
    .where("preempt_requested", "=", 1)
    .where("state", "=", "running")
    .execute();
  return rows.map(({ id }) => id);
}

/** How many steps with rows there are of each state. */
export async function countStepRows(
  db: Database,
  executions: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const counts = new Map<string, Map<string, number>>();
  if (executions.length === 0) return counts;
  const rows = await db.query
    .selectFrom("execution_steps")
    .select(["execution", "state", sql<number>`count(*)`.as("steps")])
    .where("execution", "in", [...executions])
    .groupBy(["execution", "state"])
    .execute();
  for (const row of rows) {
    const states = counts.get(row.execution) ?? new Map<string, number>();
    counts.set(row.execution, states.set(row.state, Number(row.steps)));
  }
  return counts;
}

/** The stage as it was when its row was written; rows older than settings have none. */
export function stageOf(row: StepRow): Stage {
  const stage: Stage = JSON.parse(row.definition);
  return { ...stage, settings: { ...defaultSettings, ...stage.settings } };
}

export function outsOf(row: StepRow): readonly StepOut[] {
  return JSON.parse(row.outs);
}

/** The step as its row tells it; what it waits for is told by its execution. */
export function toStep(row: StepRow): Step {
  const stage = stageOf(row);
  return {
    id: row.id,
    stage: row.stage,
    command: stage.commands.join("\n"),
    state: toState(row.state),
    attempt: row.attempt,
    retries: row.retries,
    cacheKey: row.cache_key,
    reason: row.reason,
    waitingReason: null,
    runId: row.run_id,
    exitCode: row.exit_code,
    failure: row.failure === null ? null : JSON.parse(row.failure),
    lastLines: JSON.parse(row.last_lines),
    readyAtMs: row.ready_at_ms,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    dependsOn: JSON.parse(row.depends_on),
    priority: stage.settings.priority,
    resources: stage.settings.resources,
    outs: outsOf(row),
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

export function toState(text: string): StepState {
  const state = states.find((known) => known === text);
  if (state === undefined) throw new Error(`a step has the unknown state ${text}`);
  return state;
}
