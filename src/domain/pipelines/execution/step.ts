import type { ProcessResult } from "#compute";

import type { Failure, StepOut } from "../entities.ts";
import { deleteCheckpoint } from "../store/checkpoints.ts";
import { saveResult } from "../store/results.ts";
import { endStep, recordProcess, saveSteps } from "../store/steps.ts";
import type { PlannedStep, StepEnd } from "../store/steps.ts";
import { announce } from "./announce.ts";
import { keepCheckpoints, restoreCheckpoint } from "./checkpoints.ts";
import type { Reason } from "./decide-steps.ts";
import { failure, outputMissing, processFailed } from "./failures.ts";
import { variablesOf } from "./gpus.ts";
import { findHandedOver } from "./handed-over.ts";
import { listenToStep } from "./listening.ts";
import { runOnTarget } from "./on-target.ts";
import type { CommandsOutcome } from "./on-target.ts";
import { readMetrics } from "./metrics.ts";
import type { ExecutionParts, OpenExecution, OpenStep } from "./parts.ts";
import { lendPass } from "./pass.ts";
import { problems } from "../problems.ts";
import { resourcesHere, targetElsewhere } from "./place.ts";
import { nextAttempt, waitForRetry } from "./retry.ts";
import type { EndedAttempt } from "./retry.ts";
import type { Holding } from "./pool.ts";
import type { StepOutcome } from "./schedule.ts";

/**
 * Brings one step to its end, by as many attempts as its stage allows. Every state it leaves behind is
 * written in one transaction with its result, its run and its event, by whoever still holds the
 * execution; so a step counts once, however often servers die. It is durable before the next one begins. Throws only what is not the step's fault.
 */
export async function runStep(
  parts: ExecutionParts,
  execution: OpenExecution,
  place: number,
  why: Reason,
): Promise<StepOutcome> {
  for (;;) {
    const step = execution.steps.get(place);
    const holding = await takeRoom(parts, execution, step);
    if (holding === undefined) return "left";
    try {
      const outcome = await runAttempt(parts, execution, step, why, holding);
      if (outcome !== "again") return outcome;
    } finally {
      holding.giveBack();
    }
  }
}

/** Waits for the time of a retry, and for room. Undefined when the step is not begun after all. */
async function takeRoom(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
): Promise<Holding | undefined> {
  const { stage } = step;
  try {
    await waitForRetry(step, execution.stopping);
    return await parts.pool.take(
      {
        step: step.id,
        stage: stage.name,
        project: execution.project,
        execution: execution.id,
        resources: resourcesHere(stage),
        priority: stage.settings.priority,
      },
      execution.stopping,
    );
  } catch (error) {
    // Cancelled, left by this process, or another step has failed meanwhile: nothing new is begun.
    if (execution.stopping.aborted) return undefined;
    throw error;
  }
}

