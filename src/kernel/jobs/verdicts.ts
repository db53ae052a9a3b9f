import type { StoredDefinition } from "./attempt.ts";
import { markFailed, queueAgain } from "./store.ts";
import type { ClaimedJob } from "./store.ts";
import type { WorkerParts } from "./worker.ts";

/** Queues a failed attempt again after a back-off, or ends the job when its attempts are used up. */
export async function recordFailure(
  parts: WorkerParts,
  definition: StoredDefinition,
  job: ClaimedJob,
  error: unknown,
  options: { readonly atOnce?: boolean } = {},
): Promise<void> {
  const text = describeError(error);
  const failures = job.failures + 1;
  if (failures < definition.maxAttempts) {
    const delayMs = options.atOnce === true ? 0 : backOffMs(parts, definition, failures);
    await queueAgain(parts.db, job.claim, text, delayMs);
    parts.log.warn("a job failed and will be tried again", { job: job.id, kind: job.kind, failures, error });
    return;
  }
  await endAsFailed(parts, definition, job, text);
  parts.log.error("a job failed for good", { job: job.id, kind: job.kind, failures, error });
}

/** Doubles with each failure; between half and all of it, so that what failed together comes back apart. */
function backOffMs(parts: WorkerParts, { longestDelayMs }: StoredDefinition, failures: number): number {
  const fullMs = Math.min(longestDelayMs, parts.retryDelayMs * 2 ** (failures - 1));
  return fullMs * (0.5 + parts.random() / 2);
}

async function endAsFailed(
  parts: WorkerParts,
  definition: StoredDefinition,
  job: ClaimedJob,
  error: string,
): Promise<void> {
  const nowMs = parts.clock.nowMs();
  try {
    await parts.db.transaction(async () => {
      if (!(await markFailed(parts.db, job.claim, error, nowMs))) return;
      await definition.gaveUp(
        { ...job, state: "failed", error, failures: job.failures + 1, finishedAtMs: nowMs },
        error,
      );
    });
  } catch (cause) {
    // A job must end even when telling so fails, or it would run for ever.
    parts.log.error("telling that a job failed has failed", { job: job.id, kind: job.kind, error: cause });
    await markFailed(parts.db, job.claim, error, nowMs);
  }
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string"
    ? `${error.code}: ${error.message}`
    : error.message;
}
