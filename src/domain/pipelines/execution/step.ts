import type { Digest } from "#kernel/digest";

import type { ProcessResult } from "#compute";

import type { Failure, KeyParts, StepOut } from "../entities.ts";
import { findLastResult, findResult, saveResult } from "../store/results.ts";
import type { StepResult } from "../store/results.ts";
import { endStep, endWaitingStep, markCached, recordProcess, startStep } from "../store/steps.ts";
import type { PlannedStep, StepEnd } from "../store/steps.ts";
import { cacheKeyOf, readKeyParts } from "./cache-key.ts";
import { decide } from "./decide.ts";
import { inputMissing, outputMissing, processFailed } from "./failures.ts";
import { listenToStep } from "./listening.ts";
import { readMetrics } from "./metrics.ts";
import type { ExecutionParts, OpenExecution } from "./parts.ts";

export type StepOutcome = "succeeded" | "cached" | "failed" | "cancelled";

/**
 * Brings one step to its end: takes over an earlier result, or runs it. Every state it leaves behind is
 * written in one transaction with its result, its run and its event, by whoever still holds the
 * execution; so a step counts once, however often servers die. Throws only what is not the step's fault.
 */
export async function runStep(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: PlannedStep,
): Promise<StepOutcome> {
  const { db, blobs } = parts;
  const { stage } = step;
  const keyParts = await readKeyParts(stage, execution.environment?.digest ?? null, execution.workspace);
  if ("missing" in keyParts)
    return await failBeforeStart(parts, execution, step, inputMissing(stage, keyParts.missing));

  const cacheKey = cacheKeyOf(keyParts);
  const last = await findLastResult(db, execution.project, stage.name);
  const decision = await decide({
    stage,
    parts: keyParts,
    cacheKey,
    same: await findResult(db, execution.project, cacheKey),
    last,
    isStored: async (outs) => (await Promise.all(outs.map((out) => blobs.has(out.digest)))).every(Boolean),
  });
  if (decision.verdict === "cached") {
    return await takeResult(parts, execution, step, {
      keyParts,
      cacheKey,
      result: decision.result,
      reason: decision.sentence,
    });
  }
  const giveBack = await parts.slots.take(execution.signal);
  try {
    return await runProcesses(parts, execution, step, {
      keyParts,
      cacheKey,
      reason: decision.sentence,
      last,
    });
  } finally {
    giveBack();
  }
}

async function takeResult(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: PlannedStep,
  cached: { keyParts: KeyParts; cacheKey: Digest; result: StepResult; reason: string },
): Promise<StepOutcome> {
  const { result, ...known } = cached;
  const kinds = new Map(step.stage.outs.map((out) => [out.path, out.kind]));
  const outs = result.outs.map((out) => ({ ...out, kind: kinds.get(out.path) ?? out.kind }));
  await execution.workspace.clearOuts(step.stage);
  await execution.workspace.materialiseOuts(outs);
  await execution.write(async () => {
    const { runId, metrics } = result;
    await markCached(parts.db, step.id, { ...known, runId, metrics, outs, nowMs: parts.clock.nowMs() });
    await announce(parts, execution, step, { state: "cached", durationMs: 0, reason: cached.reason });
  });
  return "cached";
}

interface Reason {
  readonly keyParts: KeyParts;
  readonly cacheKey: Digest;
  readonly reason: string;
  readonly last: StepResult | undefined;
}

