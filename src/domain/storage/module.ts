import { hostname } from "node:os";

import { collectGarbage, createKnownDatabases, defaultGraceMs } from "#kernel/blobs";
import type { BlobHolder, Blobs, Collection } from "#kernel/blobs";
import { dayMs, hourMs } from "#kernel/clock";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import { silentLog } from "#kernel/log";
import type { Log } from "#kernel/log";

import { problems } from "./problems.ts";
import { refuseShared, refuseUntilKnown } from "./rules.ts";
import { createRoutes } from "./routes.ts";
import { readIdentity } from "./store.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Collects garbage; enqueues the next. */
    "storage.collect_garbage": { readonly dueAtMs: number };
  }
}

export interface Storage {
  /** Throws `store_shared`, `store_known_too_short`, `garbage_grace_too_short`, `garbage_listing_unreadable`. */
  collect(order: CollectOrder): Promise<Collection & { readonly graceMs: number }>;
  readonly routes: readonly Route[];
  /** Says in the store that this database refers to it, before anything is stored; and begins the daily collections. */
  start(): Promise<void>;
}

export interface CollectOrder {
  readonly actor: string;
  readonly isDryRun: boolean;
  /** That of the settings by default. */
  readonly graceMs?: number | undefined;
  readonly whileNobodyWrites?: boolean | undefined;
  readonly acceptMissing?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StorageParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly log?: Log;
  /** All that refer to anything in the store. A holder forgotten here is data lost. */
  readonly holders: readonly BlobHolder[];
  /** Null: nothing is collected unless somebody asks for it. */
  readonly graceMs: number | null;
}

/** Builds the care for stored bytes: which are in use, and the removal of the others. Apply `migrations` first. */
export function createStorage(parts: StorageParts): Storage {
  const { db, ledger, clock, jobs, blobs, holders } = parts;
  const log = parts.log ?? silentLog;
  const known = createKnownDatabases(blobs.notes);

  const announce = async () => await known.announce({ id: await readIdentity(db), host: hostname() });

  const collect: Storage["collect"] = async ({ actor, isDryRun, ...order }) => {
    const graceMs = order.graceMs ?? parts.graceMs ?? defaultGraceMs;
    const own = await announce();
    refuseShared(own, await known.list());
    if (!isDryRun) refuseUntilKnown(own, graceMs, Date.now());
    const collection = await collectGarbage({
      blobs,
      holders,
      atOneMoment: db.atOneMoment,
      graceMs,
      isDryRun,
      mayGoOn: async () => refuseShared(own, await known.list()),
      whileNobodyWrites: order.whileNobodyWrites === true,
      acceptMissing: order.acceptMissing === true,
      ...(order.signal === undefined ? {} : { signal: order.signal }),
    });
    const { removed, storedBeforeMs } = collection;
    if (removed.blobs > 0)
      await db.transaction(() =>
        ledger.append({
          kind: "garbage.collected",
          subject: "blobs",
          project: null,
          actor,
          data: { ...removed, graceMs, storedBeforeMs },
        }),
      );
    return { ...collection, graceMs };
  };

  async function collectLater(): Promise<void> {
    // One for each day, however many servers share the database.
    const dueAtMs = (Math.floor(clock.nowMs() / dayMs) + 1) * dayMs;
    await jobs.enqueue({
      kind: "storage.collect_garbage",
      payload: { dueAtMs },
      key: String(dueAtMs),
      runAtMs: dueAtMs,
    });
  }

  jobs.define("storage.collect_garbage", {
    maxAttempts: 3,
    timeoutMs: 12 * hourMs,
    async run({ signal }) {
      await announce();
      if (parts.graceMs !== null) await collectQuietly(signal);
      await collectLater();
    },
    // The sequence goes on: what was not collected now is collected then.
    gaveUp: collectLater,
  });

  /** A refusal is for people to read, and tomorrow may be another day. */
  async function collectQuietly(signal: AbortSignal): Promise<void> {
    try {
      await collect({ actor: "system", isDryRun: false, signal });
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "conflict") throw error;
      const { code, message: reason, next } = error;
      // Every new server waits for its first grace to pass; that is no cause for concern.
      const isUsual = code === problems.store_known_too_short.code;
      log[isUsual ? "info" : "warn"]("garbage is not collected", { code, reason, next });
    }
  }

  return {
    collect,
    routes: createRoutes({ collect }),
    async start() {
      await announce();
      await collectLater();
    },
  };
}
