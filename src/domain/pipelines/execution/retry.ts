import { setTimeout as sleep } from "node:timers/promises";

import type { RetryPolicy } from "../definition/settings.ts";
import type { Failure } from "../entities.ts";
import { insertAttempt } from "../store/attempts.ts";
import { requeueStep } from "../store/steps.ts";
import { durationText } from "./failures.ts";
import type { ExecutionParts, OpenExecution, OpenStep } from "./parts.ts";

/** How an attempt ended that did not end well. */
export interface EndedAttempt {
  readonly failure: Failure;
  readonly exitCode: number | null;
  /** `ordered`: somebody asked for its place. */
  readonly cause: "timeout" | "preempted" | "lost" | "ordered" | undefined;
  readonly lastLines: readonly string[];
  readonly runId: string;
  readonly startedAtMs: number;
}

// A step that sends itself SIGTERM would otherwise go on for ever.
const mostPreemptions = 100;
const longestBackoffMs = 3_600_000;

/**
 * Whether the step is tried again; if so, it waits again from here on, durably. What took its machine
 * away does not count as a failure, and the next attempt finds its checkpoint.
 */
export async function nextAttempt(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
  ended: EndedAttempt,
): Promise<boolean> {
  const again = decideAgain(step, ended);
  if (again === undefined) return false;
  const retryAtMs = again.delayMs === 0 ? null : Date.now() + again.delayMs;
  const { retries, preemptions, reason } = again;
  await execution.write(async () => {
    const { exitCode, lastLines } = ended;
    const requeue = { reason, retries, preemptions, retryAtMs, exitCode, lastLines };
    if (!(await requeueStep(parts.db, step, requeue))) throw new Error(`step ${step.id} is another's now`);
    await insertAttempt(parts.db, {
      step: step.id,
      execution: execution.id,
      attempt: step.attempt,
      outcome: again.outcome,
      exitCode,
      reason,
      runId: ended.runId,
      startedAtMs: ended.startedAtMs,
      endedAtMs: parts.clock.nowMs(),
    });
    await parts.passes.end(step.id);
    await parts.runs.finish(ended.runId, again.outcome === "failed" ? "failed" : "killed", execution.actor);
    await parts.ledger.append({
      kind: "step.requeued",
      subject: step.id,
      project: execution.project,
      actor: execution.actor,
      data: {
        execution: execution.id,
        stage: step.stage.name,
        attempt: step.attempt,
        outcome: again.outcome,
        reason,
        delayMs: again.delayMs,
      },
    });
  });
  execution.steps.change(step.position, {
    state: "waiting",
    attempt: step.attempt,
    retries,
    preemptions,
    retryAtMs,
    runId: null,
  });
  return true;
}

/**
 * Waits until the step may be tried again. The time was written by the clock of the machine, which may
 * have jumped since: nobody waits longer than the back-off itself.
 */
export async function waitForRetry(step: OpenStep, signal: AbortSignal): Promise<void> {
  if (step.retryAtMs === null || step.state !== "waiting") return;
  const policy = step.stage.settings.retry;
  const mostMs = policy === null ? 0 : backoffMs(policy, step.retries);
  const delayMs = Math.min(mostMs, Math.max(0, step.retryAtMs - Date.now()));
  if (delayMs > 0) await sleep(delayMs, undefined, { signal });
}

interface Again {
  readonly outcome: "failed" | "preempted" | "lost";
  readonly retries: number;
  readonly preemptions: number;
  readonly delayMs: number;
  readonly reason: string;
}

function decideAgain(step: OpenStep, ended: EndedAttempt): Again | undefined {
  const { retry, checkpoint } = step.stage.settings;
  const goesOn = checkpoint === null ? "it begins anew" : "it goes on from its checkpoint";
  if (ended.cause === "ordered" || ended.cause === "preempted") {
    const isExpected =
      ended.cause === "ordered" || checkpoint !== null || retry?.on?.includes("preempted") === true;
    if (isExpected && step.preemptions < mostPreemptions) {
      const who = ended.cause === "ordered" ? "Its place was asked for" : "Its machine was taken away";
      return {
        outcome: "preempted",
        retries: step.retries,
        preemptions: step.preemptions + 1,
        delayMs: 0,
        reason: `${who} during attempt ${step.attempt}; ${goesOn}.`,
      };
    }
  }
  if (retry === null || step.retries >= retry.times || !isRetried(retry, ended)) return undefined;
  const retries = step.retries + 1;
  const delayMs = backoffMs(retry, retries);
  return {
    outcome: ended.cause === "lost" ? "lost" : "failed",
    retries,
    preemptions: step.preemptions,
    delayMs,
    reason: `Attempt ${step.attempt} failed (${causeText(ended)}); retry ${retries} of ${retry.times} after ${durationText(delayMs)}.`,
  };
}

function isRetried({ on }: RetryPolicy, { cause, exitCode, failure }: EndedAttempt): boolean {
  // What would be the same the next time: an out that is not made, a log that is too long, a missing secret.
  const isTransient = cause !== undefined || failure.code === "step_failed";
  if (on === null) return isTransient;
  return on.some((wanted) => (typeof wanted === "number" ? wanted === exitCode : wanted === cause));
}

function causeText({ cause, exitCode }: EndedAttempt): string {
  if (cause === "timeout") return "it took too long";
  if (cause === "preempted") return "its machine was taken away";
  if (cause === "lost") return "it was lost";
  return exitCode === null ? "it was ended by a signal" : `exit code ${exitCode}`;
}

/** Doubles with each retry. */
function backoffMs(policy: RetryPolicy, retries: number): number {
  return Math.min(longestBackoffMs, policy.backoffMs * 2 ** Math.max(0, retries - 1));
}