async function runProcesses(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: PlannedStep,
  why: Reason,
): Promise<StepOutcome> {
  const { stage } = step;
  const { workspace } = execution;
  const startedAt = performance.now();
  await workspace.clearOuts(stage);
  const kept = new Set(stage.outs.filter((out) => out.persist).map((out) => out.path));
  await workspace.materialiseOuts((why.last?.outs ?? []).filter((out) => kept.has(out.path)));

  const attempt = step.attempt + 1;
  const run = await execution.write(async () => {
    const started = await parts.runs.start({
      project: execution.project,
      name: stage.name,
      tags: { "gyre.execution": execution.id, "gyre.stage": stage.name },
      actor: execution.actor,
      startedAtMs: parts.clock.nowMs(),
    });
    const { keyParts, cacheKey, reason } = why;
    await startStep(parts.db, step.id, {
      attempt,
      keyParts,
      cacheKey,
      reason,
      runId: started.runId,
      nowMs: parts.clock.nowMs(),
    });
    await parts.ledger.append({
      kind: "step.started",
      subject: step.id,
      project: execution.project,
      actor: execution.actor,
      data: { execution: execution.id, stage: stage.name, attempt },
    });
    return started;
  });

  const printed: string[] = [];
  const listening = await listenToStep(parts, execution, { ...step, attempt }, run);
  const told = { ...run, variables: listening.variables };
  const outcome = await runCommands(parts, execution, { ...step, attempt }, told, (line) => {
    printed.push(line.slice(0, longestKeptLine));
    if (printed.length > keptLines) printed.shift();
  }).catch(async (error: unknown) => {
    await listening.end({ exitCode: null, failure: null, lastLines: printed, isCancelled: true });
    throw error;
  });
  const isCancelled = execution.cancelled.aborted;
  const better = await listening.end({ ...outcome, lastLines: printed, isCancelled });
  const lastLines = better?.lastLines ?? printed;
  // Left by this process and not cancelled: the next server finds the step running, and begins it anew.
  if (!execution.cancelled.aborted) execution.signal.throwIfAborted();

  const collected =
    outcome.failure === null
      ? await collect(execution, step)
      : { failure: better?.failure ?? outcome.failure };
  const failure = collected.failure ?? null;
  const state = execution.cancelled.aborted ? "cancelled" : failure === null ? "succeeded" : "failed";
  const end: StepEnd = {
    state,
    exitCode: outcome.exitCode,
    failure: state === "failed" ? failure : null,
    lastLines,
    outs: state === "succeeded" && "outs" in collected ? collected.outs : [],
    metrics: state === "succeeded" && "metrics" in collected ? collected.metrics : {},
    nowMs: parts.clock.nowMs(),
  };
  await execution.write(async () => {
    if (!(await endStep(parts.db, { id: step.id, attempt }, end)))
      throw new Error(`step ${step.id} is another's now`);
    if (state === "succeeded") {
      await saveResult(parts.db, {
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
      });
    }
    await parts.runs.finish(run.runId, runStatus[state], execution.actor);
    const durationMs = Math.round(performance.now() - startedAt);
    await announce(parts, execution, step, { state, durationMs, reason: failure?.message ?? why.reason });
  });
  return state;
}

const keptLines = 50;
const longestKeptLine = 1_000;
const runStatus = { succeeded: "finished", failed: "failed", cancelled: "killed" } as const;

interface CommandsOutcome {
  readonly exitCode: number | null;
  readonly failure: Failure | null;
}

async function runCommands(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: PlannedStep,
  run: {
    readonly runId: string;
    readonly experimentId: string;
    readonly variables: Readonly<Record<string, string>>;
  },
  onLine: (line: string) => void,
): Promise<CommandsOutcome> {
  const { stage } = step;
  const timeoutMs = stage.timeoutMs ?? parts.stepTimeoutMs;
  const deadline = performance.now() + timeoutMs;
  const log = { step: step.id, attempt: step.attempt };
  let result: ProcessResult | undefined;
  for (const command of stage.commands) {
    await parts.logs.append(execution.id, log, `> ${command}\n`);
    result = await parts.compute.runProcess({
      command,
      cwd: `${execution.workspace.folder}/${stage.wdir}`,
      ...(execution.environment === null ? {} : { environment: execution.environment }),
      variables: {
        ...run.variables,
        HOME: execution.workspace.home,
        // Lines appear in the log when they are printed.
        PYTHONUNBUFFERED: "1",
        MLFLOW_TRACKING_URI: parts.runs.trackingUri(),
        MLFLOW_RUN_ID: run.runId,
        MLFLOW_EXPERIMENT_ID: run.experimentId,
      },
      timeoutMs: Math.max(1, deadline - performance.now()),
      logFile: parts.logs.pathOf(execution.id, log),
      maximumLogBytes: parts.maximumLogBytes,
      signal: execution.signal,
      onLine,
      onStart: async (mark) => {
        if (!(await recordProcess(parts.db, step, mark))) throw new Error(`step ${step.id} is another's now`);
      },
    });
    if (result.ended !== "exited" || result.exitCode !== 0) {
      const failure = processFailed(stage, command, result, {
        timeoutMs,
        maximumLogBytes: parts.maximumLogBytes,
      });
      return { exitCode: result.exitCode, failure };
    }
  }
  return { exitCode: result?.exitCode ?? null, failure: null };
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

async function failBeforeStart(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: PlannedStep,
  failure: Failure,
): Promise<StepOutcome> {
  await execution.write(async () => {
    const end = { state: "failed", reason: failure.message, failure, nowMs: parts.clock.nowMs() } as const;
    await endWaitingStep(parts.db, step.id, end);
    await announce(parts, execution, step, { state: "failed", durationMs: 0, reason: failure.message });
  });
  return "failed";
}

async function announce(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: PlannedStep,
  data: { readonly state: StepOutcome; readonly durationMs: number; readonly reason: string },
): Promise<void> {
  await parts.ledger.append({
    kind: "step.finished",
    subject: step.id,
    project: execution.project,
    actor: execution.actor,
    data: { execution: execution.id, stage: step.stage.name, ...data },
  });
}
