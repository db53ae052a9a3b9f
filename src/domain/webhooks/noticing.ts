import { createHash } from "node:crypto";

import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { JobQueue } from "#kernel/jobs";

import { enqueueDelivery } from "./delivering.ts";
import { messageOf, toldKinds } from "./messages.ts";
import type { Message, MessageParts, ToldEvent } from "./messages.ts";
import * as store from "./store.ts";
import type { KeptWebhook } from "./store.ts";

interface NoticingParts extends MessageParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly jobs: JobQueue;
}

/**
 * Turns what happens into deliveries. The ledger brings an event at least once; a delivery's id follows
 * from event and webhook, so that an event that comes twice makes one delivery.
 */
export function noticeEvents(parts: NoticingParts): void {
  const { db, ledger, jobs } = parts;

  ledger.on("webhooks", toldKinds, async (event) => {
    const webhooks = (await store.readWebhooks(db)).filter((webhook) => mayHear(webhook, event));
    if (webhooks.length === 0) return;
    const message = await messageOf(parts, event);
    if (message === undefined) return;
    const body = bodyOf(message, event.atMs);
    await db.transaction(async () => {
      for (const { id: webhook } of webhooks.filter(({ events }) => events.includes(message.event))) {
        const id = deliveryId(webhook, event.seq);
        const isNew = await store.insertDelivery(db, {
          id,
          webhook,
          event: message.event,
          body,
          state: "pending",
          attempts: 0,
          status: null,
          error: null,
          createdAtMs: event.atMs,
          lastAttemptAtMs: null,
          answer: null,
        });
        if (isNew) await enqueueDelivery(jobs, id);
      }
    });
  });
}

/** The body as it is signed and sent: entity and action as MLflow's receivers expect them. */
export function bodyOf({ event, data }: Message, atMs: number): string {
  const [entity, action] = event.split(".");
  return JSON.stringify({ entity, action, timestamp: new Date(atMs).toISOString(), data });
}

/** What happened before a webhook was made is not news to it. */
function mayHear(webhook: KeptWebhook, event: ToldEvent): boolean {
  const isAbout = webhook.project === null || webhook.project === event.project;
  return webhook.isActive && isAbout && webhook.createdAtMs <= event.atMs;
}

/** In the form of a UUID, which is what receivers keep in their tables. */
function deliveryId(webhook: string, seq: number): string {
  const hex = createHash("sha256").update(`${webhook} ${seq}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