async function runAttempt(
  parts: ExecutionParts,
  execution: OpenExecution,
  before: OpenStep,
  why: Reason,
  { devices }: Holding,
): Promise<StepOutcome | "again"> {
  const { stage, position: place } = before;
  const { workspace } = execution;
  const startedAt = performance.now();
  const startedAtMs = parts.clock.nowMs();
  const secrets = await parts.secrets.valuesOf(execution.project, stage.settings.secrets);
  const unset = stage.settings.secrets.find((name) => !secrets.has(name));
  const kept = new Set(stage.outs.filter((out) => out.persist).map((out) => out.path));
  await workspace.prepare({
    place,
    stage,
    kept: (why.last?.outs ?? []).filter((out) => kept.has(out.path)),
  });
  await restoreCheckpoint(parts, execution, stage, why.cacheKey);

  const attempt = before.attempt + 1;
  const step: OpenStep = { ...before, attempt, state: "running" };
  const run = await beginAttempt(parts, execution, step, why, startedAtMs);
  execution.steps.change(place, { attempt, state: "running", runId: run.runId });

  const printed: string[] = [];
  const { params } = why.keyParts;
  const listening = await listenToStep(parts, execution, step, {
    runId: run.runId,
    token: run.token,
    params,
  });
  const told = {
    ...run,
    devices,
    variables: {
      ...listening.variables,
      ...variablesOf(parts.gpus, devices),
      ...Object.fromEntries(secrets),
    },
  };
  const preempted = execution.preemptions.begin(step.id);
  const stop = AbortSignal.any([execution.cancelled, preempted]);
  const control = { ...execution, stop, signal: AbortSignal.any([execution.signal, preempted]) };
  const checkpoint = keepCheckpoints(parts, execution, stage, why.cacheKey);
  const outcome = await (
    unset === undefined
      ? runCommands(parts, control, step, told, (line) => {
          printed.push(line.slice(0, longestKeptLine));
          if (printed.length > keptLines) printed.shift();
          listening.onLine(line);
        })
      : Promise.resolve<CommandsOutcome>(secretMissing(stage.name, unset))
  )
    .catch(async (error: unknown) => {
      await listening.end({ exitCode: null, failure: null, lastLines: printed, isCancelled: true });
      throw error;
    })
    .finally(() => {
      checkpoint.stop();
      execution.preemptions.end(step.id);
    });
  await run.isWritten;
  const isCancelled = execution.cancelled.aborted;
  const better = await listening.end({ ...outcome, lastLines: printed, isCancelled });
  const lastLines = better?.lastLines ?? printed;
  if (outcome.failure !== null) await checkpoint.save();
  // Left by this process and not cancelled: the next server finds the step running, and begins it anew.
  if (!execution.cancelled.aborted) execution.signal.throwIfAborted();

  const collected =
    outcome.failure === null
      ? await collect(execution, step)
      : { failure: better?.failure ?? outcome.failure };
  const fault = collected.failure ?? null;
  if (fault !== null && !isCancelled) {
    const cause: EndedAttempt["cause"] = preempted.aborted ? "ordered" : outcome.cause;
    const { exitCode } = outcome;
    const ended = { failure: fault, exitCode, cause, lastLines, runId: run.runId, startedAtMs } as const;
    if (await nextAttempt(parts, execution, step, ended)) return "again";
  }
  const state = isCancelled ? "cancelled" : fault === null ? "succeeded" : "failed";
  const end: StepEnd = {
    state,
    exitCode: outcome.exitCode,
    failure: state === "failed" ? fault : null,
    lastLines,
    outs: state === "succeeded" && "outs" in collected ? collected.outs : [],
    metrics: state === "succeeded" && "metrics" in collected ? collected.metrics : {},
    nowMs: parts.clock.nowMs(),
  };
  const result = {
    project: execution.project,
    cacheKey: why.cacheKey,
    stage: stage.name,
    keyParts: why.keyParts,
    outs: end.outs,
    metrics: end.metrics,
    runId: run.runId,
    execution: execution.id,
    step: step.id,
    createdAtMs: end.nowMs,
  };
  await execution.write(async () => {
    if (!(await endStep(parts.db, { id: step.id, attempt }, end)))
      throw new Error(`step ${step.id} is another's now`);
    if (state === "succeeded") {
      await saveResult(parts.db, result);
      if (stage.settings.checkpoint !== null)
        await deleteCheckpoint(parts.db, execution.project, why.cacheKey);
    }
    await parts.passes.end(step.id);
    await parts.runs.finish(run.runId, runStatus[state], execution.actor);
    const durationMs = Math.round(performance.now() - startedAt);
    await announce(parts, execution, step, { state, durationMs, reason: fault?.message ?? why.reason });
  }, "later");
  execution.steps.change(place, { state });
  if (state === "succeeded") {
    void parts.shared.publish(result);
    execution.steps.setMetrics(stage.name, end.metrics);
    await workspace.addOuts(place, end.outs);
  }
  return state;
}

/** The run of an attempt, and the moment from which it is written that the attempt has begun. */
interface BegunAttempt {
  readonly runId: string;
  readonly experimentId: string;
  /** With which its processes sign in; null where nobody must. */
  readonly token: string | null;
  /** Nothing of the step may begin before; rejects when it is another's by now. */
  readonly isWritten: Promise<void>;
}

/**
 * Writes that an attempt begins. What follows may be made ready meanwhile: a process that waits at its gate
 * costs nothing when it never passes it. One sync before the gate opens, that of the process's mark, brings
 * all of it to the disk, and the end of the step before with it.
 */
async function beginAttempt(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
  why: Reason,
  startedAtMs: number,
): Promise<BegunAttempt> {
  const { stage, attempt } = step;
  return await new Promise((resolve, reject) => {
    const written = execution.write(async () => {
      // Work elsewhere that is taken over reports into the run it was given, with the token it was given.
      const kept = (await findHandedOver(parts, step)) === undefined ? undefined : step.runId;
      const started =
        typeof kept === "string"
          ? { runId: kept, experimentId: "" }
          : await parts.runs.start({
              project: execution.project,
              name: stage.name,
              tags: { "gyre.execution": execution.id, "gyre.stage": stage.name },
              actor: execution.actor,
              startedAtMs,
            });
      const { keyParts, cacheKey, reason, readyAtMs } = why;
      const facts = { state: "running", attempt, keyParts, cacheKey, reason, readyAtMs } as const;
      await saveSteps(parts.db, [[step, { ...facts, runId: started.runId, startedAtMs }]]);
      await parts.ledger.append({
        kind: "step.started",
        subject: step.id,
        project: execution.project,
        actor: execution.actor,
        data: { execution: execution.id, stage: stage.name, attempt },
      });
      const token = typeof kept === "string" ? null : await lendPass(parts, execution, step);
      const isWritten = Promise.resolve().then(() => written);
      // It is awaited before the command begins; until then its failure is nobody's yet.
      isWritten.catch(() => {});
      resolve({ ...started, token, isWritten });
    }, "later");
    written.catch(reject);
  });
}

