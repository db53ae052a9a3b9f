import type { Delivery } from "#delivery";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { JobQueue } from "#kernel/jobs";
import type { SecretBox } from "#kernel/secret-box";
import type { NamedModels } from "#registry";

import { defineDelivering } from "./delivering.ts";
import type { Delivery as SentDelivery, DeliveryDetail, Webhooks, WebhooksModule } from "./index.ts";
import { noticeEvents } from "./noticing.ts";
import { createOrders, findDelivery, findWebhook, withoutSecret } from "./orders.ts";
import { createRoutes } from "./routes.ts";
import { createSend } from "./send.ts";
import { readDeliveries, readLastDeliveries, readWebhooks } from "./store.ts";
import { createTargets, systemResolve } from "./targets.ts";
import type { Resolve } from "./targets.ts";

export interface WebhooksParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly secrets: SecretBox;
  readonly registry: Pick<NamedModels, "getModel" | "findVersion">;
  readonly delivery: Pick<Delivery, "getRelease">;
  /** Hosts that may be reached although they are private or without https. */
  readonly allowedHosts: readonly string[];
  /** How names become addresses; asked of the system unless told. */
  readonly resolve?: Resolve;
}

export function createWebhooks(parts: WebhooksParts): WebhooksModule {
  const { db, allowedHosts } = parts;
  const targets = createTargets({ allowedHosts, resolve: parts.resolve ?? systemResolve });
  const send = createSend(targets);
  const questions: Webhooks = {
    listWebhooks: async () => (await readWebhooks(db)).map(withoutSecret),
    getWebhook: async (id) => withoutSecret(await findWebhook(db, id)),
    listDeliveries: async (webhook, limit) => (await readDeliveries(db, webhook, limit)).map(inShort),
    lastDeliveries: async () => (await readLastDeliveries(db)).map(inShort),
    getDelivery: (webhook, id) => findDelivery(db, webhook, id),
  };
  const commands = createOrders({ ...parts, targets, send });
  defineDelivering({ ...parts, send });
  noticeEvents(parts);
  return { ...questions, commands, routes: createRoutes(questions, commands) };
}

/** A delivery without the bytes that were sent and came back. */
function inShort({ body: _, answer: __, ...delivery }: DeliveryDetail): SentDelivery {
  return delivery;
}
