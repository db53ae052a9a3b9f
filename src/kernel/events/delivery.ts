import type { Database } from "../db/index.ts";
import { Problem } from "../errors.ts";
import type { Log } from "../log.ts";
import type { AnyLedgerEvent, EventKind, FailedDelivery, Ledger, LedgerEventOf } from "./index.ts";
import { problems } from "./problems.ts";
import {
  deleteFailure,
  kindsAfter,
  lastSeq,
  listEvents,
  listFailures,
  moveCursor,
  readCursor,
  readEvent,
  reviveFailures,
  saveFailure,
} from "./store.ts";
import { actAlone } from "./through.ts";

type Delivery = Pick<Ledger, "on" | "watch" | "failures" | "start" | "stop" | "settle"> & {
  announce(event: AnyLedgerEvent): void;
  /**
   * Puts the failure and those of its subject back to work; they run when the transaction has committed.
   * Throws `delivery_not_failed`.
   */
  revive(handler: string, seq: number): Promise<void>;
};

interface Handler {
  readonly name: string;
  readonly kinds: readonly EventKind[];
  handle(event: AnyLedgerEvent): Promise<void>;
}

const readAtOnce = 200;
const maximumAttempts = 6;
const firstDelayMs = 200;
/** How long delivery rests when it could not read or write its own state: the database was away. */
const restAfterFailureMs = 1_000;

/**
 * Brings each event to each handler at least once, after commit.
 *
 * A handler has a cursor: everything up to it was delivered or stands in `event_failures`. An event
 * that fails is tried again after 0.2, 0.4, 0.8, 1.6, 3.2 seconds, then given up until a person asks
 * for a retry. While an event of a subject has failed, later events of that subject queue behind it,
 * so a subject's history is never seen out of order; other subjects go on. The cursor moves after the
 * handler has returned, so a crash in between brings the event once more.
 *
 * Waiting is in real time, not by the injected clock: a simulated day must not stall a retry.
 */
