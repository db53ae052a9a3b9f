import type { Database } from "../db/index.ts";
import type { Clock } from "../clock.ts";
import { silentLog } from "../log.ts";
import type { Log } from "../log.ts";
import { createDelivery } from "./delivery.ts";
import { appendEvents, listEvents, verifyChain } from "./store.ts";
import type { ChainVerification, EventFilter } from "./store.ts";

export { problems } from "./problems.ts";
export { migrations } from "./store.ts";
export type { ChainVerification, EventFilter } from "./store.ts";
export { hashEvent, verifyEvents } from "./chain.ts";
export { actAlone, actThrough } from "./through.ts";

/**
 * Everything that can happen, by kind (`model_version.registered`, past tense), with the shape of its
 * data. A module adds its own in its `events.ts`:
 * `declare module "#kernel/events" { interface Events { "model_version.registered": { … } } }`.
 */
export interface Events {
  /** A person sent a delivery that had been given up back to work. */
  "delivery.retried": { readonly handler: string; readonly seq: number };
}

export type EventKind = keyof Events & string;

/** One line of the ledger: who changed what, when, and the hash that ties it to the line before. */
export interface LedgerEvent<Kind extends EventKind = EventKind> {
  readonly seq: number;
  readonly atMs: number;
  /** The id of a principal, or `system` when a rule of ours acted. */
  readonly actor: string;
  /** Who acted for the actor, such as a step of an execution; null when nobody stood between. */
  readonly through: string | null;
  /** Null for what belongs to no project. */
  readonly project: string | null;
  readonly kind: Kind;
  /** The id of the thing that changed. */
  readonly subject: string;
  readonly data: Events[Kind];
  readonly prevHash: string;
  readonly hash: string;
}

/** An event of one of several kinds: its kind tells the shape of its data. */
export type LedgerEventOf<Kinds extends EventKind> = { [Kind in Kinds]: LedgerEvent<Kind> }[Kinds];

export type AnyLedgerEvent = LedgerEventOf<EventKind>;

export interface NewEvent<Kind extends EventKind> {
  readonly kind: Kind;
  readonly subject: string;
  readonly project: string | null;
  readonly actor: string;
  readonly data: Events[Kind];
}

/** A handler's delivery that failed: waiting for its next try, or given up and waiting for a person. */
export interface FailedDelivery {
  readonly handler: string;
  readonly seq: number;
  readonly subject: string;
  readonly attempts: number;
  readonly error: string;
  readonly givenUp: boolean;
}

export interface Ledger {
  /** Appends inside the caller's transaction, the one that changes the state. Throws without one. */
  append<Kind extends EventKind>(event: NewEvent<Kind>): Promise<void>;
  /** As `append`, for many events of one kind, in their order. */
  appendAll<Kind extends EventKind>(events: readonly NewEvent<Kind>[]): Promise<void>;
  /** Newest first when `newestFirst`, else by `seq`. */
  list(filter: EventFilter): Promise<AnyLedgerEvent[]>;
  /** Recomputes the whole hash chain. */
  verify(): Promise<ChainVerification>;
  /**
   * Subscribes before `start`. Delivered at least once, after commit, in order per subject; so a
   * handler is idempotent, and leaves long work to a job. `name` is stable: it keys what was delivered.
   */
  on<Kind extends EventKind>(
    name: string,
    kinds: readonly Kind[],
    handler: (event: LedgerEventOf<Kind>) => Promise<void>,
  ): void;
  /** Calls `listener` for every event this process has committed or delivered: live views. Returns the end of it. */
  watch(listener: (event: AnyLedgerEvent) => void): () => void;
  failures(): Promise<FailedDelivery[]>;
  /** Puts a given-up delivery (and those of its subject behind it) back to work. Throws `delivery_not_failed`. */
  retry(handler: string, seq: number, actor: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when every committed event has been delivered or has failed its current try. Needs `start`. */
  settle(): Promise<void>;
}

export function createLedger(parts: { db: Database; clock: Clock; log?: Log }): Ledger {
  const delivery = createDelivery(parts.db, parts.log ?? silentLog);
  const appendAll: Ledger["appendAll"] = async (events) => {
    const appended = await appendEvents(parts.db, parts.clock, events);
    parts.db.afterCommit(() => appended.forEach((event) => delivery.announce(event)));
  };
  const append: Ledger["append"] = async (event) => await appendAll([event]);
  return {
    append,
    appendAll,
    list: (filter) => listEvents(parts.db, filter),
    verify: () => verifyChain(parts.db),
    on: delivery.on,
    watch: delivery.watch,
    failures: delivery.failures,
    retry: async (handler, seq, actor) => {
      await parts.db.transaction(async () => {
        await append({
          kind: "delivery.retried",
          subject: handler,
          project: null,
          actor,
          data: { handler, seq },
        });
        await delivery.revive(handler, seq);
      });
    },
    start: delivery.start,
    stop: delivery.stop,
    settle: delivery.settle,
  };
}
