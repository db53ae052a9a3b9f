import { rm } from "node:fs/promises";
import { join } from "node:path";

import { readTree } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import type { RunningJob } from "#kernel/jobs";

import type { Environment } from "#compute";

import type { Failure, Purpose } from "../entities.ts";
import { filesOfTree } from "../planning/plan.ts";
import { readOverrides } from "../planning/overrides.ts";
import type { PipelineProject } from "../ports.ts";
import {
  claimExecution,
  endExecution,
  holdsClaim,
  isCancelRequested,
  setEnvironment,
} from "../store/executions.ts";
import type { ExecutionRow } from "../store/schema.ts";
import { endWaitingStep, listPlannedSteps, listSteps, releaseStep } from "../store/steps.ts";
import type { PlannedStep } from "../store/steps.ts";
import { failureOf } from "./failures.ts";
import type { ExecutionParts, OpenExecution } from "./parts.ts";
import { dependantsOf, runInOrder } from "./schedule.ts";
import { runStep } from "./step.ts";
import { openWorkspace, removeOldWorkspaces } from "./workspace.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "pipelines.execute": { readonly execution: string };
  }
}

export interface Executor {
  /** The work of the job: brings the execution to its end, from wherever an earlier server left it. */
  run(job: RunningJob<"pipelines.execute">): Promise<void>;
  /** Stops the execution when this process works on it. */
  cancel(execution: string): void;
}

// Whoever cancels may do so at another server.
const cancelPollMs = 2_000;
const keptFailedWorkspaces = 5;

export function createExecutor(parts: ExecutionParts): Executor {
  const cancellations = new Map<string, AbortController>();
  return {
    async run(job) {
      const { execution: id } = job.payload;
      const row = await claim(parts, id);
      if (row === undefined) return;
      const cancellation = new AbortController();
      cancellations.set(id, cancellation);
      const poll = setInterval(() => {
        void isCancelRequested(parts.db, id).then(
          (requested) => requested && cancellation.abort(new Error("cancelled")),
          () => {},
        );
      }, cancelPollMs);
      poll.unref();
      try {
        if (row.cancel_requested === 1) cancellation.abort(new Error("cancelled"));
        await execute(parts, row, job, cancellation.signal);
      } finally {
        clearInterval(poll);
        cancellations.delete(id);
        await removeOldWorkspaces(
          parts.executionsFolder,
          keptFailedWorkspaces,
          new Set(cancellations.keys()),
        );
      }
    },
    cancel: (execution) => cancellations.get(execution)?.abort(new Error("cancelled")),
  };
}

/** Takes the execution over from whoever had it: from here on, only this process may write to it. */
async function claim(parts: ExecutionParts, id: string): Promise<ExecutionRow | undefined> {
  return await parts.db.transaction(async () => {
    const row = await claimExecution(parts.db, id, parts.clock.nowMs());
    if (row?.claim === 1) {
      const steps = await listPlannedSteps(parts.db, id);
      await parts.ledger.append({
        kind: "execution.started",
        subject: id,
        project: row.project,
        actor: row.actor,
        data: { purpose: purposeOf(row), stages: steps.map((step) => step.stage.name) },
      });
    }
    return row;
  });
}

async function execute(
  parts: ExecutionParts,
  row: ExecutionRow,
  job: RunningJob<"pipelines.execute">,
  cancelled: AbortSignal,
): Promise<void> {
  const write: OpenExecution["write"] = async (work) =>
    await parts.db.transaction(async () => {
      if (!(await holdsClaim(parts.db, row.id, row.claim)))
        throw new Error(`execution ${row.id} was taken over`);
      return await work();
    });
  const end = async (ending: Ending): Promise<void> =>
    await write(() => endInTransaction(parts, row, ending, job.finish));

  await endOrphans(parts, row, write);
  const signal = AbortSignal.any([job.signal, cancelled]);
  let execution: OpenExecution;
  try {
    if (cancelled.aborted) return await end({ state: "cancelled" });
    execution = await open(parts, row, { cancelled, signal, write });
  } catch (error) {
    if (cancelled.aborted) return await end({ state: "cancelled" });
    job.signal.throwIfAborted();
    // What is wrong with the project or its requirements will not mend itself by another try.
    if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
    return await end({ state: "failed", failure: failureOf(error) });
  }

  const steps = await listPlannedSteps(parts.db, row.id);
  const { failed } = await runInOrder({
    steps,
    // Steps beyond the slots look for earlier results meanwhile.
    width: parts.slotCount + 2,
    signal,
    run: async (step) => await runStep(parts, execution, step),
  }).catch((error: unknown) => {
    if (!cancelled.aborted) throw error;
    return { failed: undefined };
  });
  if (!cancelled.aborted) job.signal.throwIfAborted();
  if (cancelled.aborted) return await end({ state: "cancelled" });
  if (failed !== undefined) return await end({ state: "failed", failed });
  await end({ state: "succeeded" });
  await rm(join(parts.executionsFolder, row.id), { recursive: true, force: true, maxRetries: 3 });
}