function secretMissing(stage: string, name: string): CommandsOutcome {
  const message = `The stage "${stage}" needs the secret ${name}, which the project does not have.`;
  return { exitCode: null, failure: failure(problems.secret_not_set, message) };
}

const keptLines = 50;
const longestKeptLine = 1_000;
const runStatus = { succeeded: "finished", failed: "failed", cancelled: "killed" } as const;

async function runCommands(
  parts: ExecutionParts,
  execution: OpenExecution & { readonly stop: AbortSignal },
  step: OpenStep,
  run: {
    readonly runId: string;
    readonly experimentId: string;
    readonly token: string | null;
    readonly variables: Readonly<Record<string, string>>;
    /** The GPUs it holds. */
    readonly devices: readonly string[];
    /** Nothing of the step may begin before. */
    readonly isWritten: Promise<void>;
  },
  onLine: (line: string) => void,
): Promise<CommandsOutcome> {
  const { stage } = step;
  const timeoutMs = stage.settings.timeoutMs ?? parts.stepTimeoutMs;
  const variables: Readonly<Record<string, string>> = {
    ...run.variables,
    // Lines appear in the log when they are printed.
    PYTHONUNBUFFERED: "1",
    MLFLOW_TRACKING_URI: parts.runs.trackingUri(),
    MLFLOW_RUN_ID: run.runId,
    MLFLOW_EXPERIMENT_ID: run.experimentId,
    ...(run.token === null ? {} : { MLFLOW_TRACKING_TOKEN: run.token }),
  };
  const secretVariables = [...stage.settings.secrets, ...namesOfTokens(variables, run.token)];
  const target = targetElsewhere(stage);
  if (target !== undefined)
    return await runOnTarget(parts, execution, step, {
      target,
      variables,
      runId: run.runId,
      secretVariables,
      timeoutMs,
      stop: execution.stop,
      onLine,
    });
  const deadline = performance.now() + timeoutMs;
  const log = { step: step.id, attempt: step.attempt };
  const about = { stage: stage.name, project: execution.project, execution: execution.id };
  let result: ProcessResult | undefined;
  for (const command of stage.commands) {
    const said = parts.logs.append(execution.id, log, `> ${command}\n`);
    // It is awaited before the command begins.
    said.catch(() => {});
    result = await parts.compute.runProcess({
      command,
      cwd: `${execution.workspace.folder}/${stage.wdir}`,
      ...(execution.environment === null ? {} : { environment: execution.environment }),
      variables: { ...variables, HOME: execution.workspace.home },
      hidden: secretVariables.flatMap((name) => variables[name] ?? []),
      timeoutMs: Math.max(1, deadline - performance.now()),
      logFile: parts.logs.pathOf(execution.id, log),
      maximumLogBytes: parts.maximumLogBytes,
      signal: execution.signal,
      onLine,
      onStart: async (mark) => {
        await said;
        await run.isWritten;
        await parts.heldGpus.hold(run.devices, { ...mark, ...about });
        if (!(await recordProcess(parts.db, step, mark))) throw new Error(`step ${step.id} is another's now`);
      },
    });
    if (result.ended !== "exited" || result.exitCode !== 0) {
      const failure = processFailed(stage, command, result, {
        timeoutMs,
        maximumLogBytes: parts.maximumLogBytes,
      });
      return { exitCode: result.exitCode, failure, ...causeOf(result) };
    }
  }
  return { exitCode: result?.exitCode ?? null, failure: null };
}

/** The variables that hold the step's token, whatever they are called. */
function namesOfTokens(variables: Readonly<Record<string, string>>, token: string | null): readonly string[] {
  if (token === null) return [];
  return Object.keys(variables).filter((name) => variables[name] === token);
}

/** A SIGTERM that was not ours comes from whoever takes the machine away. */
function causeOf(result: ProcessResult): Pick<CommandsOutcome, "cause"> {
  if (result.ended === "timeout") return { cause: "timeout" };
  return result.ended === "exited" && result.signal === "SIGTERM" ? { cause: "preempted" } : {};
}

type Collected =
  | { readonly failure: Failure }
  | {
      readonly failure?: undefined;
      readonly outs: readonly StepOut[];
      readonly metrics: Readonly<Record<string, number>>;
    };

async function collect(execution: OpenExecution, step: PlannedStep): Promise<Collected> {
  const outs = await execution.workspace.collectOuts(step.stage);
  if ("missing" in outs) return { failure: outputMissing(step.stage, outs.missing, outs.isLink) };
  const metrics: Record<string, number> = {};
  for (const out of outs) {
    if (out.kind !== "metrics" || out.isFolder) continue;
    const text = await execution.workspace.readText(out.path);
    if (text !== undefined) Object.assign(metrics, readMetrics(out.path, text));
  }
  return { outs, metrics };
}
