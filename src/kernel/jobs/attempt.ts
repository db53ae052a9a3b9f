import { Problem } from "../errors.ts";
import type { Job } from "./index.ts";
import { problems } from "./problems.ts";
import { forgetFailures, markSucceeded, releaseClaim } from "./store.ts";
import type { Claim, ClaimedJob } from "./store.ts";
import { recordFailure } from "./verdicts.ts";
import type { WorkerParts } from "./worker.ts";

/** A definition whose payload type is hidden in the closure of `define`. */
export interface StoredDefinition {
  readonly concurrency: number;
  readonly maxAttempts: number;
  readonly longestDelayMs: number;
  readonly timeoutMs: number;
  run(work: {
    job: Job;
    signal: AbortSignal;
    finish: () => Promise<void>;
    progressed: () => Promise<void>;
  }): Promise<void>;
  gaveUp(job: Job, error: string): Promise<void>;
}

/** Why the work is told to end before its time. */
export type AbortCause = "cancelled" | "lost" | "stopping" | "timed out";

/** One try of a job in this process. */
export interface Attempt {
  readonly kind: string;
  readonly claim: Claim;
  /** Resolves, never rejects, when the outcome is recorded. */
  readonly ended: Promise<void>;
  abort(cause: AbortCause): void;
}

// What the work gets after its signal to stop its own processes; afterwards it is left to itself.
const abortGraceMs = 5_000;

export function startAttempt(parts: WorkerParts, definition: StoredDefinition, job: ClaimedJob): Attempt {
  const controller = new AbortController();
  let cause: AbortCause | undefined;
  let finished = false;
  const abort = (because: AbortCause): void => {
    if (finished) return;
    cause ??= because;
    controller.abort(new Error(`the job was ${because}`));
  };
  const timer = setTimeout(() => abort("timed out"), definition.timeoutMs);

  async function finish(): Promise<void> {
    if (!(await markSucceeded(parts.db, job.claim, parts.clock.nowMs()))) throw leaseLost(job);
    parts.db.afterCommit(() => (finished = true));
  }

  const progressed = async (): Promise<void> => await forgetFailures(parts.db, job.claim);

  async function runToTheEnd(): Promise<void> {
    try {
      await endOrLeave(
        definition.run({ job, signal: controller.signal, finish, progressed }),
        controller.signal,
      );
      if (!finished) await markSucceeded(parts.db, job.claim, parts.clock.nowMs());
    } catch (error) {
      if (finished)
        parts.log.warn("a job failed after it had finished", { job: job.id, kind: job.kind, error });
      else if (cause === "stopping") await releaseClaim(parts.db, job.claim);
      else if (cause === "timed out") await recordFailure(parts, definition, job, timedOut(definition, job));
      else if (cause === undefined) await recordFailure(parts, definition, job, error);
      // Cancelled or lost: the job's row belongs to someone else now.
    }
  }

  const ended = runToTheEnd()
    .catch((error: unknown) => {
      // The lease ends by itself, and the job is taken over then.
      parts.log.error("the outcome of a job could not be recorded", { job: job.id, kind: job.kind, error });
    })
    .finally(() => clearTimeout(timer));
  return { kind: job.kind, claim: job.claim, ended, abort };
}

async function endOrLeave(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const left = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => {
      timer = setTimeout(() => reject(signal.reason), abortGraceMs);
    });
  });
  try {
    await Promise.race([work, left]);
  } finally {
    clearTimeout(timer);
  }
}

function leaseLost(job: Job): Problem {
  return new Problem(problems.job_lease_lost, {
    message: `Job ${job.id} (${job.kind}) was cancelled or taken over while attempt ${job.attempt} worked on it.`,
    data: { job: job.id },
  });
}

function timedOut(definition: StoredDefinition, job: Job): Problem {
  return new Problem(problems.job_timed_out, {
    message: `Job ${job.id} (${job.kind}) took longer than ${definition.timeoutMs} ms.`,
    data: { job: job.id },
  });
}
