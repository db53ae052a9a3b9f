import { setTimeout as sleep } from "node:timers/promises";

import { Problem } from "#kernel/errors";

import { readEnvironmentFile } from "#compute";
import type { ComputeTarget, WorkHandle, WorkSpec, WorkStatus } from "#compute";

import type { Failure } from "../entities.ts";
import { problems } from "../problems.ts";
import { failure, failureOf, processFailed } from "./failures.ts";
import type { ExecutionParts, OpenExecution, OpenStep } from "./parts.ts";
import { keyOfWork } from "./handed-over.ts";
import { endOfPass } from "./pass.ts";
import { listInputs, takeBack } from "./travel.ts";
import { followWork } from "./work-log.ts";

/** How the commands of an attempt ended. */
export interface CommandsOutcome {
  readonly exitCode: number | null;
  readonly failure: Failure | null;
  /** What ended it other than its own exit; `preempted` and `lost` are no fault of the step. */
  readonly cause?: "timeout" | "preempted" | "lost";
}

export interface TargetRun {
  readonly target: string;
  /** Into which the work reports. */
  readonly runId: string;
  readonly variables: Readonly<Record<string, string>>;
  /** The names of those whose values no log shows. */
  readonly secretVariables: readonly string[];
  readonly timeoutMs: number;
  /** Aborts when the step is to stop, wherever it runs. The server's own leaving lets it run on. */
  readonly stop: AbortSignal;
  onLine(line: string): void;
}

const graceMs = 30_000;
// Long enough for a head node that starts anew.
const handOverAgainMs = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

/**
 * Runs the commands of a step at a compute target, on the files that the step would see here, and brings its
 * outs back into the folder of the execution. Work that an earlier server handed over for this step is taken
 * over and not begun again.
 */
export async function runOnTarget(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
  run: TargetRun,
): Promise<CommandsOutcome> {
  try {
    const target = parts.targets.find(run.target);
    const handle = await handOver(parts, execution, step, { target, run });
    const status = await follow(parts, execution, step, { target, handle, run });
    return await outcomeOf(parts, execution, step, { target, status, run });
  } catch (error) {
    execution.signal.throwIfAborted();
    if (!(error instanceof Problem)) throw error;
    return { exitCode: null, failure: failureOf(error) };
  }
}

interface Place {
  readonly target: ComputeTarget;
  readonly run: TargetRun;
}

async function handOver(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
  { target, run }: Place,
): Promise<WorkHandle> {
  const idempotencyKey = keyOfWork(step.id, run.runId);
  const adopted = await target.find(idempotencyKey);
  if (adopted !== undefined) return adopted;
  const spec = await specOf(parts, execution, step, { target, run });
  const order = {
    idempotencyKey,
    owner: step.id,
    project: execution.project,
    label: step.stage.name,
    graceMs,
  };
  for (const waitMs of handOverAgainMs) {
    try {
      return await target.submit(spec, order);
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "unavailable") throw error;
      run.onLine(`gyre: ${error.message} It is tried again in ${waitMs / 1_000} s.`);
      await sleep(waitMs, undefined, { signal: run.stop });
    }
  }
  return await target.submit(spec, order);
}

async function specOf(
  parts: ExecutionParts,
  execution: OpenExecution,
  { stage }: OpenStep,
  { target, run }: Place,
): Promise<WorkSpec> {
  const { workspace } = execution;
  const { settings } = stage;
  const { python } = await parts.projects.getProject(execution.project);
  const environment =
    python === null
      ? null
      : {
          ...(await readEnvironmentFile(python.requirements, workspace.readText)),
          pythonVersion: python.version,
        };
  if (environment?.condaText !== undefined) {
    throw new Problem(problems.environment_not_portable, {
      message: `The stage "${stage.name}" runs at "${target.name}", where an environment of conda cannot be made.`,
    });
  }
  const { checkpoint, resources } = settings;
  const restore = checkpoint === null ? undefined : await workspace.storeFolder(checkpoint);
  const url = target.serverUrl();
  return {
    commands: stage.commands,
    wdir: stage.wdir,
    variables: readdressed(run.variables, parts.runs.trackingUri(), url),
    secretVariables: run.secretVariables,
    inputs: await listInputs(parts.blobs, execution, stage),
    outs: stage.outs.map((out) => out.path),
    resources: { cpus: resources.cpu, memoryBytes: resources.memoryBytes, gpus: resources.gpu },
    environment,
    image: settings.image,
    timeoutMs: run.timeoutMs,
    maximumLogBytes: parts.maximumLogBytes,
    isPreemptible: checkpoint !== null,
    checkpoint: checkpoint === null ? null : { path: checkpoint, restore: restore ?? null },
  };
}

