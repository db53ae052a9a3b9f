import { randomUUID } from "node:crypto";

import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";
import type { SecretBox } from "#kernel/secret-box";

import type { WebhookCommands } from "./commands.ts";
import { enqueueDelivery, reasonOf } from "./delivering.ts";
import { exampleOf } from "./event-names.ts";
import type { WebhookEventName } from "./event-names.ts";
import type { DeliveryDetail, Webhook } from "./index.ts";
import { bodyOf } from "./noticing.ts";
import { problems } from "./problems.ts";
import type { Send } from "./send.ts";
import { headersOf } from "./signing.ts";
import * as store from "./store.ts";
import type { KeptWebhook } from "./store.ts";
import type { Targets } from "./targets.ts";

interface OrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly secrets: SecretBox;
  readonly targets: Targets;
  readonly send: Send;
}

export function createOrders(parts: OrderParts): WebhookCommands {
  const { db, ledger, clock, jobs, secrets } = parts;

  const seal = async (secret: string | undefined, id: string): Promise<string | null> =>
    secret === undefined ? null : await secrets.seal(checkSecret(secret), id);

  return {
    async createWebhook(order) {
      const { project, description, url, isActive, actor } = order;
      const id = createId("webhook", clock);
      await checkTarget(parts.targets, url);
      const nowMs = clock.nowMs();
      const webhook: KeptWebhook = {
        id,
        project,
        name: checkName(order.name),
        description,
        url,
        events: checkEvents(order.events),
        isActive,
        hasSecret: order.secret !== undefined,
        sealedSecret: await seal(order.secret, id),
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        actor,
      };
      await db.transaction(async () => {
        await store.insertWebhook(db, webhook);
        const { name, events } = webhook;
        const data = { name, host: new URL(url).host, events };
        await ledger.append({ kind: "webhook.created", subject: id, project, actor, data });
      });
      return withoutSecret(webhook);
    },

    async changeWebhook({ id, actor, ...order }) {
      if (order.url !== undefined) await checkTarget(parts.targets, order.url);
      if (order.name !== undefined) checkName(order.name);
      if (order.events !== undefined) checkEvents(order.events);
      const sealedSecret = await seal(order.secret, id);
      return await db.transaction(async () => {
        const known = await findWebhook(db, id);
        const changed: KeptWebhook = {
          ...known,
          name: order.name ?? known.name,
          description: order.description ?? known.description,
          url: order.url ?? known.url,
          events: order.events === undefined ? known.events : checkEvents(order.events),
          isActive: order.isActive ?? known.isActive,
          hasSecret: known.hasSecret || sealedSecret !== null,
          sealedSecret: sealedSecret ?? known.sealedSecret,
          // Clients tell a change by it, also when it comes within the same millisecond.
          updatedAtMs: Math.max(clock.nowMs(), known.updatedAtMs + 1),
        };
        await store.saveWebhook(db, changed);
        const { name, project } = changed;
        const data = { name, changed: changedFields(order) };
        await ledger.append({ kind: "webhook.changed", subject: id, project, actor, data });
        return withoutSecret(changed);
      });
    },

    deleteWebhook: ({ id, actor }) =>
      db.transaction(async () => {
        const { name, project } = await findWebhook(db, id);
        await store.deleteWebhook(db, id);
        await ledger.append({ kind: "webhook.deleted", subject: id, project, actor, data: { name } });
      }),

    async testWebhook(id, wanted) {
      const { sealedSecret, url, events } = await findWebhook(db, id);
      const event = wanted ?? events[0];
      if (event === undefined) throw invalid("The webhook has no events.");
      const nowMs = clock.nowMs();
      const body = bodyOf({ event, data: exampleOf(event) }, nowMs);
      try {
        const secret = sealedSecret === null ? undefined : await secrets.open(sealedSecret, id);
        const headers = headersOf({ delivery: randomUUID(), nowMs, body, secret });
        const { status, body: answer } = await parts.send({ url, headers, body });
        return { success: status >= 200 && status < 300, status, body: answer, error: null };
      } catch (error) {
        const reason = `Failed to test webhook: ${reasonOf(error)}`;
        return { success: false, status: null, body: null, error: reason };
      }
    },

    retryDelivery: ({ webhook: webhookId, delivery: id, actor }) =>
      db.transaction(async () => {
        const { project } = await findWebhook(db, webhookId);
        const delivery = await findDelivery(db, webhookId, id);
        const { state, event } = delivery;
        if (state !== "failed" && state !== "dropped") {
          throw new Problem(problems.webhook_delivery_not_failed, {
            message: `The delivery ${id} is ${state}.`,
          });
        }
        await store.saveOutcome(db, id, { ...delivery, state: "pending", attempts: 0 });
        await enqueueDelivery(jobs, id);
        await ledger.append({
          kind: "webhook_delivery.retried",
          subject: id,
          project,
          actor,
          data: { webhook: webhookId, event },
        });
      }),
  };
}

/** Throws `webhook_not_found`. */
export async function findWebhook(db: Database, id: string): Promise<KeptWebhook> {
  const webhook = await store.readWebhook(db, id);
  if (webhook !== undefined) return webhook;
  throw new Problem(problems.webhook_not_found, {
    message: `Webhook with ID ${id.slice(0, 100)} not found.`,
  });
}

/** Throws `webhook_delivery_not_found`. */
export async function findDelivery(db: Database, webhook: string, id: string): Promise<DeliveryDetail> {
  const delivery = await store.readDelivery(db, id);
  if (delivery?.webhook === webhook) return delivery;
  throw new Problem(problems.webhook_delivery_not_found, {
    message: `The webhook ${webhook} has no delivery ${id.slice(0, 100)}.`,
  });
}

/** What may be shown. */
export function withoutSecret({ sealedSecret: _, ...webhook }: KeptWebhook): Webhook {
  return webhook;
}

const lookUpWithinMs = 2_000;

/**
 * Refuses what is wrong now, so that its author learns of it. A name that cannot be looked up may be known
 * later: what counts is checked at every sending.
 */
async function checkTarget(targets: Targets, text: string): Promise<void> {
  const url = targets.read(text);
  const late = new Promise<void>((resolve) => setTimeout(resolve, lookUpWithinMs).unref());
  const lookedUp = targets.addressesOf(url).then(
    () => {},
    (error: unknown) => {
      if (error instanceof Problem) throw error;
    },
  );
  await Promise.race([lookedUp, late]);
}

function checkName(name: string): string {
  if (/^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name)) return name;
  throw invalid(
    `Webhook name '${name.slice(0, 80)}' is invalid. It must start and end with a letter or digit, be at most 63 ` +
      "characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).",
  );
}

function checkEvents(events: readonly WebhookEventName[]): readonly WebhookEventName[] {
  if (events.length === 0) throw invalid("Webhook events cannot be empty.");
  return [...new Set(events)];
}

function checkSecret(secret: string): string {
  if (secret !== "" && secret.length <= 1_000) return secret;
  throw invalid("A webhook's secret must have between 1 and 1000 characters.");
}

function changedFields(order: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(order).flatMap(([field, value]) => (value === undefined ? [] : [field]));
}

function invalid(message: string): Problem {
  return new Problem(problems.webhook_invalid, { message });
}