/** Steps that a dead server left running: their processes are ended, their runs closed, and they wait again. */
async function endOrphans(
  parts: ExecutionParts,
  row: ExecutionRow,
  write: OpenExecution["write"],
): Promise<void> {
  for (const step of await listPlannedSteps(parts.db, row.id)) {
    if (step.state !== "running") continue;
    if (step.process !== null) await parts.compute.endOrphan(step.process);
    await write(async () => {
      await releaseStep(parts.db, step.id);
      if (step.runId !== null) await parts.runs.finish(step.runId, "killed", "system");
    });
  }
}

async function open(
  parts: ExecutionParts,
  row: ExecutionRow,
  control: Pick<OpenExecution, "cancelled" | "signal" | "write">,
): Promise<OpenExecution> {
  const project = await parts.projects.getProject(row.project);
  const code = await readTree(parts.blobs, row.code_digest);
  const parameters: Record<string, unknown> = JSON.parse(row.parameters);
  const files = filesOfTree(parts.blobs, { project, code, parameters });
  const texts = new Map<string, string>();
  for (const file of readOverrides(parameters, project.pipeline.file).keys()) {
    texts.set(file, (await files.readText(file)) ?? "");
  }
  const finished = (await listPlannedSteps(parts.db, row.id)).flatMap((step) => step.outs);
  const workspace = await openWorkspace(parts.blobs, join(parts.executionsFolder, row.id), {
    code,
    texts,
    datasets: await parts.datasets.resolve(row.project, JSON.parse(row.dataset_versions)),
    finished,
  });
  const environment = await prepareEnvironment(parts, row, project, workspace.readText, control.signal);
  if (environment !== null) await control.write(() => setEnvironment(parts.db, row.id, environment.digest));
  return { id: row.id, project: row.project, actor: row.actor, workspace, environment, ...control };
}

async function prepareEnvironment(
  parts: ExecutionParts,
  row: ExecutionRow,
  { python }: PipelineProject,
  readText: (path: string) => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<Environment | null> {
  if (python === null) return null;
  let written = Promise.resolve();
  const environment = await parts.compute.ensureEnvironment({
    requirementsText: (await readText(python.requirements)) ?? "",
    pythonVersion: python.version,
    signal,
    onOutput: (line) => {
      written = written.then(() => parts.logs.append(row.id, "environment", `${line}\n`)).catch(() => {});
    },
  });
  await written;
  return environment;
}

interface Ending {
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly failed?: PlannedStep;
  readonly failure?: Failure;
}

async function endInTransaction(
  parts: ExecutionParts,
  row: ExecutionRow,
  ending: Ending,
  finishJob: () => Promise<void>,
): Promise<void> {
  const { db, clock } = parts;
  const steps = await listPlannedSteps(db, row.id);
  const failedStage = ending.failed?.stage.name;
  const affected = ending.failed === undefined ? new Set<string>() : dependantsOf(ending.failed, steps);
  for (const step of steps) {
    if (step.state !== "waiting" && step.state !== "running") continue;
    const cancelled = ending.state === "cancelled";
    await endWaitingStep(db, step.id, {
      state: cancelled ? "cancelled" : "skipped",
      reason: cancelled ? "The execution was cancelled." : reasonToSkip(step, failedStage, affected),
      failure: null,
      nowMs: clock.nowMs(),
    });
  }
  const failure =
    ending.failure ??
    (ending.failed === undefined ? null : await failureOfStep(parts, row.id, ending.failed.id));
  await endExecution(db, row.id, { state: ending.state, failure, nowMs: clock.nowMs() });
  await parts.ledger.append({
    kind: "execution.finished",
    subject: row.id,
    project: row.project,
    actor: row.actor,
    data: {
      state: ending.state,
      purpose: purposeOf(row),
      complete: row.complete === 1,
      ...(failedStage === undefined ? {} : { failedStage }),
    },
  });
  await finishJob();
}

function reasonToSkip(
  step: PlannedStep,
  failedStage: string | undefined,
  affected: ReadonlySet<string>,
): string {
  if (failedStage === undefined) return "The execution failed before it began.";
  return affected.has(step.stage.name)
    ? `It depends on "${failedStage}", which failed.`
    : `It was not begun, because "${failedStage}" had failed.`;
}

async function failureOfStep(parts: ExecutionParts, execution: string, id: string): Promise<Failure | null> {
  const step = (await listSteps(parts.db, [execution]))
    .get(execution)
    ?.find((candidate) => candidate.id === id);
  return step?.failure ?? null;
}

function purposeOf(row: ExecutionRow): Purpose {
  return JSON.parse(row.purpose);
}
