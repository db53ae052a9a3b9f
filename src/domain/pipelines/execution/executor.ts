import { rm } from "node:fs/promises";
import { join } from "node:path";

import { Problem } from "#kernel/errors";
import type { RunningJob } from "#kernel/jobs";

import { listApprovals } from "../store/approvals.ts";
import { claimExecution, holdsClaim, isCancelRequested, purposeOf } from "../store/executions.ts";
import type { ExecutionRow, StepRow } from "../store/schema.ts";
import { listPreemptions, listStepRows, releaseStep, stageOf } from "../store/steps.ts";
import { rescueCheckpoint } from "./checkpoints.ts";
import { createDecider } from "./decide-steps.ts";
import { endInTransaction } from "./end-execution.ts";
import type { Ending } from "./end-execution.ts";
import { failureOf } from "./failures.ts";
import { findHandedOver } from "./handed-over.ts";
import { openExecution } from "./open-execution.ts";
import type { ExecutionParts, OpenExecution } from "./parts.ts";
import { runInOrder } from "./schedule.ts";
import { runStep } from "./step.ts";
import { removeOldWorkspaces } from "./workspace.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "pipelines.execute": { readonly execution: string };
  }
}

export interface Executor {
  /** The work of the job: brings the execution to its end, from wherever an earlier server left it. */
  run(job: RunningJob<"pipelines.execute">): Promise<void>;
  /** Looks at the execution when this process works on it: somebody cancelled it, answered, or asked for a place. */
  look(execution: string): void;
}

// Whoever cancels, answers or preempts may do so at another server.
const lookEveryMs = 2_000;
const keptFailedWorkspaces = 5;
const graceOfStopMs = 30_000;

/** One execution that this process works on. */
interface AtWork {
  readonly cancellation: AbortController;
  execution: OpenExecution | undefined;
  onAnswer: () => void;
}

export function createExecutor(parts: ExecutionParts): Executor {
  const working = new Map<string, AtWork>();
  const look = async (id: string): Promise<void> => {
    const one = working.get(id);
    if (one === undefined) return;
    if (await isCancelRequested(parts.db, id)) one.cancellation.abort(new Error("cancelled"));
    for (const step of await listPreemptions(parts.db, id)) one.execution?.preemptions.preempt(step);
    one.onAnswer();
  };
  return {
    async run(job) {
      const { execution: id } = job.payload;
      const row = await claim(parts, id);
      if (row === undefined) return;
      const one: AtWork = { cancellation: new AbortController(), execution: undefined, onAnswer: () => {} };
      working.set(id, one);
      const poll = setInterval(() => void look(id).catch(() => {}), lookEveryMs);
      poll.unref();
      try {
        if (row.cancel_requested === 1) one.cancellation.abort(new Error("cancelled"));
        await execute(parts, row, job, one);
      } finally {
        clearInterval(poll);
        working.delete(id);
        await removeOldWorkspaces(parts.executionsFolder, keptFailedWorkspaces, new Set(working.keys()));
      }
    },
    look: (id) => void look(id).catch(() => {}),
  };
}

/** Takes the execution over from whoever had it: from here on, only this process may write to it. */
async function claim(parts: ExecutionParts, id: string): Promise<ExecutionRow | undefined> {
  return await parts.db.transaction(async () => {
    const row = await claimExecution(parts.db, id, parts.clock.nowMs());
    if (row?.claim === 1) {
      await parts.ledger.append({
        kind: "execution.started",
        subject: id,
        project: row.project,
        actor: row.actor,
        data: { purpose: purposeOf(row), stages: await stageNames(parts, row) },
      });
    }
    return row;
  });
}

// An event is read by many; of a hundred thousand variants nobody reads the names.
const namedStages = 1_000;

async function stageNames(parts: ExecutionParts, row: ExecutionRow): Promise<readonly string[]> {
  if (row.plan_digest === null) {
    const rows = (await listStepRows(parts.db, [row.id])).get(row.id) ?? [];
    return rows.map(({ stage }) => stage);
  }
  const { steps } = await parts.plans.read(row.plan_digest);
  return steps.slice(0, namedStages).map(({ stage }) => stage.name);
}