export function createDelivery(db: Database, log: Log): Delivery {
  const handlers: Handler[] = [];
  const watchers = new Set<(event: AnyLedgerEvent) => void>();
  let running = false;
  let wanted = false;
  let round: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  /** No handler has anything to be told up to this event; undefined when that is not known. */
  let toldUpTo: number | undefined;

  /** Starts a round, or asks the one under way for another pass. */
  function wake(): void {
    if (!running) return;
    wanted = true;
    round ??= actAlone(runRounds).finally(() => {
      round = undefined;
      if (wanted) wake();
    });
  }

  async function runRounds(): Promise<void> {
    failure = undefined;
    clearTimeout(retryTimer);
    try {
      while (wanted && running) {
        wanted = false;
        await Promise.all((await handlersWithNews()).map((handler) => deliverNew(handler)));
        wakeAt(await retryDue());
      }
    } catch (error) {
      failure = { error };
      toldUpTo = undefined;
      wanted = false;
      log.error("events could not be delivered; delivery goes on in a second", { error });
      wakeAt(Date.now() + restAfterFailureMs);
    }
  }

  /**
   * Most events concern few of the many handlers, so one look tells whom to ask further. Events are committed in
   * the order of their numbers: what comes later has a greater one.
   */
  async function handlersWithNews(): Promise<readonly Handler[]> {
    if (toldUpTo === undefined) {
      toldUpTo = await lastSeq(db);
      return handlers;
    }
    const news = await kindsAfter(db, toldUpTo);
    toldUpTo = news.seq;
    return handlers.filter((handler) => handler.kinds.some((kind) => news.kinds.has(kind)));
  }

  function wakeAt(atMs: number): void {
    clearTimeout(retryTimer);
    if (running && Number.isFinite(atMs)) retryTimer = setTimeout(wake, Math.max(0, atMs - Date.now()));
  }

  async function deliverNew(handler: Handler): Promise<void> {
    for (let after = await readCursor(db, handler.name); running;) {
      const events = await listEvents(db, { after, kinds: handler.kinds, limit: readAtOnce });
      if (events.length === 0) return;
      const failures = await listFailures(db, handler.name);
      const blocked = new Set(failures.map((one) => one.subject));
      for (const event of events) {
        if (!running) return;
        if (blocked.has(event.subject)) await queueBehind(handler, event);
        else if (!(await attempt(handler, event, 0))) blocked.add(event.subject);
        await moveCursor(db, handler.name, event.seq);
        after = event.seq;
      }
    }
  }

  async function attempt(handler: Handler, event: AnyLedgerEvent, earlierAttempts: number): Promise<boolean> {
    try {
      await handler.handle(event);
      return true;
    } catch (error) {
      const attempts = earlierAttempts + 1;
      await saveFailure(db, {
        handler: handler.name,
        seq: event.seq,
        subject: event.subject,
        attempts,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        nextAttemptAtMs: Date.now() + delayAfter(earlierAttempts),
        givenUp: attempts >= maximumAttempts,
      });
      if (attempts >= maximumAttempts) {
        log.error("a delivery was given up", { handler: handler.name, seq: event.seq, error });
      }
      return false;
    }
  }

  async function queueBehind(handler: Handler, event: AnyLedgerEvent): Promise<void> {
    await saveFailure(db, {
      handler: handler.name,
      seq: event.seq,
      subject: event.subject,
      attempts: 0,
      error: "waits for an earlier event of the same subject",
      nextAttemptAtMs: 0,
      givenUp: false,
    });
  }

  /** Per handler and subject only the oldest failure is tried, so that order holds. Returns when the next is due. */
  async function retryDue(): Promise<number> {
    const stuck = new Set<string>();
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const failure of await listFailures(db)) {
      const handler = handlers.find((one) => one.name === failure.handler);
      const lane = `${failure.handler}\n${failure.subject}`;
      if (handler === undefined || stuck.has(lane) || !running) continue;
      if (failure.givenUp || failure.nextAttemptAtMs > Date.now()) {
        stuck.add(lane);
        if (!failure.givenUp) nextAtMs = Math.min(nextAtMs, failure.nextAttemptAtMs);
        continue;
      }
      const event = await readEvent(db, failure.seq);
      if (event === undefined || (await attempt(handler, event, failure.attempts))) {
        await deleteFailure(db, failure.handler, failure.seq);
      } else {
        stuck.add(lane);
        nextAtMs = Math.min(nextAtMs, Date.now() + delayAfter(failure.attempts));
      }
    }
    return nextAtMs;
  }

  return {
    on<Kind extends EventKind>(
      name: string,
      kinds: readonly Kind[],
      handler: (event: LedgerEventOf<Kind>) => Promise<void>,
    ) {
      if (handlers.some((one) => one.name === name)) throw new Error(`two event handlers are named ${name}`);
      const wants = (event: AnyLedgerEvent): event is AnyLedgerEvent & LedgerEventOf<Kind> =>
        kinds.some((kind) => kind === event.kind);
      handlers.push({
        name,
        kinds,
        handle: async (event) => (wants(event) ? await handler(event) : undefined),
      });
      toldUpTo = undefined;
    },
    watch(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    announce(event) {
      wake();
      for (const watcher of watchers) watcher(event);
    },
    failures: async (): Promise<FailedDelivery[]> =>
      (await listFailures(db)).map(({ nextAttemptAtMs: _, ...failure }) => failure),
    async revive(handler, seq) {
      const failed = (await listFailures(db, handler)).find((one) => one.seq === seq);
      if (failed === undefined) {
        throw new Problem(problems.delivery_not_failed, {
          message: `The delivery of event ${seq} to ${handler} has not failed.`,
        });
      }
      await reviveFailures(db, handler, failed.subject);
    },
    async start() {
      running = true;
      toldUpTo = undefined;
      wake();
      await round;
    },
    async stop() {
      running = false;
      clearTimeout(retryTimer);
      await round;
    },
    async settle() {
      wake();
      while (round !== undefined) await round;
      if (failure !== undefined) throw failure.error;
    },
  };
}

function delayAfter(earlierAttempts: number): number {
  return firstDelayMs * 2 ** earlierAttempts;
}
