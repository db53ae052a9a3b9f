export { createJobQueue } from "./queue.ts";
export { migrations } from "./store.ts";

/**
 * Every kind of background work with its payload, which must survive JSON. A module adds its own:
 * `declare module "#kernel/jobs" { interface Jobs { "dataset.profile": { datasetVersion: string } } }`.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging
export interface Jobs {}

export type JobKind = keyof Jobs & string;

/**
 * queued → running → succeeded | failed | cancelled. A failed attempt goes back to queued until the
 * kind's `maxAttempts`; queued and running jobs can be cancelled; a failed job can be retried.
 */
export const jobStates = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

/** A job as lists and pages show it. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly key: string | null;
  readonly project: string | null;
  readonly payload: unknown;
  readonly state: JobState;
  /** How often it was started. */
  readonly attempt: number;
  /** How often it failed, or its process ended under it, since it was queued or retried. */
  readonly failures: number;
  /** The last error, also of a job that later succeeded. */
  readonly error: string | null;
  readonly runAtMs: number;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
}

/** What the work is given. */
export interface RunningJob<Kind extends JobKind> {
  readonly id: string;
  readonly kind: Kind;
  readonly project: string | null;
  readonly payload: Jobs[Kind];
  /** Counts from 1. Work can be done more than once: make effects idempotent, or commit them with `finish`. */
  readonly attempt: number;
  /** Aborts when the job is cancelled, times out, was taken over, or the queue stops. Heed it. */
  readonly signal: AbortSignal;
  /**
   * Marks the job succeeded in the caller's transaction, so that its effects in the database happen
   * exactly once. Throws `job_lease_lost` when the job is no longer this worker's.
   */
  finish(): Promise<void>;
  /**
   * Says that the job is getting on, so that its earlier failures no longer count: work of days may
   * outlive many servers. In the caller's transaction.
   */
  progressed(): Promise<void>;
}

export interface JobDefinition<Kind extends JobKind> {
  /** How many of the kind run at once in this process. 1 by default. */
  readonly concurrency?: number;
  /** Tries before the job ends as failed. 5 by default. */
  readonly maxAttempts?: number;
  /** The longest back-off between tries. Five minutes by default. */
  readonly longestDelayMs?: number;
  /** Per attempt. One hour by default. */
  readonly timeoutMs?: number;
  run(job: RunningJob<Kind>): Promise<void>;
  /** Called in the transaction that marks the job failed for good, so that what waits for it can be told. */
  gaveUp?(job: Job, error: string): Promise<void>;
}

export interface NewJob<Kind extends JobKind> {
  readonly kind: Kind;
  readonly payload: Jobs[Kind];
  /** At most one unfinished job per kind and key exists: a second enqueue returns the first's id. */
  readonly key?: string;
  /** Not before this, by the injected clock. Now by default. */
  readonly runAtMs?: number;
  readonly project?: string;
}

export interface JobFilter {
  readonly state?: JobState;
  readonly kind?: string;
  readonly project?: string;
  /** 100 by default. */
  readonly limit?: number;
}

/** Durable background work. Survives `kill -9` of any process: see README.md for how. */
export interface JobQueue {
  /** Once per kind and process. A process runs only kinds it has defined. */
  define<Kind extends JobKind>(kind: Kind, definition: JobDefinition<Kind>): void;
  /** Joins the caller's transaction, and starts the work as soon as it has committed. Returns the job's id. */
  enqueue<Kind extends JobKind>(job: NewJob<Kind>): Promise<string>;
  /** A finished job stays as it is. Throws `job_not_found`. */
  cancel(id: string): Promise<void>;
  /** Queues a failed or cancelled job again, with all its attempts. Throws `job_not_found`. */
  retry(id: string): Promise<void>;
  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(filter: JobFilter): Promise<Job[]>;
  /** Removes the records of jobs that finished before then; returns how many. Failed ones stay. */
  prune(finishedBeforeMs: number): Promise<number>;
  start(): Promise<void>;
  /** Takes no new work, waits up to `graceMs`, then aborts what runs and gives it back to the queue. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /**
   * Runs what is due and resolves when nothing is runnable now. Works on a queue that was not started,
   * so a test decides when background work happens. Throws nothing for failed jobs: look at their state.
   */
  settle(): Promise<void>;
  /** Looks for due work now: for whoever moves a manual clock. */
  wake(): void;
}