async function execute(
  parts: ExecutionParts,
  row: ExecutionRow,
  job: RunningJob<"pipelines.execute">,
  one: AtWork,
): Promise<void> {
  const cancelled = one.cancellation.signal;
  const write: OpenExecution["write"] = async (work, durability = "now") =>
    await parts.db.transaction(
      async () => {
        if (!(await holdsClaim(parts.db, row.id, row.claim)))
          throw new Error(`execution ${row.id} was taken over`);
        return await work();
      },
      { durability },
    );
  const end = async (ending: Ending): Promise<void> =>
    await write(async () => {
      await endInTransaction(parts, row, ending);
      await job.finish();
    });

  const rows = await endOrphans(parts, row, write);
  const signal = AbortSignal.any([job.signal, cancelled]);
  const failure = new AbortController();
  const stopping = AbortSignal.any([signal, failure.signal]);
  let execution: OpenExecution;
  try {
    if (cancelled.aborted) return await end({ state: "cancelled" });
    execution = await openExecution(parts, row, rows, { cancelled, signal, stopping, write });
  } catch (error) {
    if (cancelled.aborted) return await end({ state: "cancelled" });
    job.signal.throwIfAborted();
    // What is wrong with the project or its requirements will not mend itself by another try.
    if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
    return await end({ state: "failed", failure: failureOf(error) });
  }
  one.execution = execution;

  const decider = createDecider(parts, execution);
  let forgotten: Promise<void> | undefined;
  const { failed, parked } = await runInOrder({
    plan: execution.plan,
    isDone: (place) => isDone(execution, place),
    isSkipped: (place) => execution.steps.stateOf(place) === "skipped",
    width: stepsAhead,
    signal: stopping,
    decide: decider.decide,
    flush: decider.flush,
    run: async (place) => {
      const outcome = await runStep(parts, execution, place, decider.reasonFor(place));
      // An execution that gets on is not one that kills its servers.
      if (outcome === "succeeded") await (forgotten ??= job.progressed());
      return outcome;
    },
    onFailure: () => failure.abort(new Error("another step failed")),
    onAnswer: (callBack) => (one.onAnswer = callBack),
    answered: async (places) => await answeredPlaces(parts, execution, places),
  }).catch((error: unknown) => {
    if (!cancelled.aborted) throw error;
    return { failed: undefined, parked: [] };
  });
  if (!cancelled.aborted) job.signal.throwIfAborted();
  if (cancelled.aborted) return await end({ state: "cancelled" });
  if (failed !== undefined) {
    const { id, stage } = execution.steps.get(failed);
    return await end({ state: "failed", failed: { id, stage: stage.name } });
  }
  if (parked.length > 0) {
    if (await park(parts, execution, parked, write, job)) return;
    return await execute(parts, row, job, one);
  }
  await end({ state: "succeeded" });
  await rm(join(parts.executionsFolder, row.id), { recursive: true, force: true, maxRetries: 3 });
}

// Steps beyond those that run are decided ahead, so that priorities hold among them and cached ones are found.
const stepsAhead = 500;

function isDone(execution: OpenExecution, place: number): boolean {
  const state = execution.steps.stateOf(place);
  return state === "succeeded" || state === "cached";
}

async function answeredPlaces(
  parts: ExecutionParts,
  execution: OpenExecution,
  places: readonly number[],
): Promise<readonly number[]> {
  const approvals = await listApprovals(parts.db, [execution.id]);
  const answered = new Set(approvals.filter(({ answer }) => answer !== null).map(({ step }) => step));
  return places.filter((place) => answered.has(execution.steps.get(place).id));
}

/**
 * Nothing is left to do before a person answers: the job ends, and the answer begins the next one. False
 * when an answer has come meanwhile, which the same transaction looks at.
 */
async function park(
  parts: ExecutionParts,
  execution: OpenExecution,
  parked: readonly number[],
  write: OpenExecution["write"],
  job: RunningJob<"pipelines.execute">,
): Promise<boolean> {
  return await write(async () => {
    if ((await answeredPlaces(parts, execution, parked)).length > 0) return false;
    await job.finish();
    return true;
  });
}

/**
 * Steps that a dead server left running wait again: their processes are ended and their runs closed, but for
 * work elsewhere, which is taken over with its run and its token.
 */
async function endOrphans(
  parts: ExecutionParts,
  row: ExecutionRow,
  write: OpenExecution["write"],
): Promise<readonly StepRow[]> {
  const rows = (await listStepRows(parts.db, [row.id])).get(row.id) ?? [];
  const orphans = rows.filter((step) => step.state === "running");
  for (const step of orphans) {
    if (step.pid !== null)
      await parts.compute.endOrphan({ pid: step.pid, startTicks: step.start_ticks ?? "" });
    const { checkpoint } = stageOf(step).settings;
    if (checkpoint !== null && step.cache_key !== null) {
      const folder = join(parts.executionsFolder, row.id, "work", checkpoint);
      await rescueCheckpoint(parts, { project: row.project, cacheKey: step.cache_key, folder, write });
    }
    const isKept = await keepsWorkElsewhere(parts, row, step);
    await write(async () => {
      await releaseStep(parts.db, step.id, { keepsRun: isKept });
      if (isKept) return;
      await parts.passes.end(step.id);
      if (step.run_id !== null) await parts.runs.finish(step.run_id, "killed", "system");
    });
  }
  return orphans.length === 0 ? rows : ((await listStepRows(parts.db, [row.id])).get(row.id) ?? []);
}

/** That of a cancelled execution is told to stop, and nobody takes it over. */
async function keepsWorkElsewhere(parts: ExecutionParts, row: ExecutionRow, step: StepRow): Promise<boolean> {
  const found = await findHandedOver(parts, { id: step.id, stage: stageOf(step), runId: step.run_id });
  if (found === undefined) return false;
  if (row.cancel_requested === 0) return true;
  await found.target.cancel(found.handle, graceOfStopMs);
  return false;
}