/** Whatever names this server names it as the target reaches it. */
function readdressed(
  variables: Readonly<Record<string, string>>,
  here: string,
  there: string | undefined,
): Readonly<Record<string, string>> {
  const entries = Object.entries(variables);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === here ? (there ?? value) : value]),
  );
}

/** Passes on what is printed and the checkpoints, until the work has ended, or this server leaves it. */
async function follow(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
  { target, handle, run }: Place & { readonly handle: WorkHandle },
): Promise<WorkStatus> {
  const log = followWork(parts, execution, step, { target, handle, onLine: run.onLine });
  const { checkpoint } = step.stage.settings;
  let status = await target.poll(handle);
  let kept = status.checkpoint;
  let isCancelled = false;
  let isLimited = false;
  for (;;) {
    if (status.startedAtMs !== null && !isLimited) {
      isLimited = true;
      await parts.passes.limit(step.id, endOfPass(parts, run.timeoutMs, status.startedAtMs));
    }
    await log.readOn();
    if (checkpoint !== null && status.checkpoint !== null && status.checkpoint !== kept) {
      kept = status.checkpoint;
      await execution.workspace.replaceFolder(checkpoint, kept);
    }
    if (status.endedAtMs !== null) break;
    if (run.stop.aborted && !isCancelled) {
      isCancelled = true;
      await target.cancel(handle, graceMs);
    }
    // The server leaves: the next one finds the work by its owner.
    if (!isCancelled) execution.signal.throwIfAborted();
    const signal = isCancelled ? undefined : execution.signal;
    status = await target.poll(handle, {
      waitMs: 1_000,
      known: status,
      ...(signal === undefined ? {} : { signal }),
    });
  }
  await log.finish();
  return status;
}

async function outcomeOf(
  parts: ExecutionParts,
  execution: OpenExecution,
  { stage }: OpenStep,
  { target, status, run }: Place & { readonly status: WorkStatus },
): Promise<CommandsOutcome> {
  const { exitCode, signal } = status;
  const where = `The stage "${stage.name}", which ran at the compute target "${target.name}",`;
  switch (status.state) {
    case "succeeded":
      await takeBack(parts.blobs, execution.workspace.folder, stage, status.outs);
      return { exitCode, failure: null };
    case "preempted":
      return {
        exitCode,
        failure: failure(problems.step_failed, `${where} was stopped: ${status.reason}`),
        cause: "preempted",
      };
    case "lost":
      return {
        exitCode,
        failure: failure(problems.target_lost_step, `${where} was lost: ${status.reason}`),
        cause: "lost",
      };
    case "failed":
      if (status.failure !== null)
        return {
          exitCode,
          failure: { ...status.failure, message: `${where} failed: ${status.failure.message}` },
        };
      return {
        exitCode,
        failure: processFailed(
          stage,
          stage.commands[status.command ?? 0] ?? "",
          { exitCode, signal, ended: status.endedEarly ?? "exited", startedAtMs: 0, endedAtMs: 0 },
          { timeoutMs: run.timeoutMs, maximumLogBytes: parts.maximumLogBytes },
        ),
        ...(status.endedEarly === "timeout" ? { cause: "timeout" } : {}),
      };
    case "cancelled":
    case "queued":
    case "running":
      return { exitCode, failure: failure(problems.step_failed, `${where} was stopped: ${status.reason}`) };
  }
}
