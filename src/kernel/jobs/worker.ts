import type { Clock } from "../clock.ts";
import type { Database } from "../db/index.ts";
import { actAlone } from "../events/index.ts";
import type { Log } from "../log.ts";
import { hasCertainlyEnded } from "../process-identity.ts";
import { startAttempt } from "./attempt.ts";
import type { Attempt, StoredDefinition } from "./attempt.ts";
import type { JobQueue } from "./index.ts";
import { claimDueJobs, countOthersChanges, extendLeases, listOtherClaims, lookAhead } from "./store.ts";
import { recordFailure } from "./verdicts.ts";

export interface WorkerParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly leaseMs: number;
  readonly retryDelayMs: number;
  /** A process identity with a suffix: what leases name. */
  readonly owner: string;
}

export type Worker = Pick<JobQueue, "start" | "stop" | "settle" | "wake"> & {
  define(kind: string, definition: StoredDefinition): void;
  abort(id: string): void;
};

// The net under the wake-ups: other processes' new work, moved clocks, ended leases.
const pollMs = 1_000;

/**
 * The loop that looks for due work, claims it and keeps its leases alive.
 *
 * Looks are one at a time. One happens when something is enqueued here, when an attempt ends, when the
 * next queued job is due, and every second while other processes hold work or, on PostgreSQL, may add some.
 * An idle queue on SQLite only asks its file once a second whether another process has written to it, which
 * was measured as a thousandth of a core, and looks when one has.
 */
export function createWorker(parts: WorkerParts): Worker {
  const { db, clock, log, owner } = parts;
  const definitions = new Map<string, StoredDefinition>();
  const running = new Map<string, Attempt>();
  let started = false;
  let settling = 0;
  let wanted = false;
  let looking: Promise<void> | undefined;
  let lookTimer: NodeJS.Timeout | undefined;
  let heartbeatTimer: NodeJS.Timeout | undefined;

  const accepting = (): boolean => started || settling > 0;

  function wake(): void {
    if (!accepting()) return;
    wanted = true;
    looking ??= actAlone(lookWhileWanted).finally(() => {
      looking = undefined;
      if (wanted) wake();
    });
  }

  async function lookWhileWanted(): Promise<void> {
    while (wanted && accepting()) {
      wanted = false;
      try {
        await look();
      } catch (error) {
        log.warn("looking for background work failed; trying again", { error });
        planLook(pollMs);
      }
    }
    wanted = false;
  }

  async function look(): Promise<void> {
    const changesBefore = await countOthersChanges(db);
    const othersHoldWork = await takeOverFromTheDead();
    const kinds = [...definitions.keys()];
    const ahead = await lookAhead(db, kinds, clock.nowMs());
    for (const kind of ahead.dueKinds) await claim(kind);
    if (ahead.nextInMs !== undefined) planLook(Math.min(ahead.nextInMs, pollMs));
    else if (othersHoldWork || changesBefore === undefined) planLook(pollMs);
    else planWatch(changesBefore);
  }

  /** Looks as soon as another process has changed the file since `changesBefore`. */
  function planWatch(changesBefore: number): void {
    clearTimeout(lookTimer);
    if (!started) return;
    lookTimer = setTimeout(() => {
      void countOthersChanges(db).then(
        (changes) => {
          // A look that began meanwhile has planned what comes next.
          if (looking !== undefined) return;
          if (changes === changesBefore) planWatch(changesBefore);
          else wake();
        },
        () => planWatch(changesBefore),
      );
    }, pollMs);
  }

  function planLook(delayMs: number): void {
    clearTimeout(lookTimer);
    if (started) lookTimer = setTimeout(wake, delayMs);
  }

  async function claim(kind: string): Promise<void> {
    const definition = definitions.get(kind);
    if (definition === undefined) return;
    const limit =
      definition.concurrency - [...running.values()].filter((attempt) => attempt.kind === kind).length;
    if (limit <= 0) return;
    const jobs = await claimDueJobs(db, { kind, limit, owner, leaseMs: parts.leaseMs, nowMs: clock.nowMs() });
    for (const job of jobs) {
      const attempt = startAttempt(parts, definition, job);
      running.set(job.id, attempt);
      void attempt.ended.then(() => {
        if (running.get(job.id) === attempt) running.delete(job.id);
        wake();
      });
    }
    if (running.size > 0) heartbeatTimer ??= setInterval(() => void keepLeases(), parts.leaseMs / 4);
  }

  async function keepLeases(): Promise<void> {
    if (running.size === 0) {
      clearInterval(heartbeatTimer);
      heartbeatTimer = undefined;
      return;
    }
    const before = [...running.values()];
    try {
      const held = await extendLeases(db, owner, [...running.keys()], parts.leaseMs);
      const stillHeld = new Set(held.map(({ id, attempt }) => `${id} ${attempt}`));
      for (const attempt of before) {
        if (!stillHeld.has(`${attempt.claim.id} ${attempt.claim.attempt}`)) attempt.abort("lost");
      }
    } catch (error) {
      log.warn("prolonging the leases of background work failed; trying again", { error });
    }
  }

  /** Puts back to work what a dead process held. Returns whether others still hold work of our kinds. */
  async function takeOverFromTheDead(): Promise<boolean> {
    const others = await listOtherClaims(db, [...definitions.keys()], new Set(running.keys()));
    const dead = others.filter((job) => job.leaseEnded || hasCertainlyEnded(job.claim.owner));
    for (const job of dead) {
      const definition = definitions.get(job.kind);
      if (definition === undefined) continue;
      log.warn("a process ended while working on a job", {
        job: job.id,
        kind: job.kind,
        attempt: job.attempt,
      });
      await recordFailure(parts, definition, job, "The process ended while working on it.", {
        atOnce: job.failures === 0,
      });
    }
    return others.length > dead.length;
  }

  return {
    wake,
    abort: (id) => running.get(id)?.abort("cancelled"),
    define(kind, definition) {
      if (definitions.has(kind)) throw new Error(`the job kind ${kind} is defined twice`);
      definitions.set(kind, definition);
      wake();
    },
    async start() {
      started = true;
      wake();
      await looking;
    },
    async stop({ graceMs = 10_000 } = {}) {
      started = false;
      clearTimeout(lookTimer);
      await looking;
      if (!(await endWithin(running, graceMs)))
        for (const attempt of running.values()) attempt.abort("stopping");
      await Promise.all([...running.values()].map(({ ended }) => ended));
      clearInterval(heartbeatTimer);
      heartbeatTimer = undefined;
    },
    async settle() {
      settling++;
      try {
        do {
          await Promise.all([...running.values()].map(({ ended }) => ended));
          wake();
          while (looking !== undefined) await looking;
        } while (running.size > 0);
      } finally {
        settling--;
        if (running.size === 0) {
          clearInterval(heartbeatTimer);
          heartbeatTimer = undefined;
        }
      }
    },
  };
}

async function endWithin(running: ReadonlyMap<string, Attempt>, graceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), graceMs)));
  const all = Promise.all([...running.values()].map(({ ended }) => ended)).then(() => true);
  const result = await Promise.race([all, late]);
  clearTimeout(timer);
  return result;
}
