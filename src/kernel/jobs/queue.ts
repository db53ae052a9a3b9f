import { randomUUID } from "node:crypto";

import type { Clock } from "../clock.ts";
import type { Database } from "../db/index.ts";
import { Problem } from "../errors.ts";
import { createId } from "../ids.ts";
import { silentLog } from "../log.ts";
import type { Log } from "../log.ts";
import { processIdentity } from "../process-identity.ts";
import type { Job, JobDefinition, JobKind, JobQueue, Jobs } from "./index.ts";
import { problems } from "./problems.ts";
import { cancelJob, deleteFinished, insertJob, listJobs, readJob, reviveJob } from "./store.ts";
import { createWorker } from "./worker.ts";

export interface JobQueueOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly log?: Log;
  /** In [0, 1): spreads retries. */
  readonly random?: () => number;
  /** How long a worker that no longer answers keeps its jobs. 10 s by default. */
  readonly leaseMs?: number;
  /** The back-off after the first failure; doubles with each. 1 s by default. */
  readonly retryDelayMs?: number;
}

export function createJobQueue(options: JobQueueOptions): JobQueue {
  const { db, clock } = options;
  const worker = createWorker({
    db,
    clock,
    log: options.log ?? silentLog,
    random: options.random ?? Math.random,
    leaseMs: options.leaseMs ?? 10_000,
    retryDelayMs: options.retryDelayMs ?? 1_000,
    owner: `${processIdentity}/${randomUUID().slice(0, 8)}`,
  });

  return {
    define<Kind extends JobKind>(kind: Kind, definition: JobDefinition<Kind>) {
      const { gaveUp } = definition;
      worker.define(kind, {
        concurrency: definition.concurrency ?? 1,
        maxAttempts: definition.maxAttempts ?? 5,
        longestDelayMs: definition.longestDelayMs ?? 5 * 60_000,
        timeoutMs: definition.timeoutMs ?? 60 * 60_000,
        run: async ({ job, signal, finish, progressed }) =>
          await definition.run({
            id: job.id,
            kind,
            project: job.project,
            // The payload was typed when `enqueue` wrote it under this kind; the type is restored here alone.
            payload: job.payload as Jobs[Kind],
            attempt: job.attempt,
            signal,
            finish,
            progressed,
          }),
        gaveUp: async (job, error) => await gaveUp?.(job, error),
      });
    },
    async enqueue(job) {
      const nowMs = clock.nowMs();
      const id = await insertJob(db, {
        id: createId("job", clock),
        kind: job.kind,
        key: job.key ?? null,
        project: job.project ?? null,
        payload: JSON.stringify(job.payload),
        runAtMs: job.runAtMs ?? nowMs,
        nowMs,
      });
      db.afterCommit(worker.wake);
      return id;
    },
    async cancel(id) {
      const cancelled = await cancelJob(db, id, clock.nowMs());
      if (!cancelled) await requireJob(id);
      db.afterCommit(() => worker.abort(id));
    },
    async retry(id) {
      const revived = await reviveJob(db, id, clock.nowMs());
      if (!revived) await requireJob(id);
      db.afterCommit(worker.wake);
    },
    get: (id) => readJob(db, id),
    list: (filter) => listJobs(db, filter),
    prune: (finishedBeforeMs) => deleteFinished(db, finishedBeforeMs),
    start: worker.start,
    stop: worker.stop,
    settle: worker.settle,
    wake: worker.wake,
  };

  async function requireJob(id: string): Promise<Job> {
    const job = await readJob(db, id);
    if (job !== undefined) return job;
    throw new Problem(problems.job_not_found, { message: `There is no job ${id}.`, data: { id } });
  }
}
