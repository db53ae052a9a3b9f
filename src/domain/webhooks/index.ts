import type { Route } from "#kernel/http";

import type { WebhookCommands } from "./commands.ts";
import type { WebhookEventName } from "./event-names.ts";

export { createWebhooks } from "./module.ts";
export { migrations } from "./store.ts";
export { problems } from "./problems.ts";
export { createSend } from "./send.ts";
export type { Send, Sent } from "./send.ts";
export { createTargets, systemResolve } from "./targets.ts";
export type { Targets } from "./targets.ts";
export { isWebhookEventName, webhookEventNames } from "./event-names.ts";
export type { WebhookEventName } from "./event-names.ts";
import "./events.ts";

/** Where events are sent. Its secret is nowhere but in the sealed column and in the signatures. */
export interface Webhook {
  readonly id: string;
  /** Null: events of all projects, and of what belongs to none. */
  readonly project: string | null;
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly events: readonly WebhookEventName[];
  readonly isActive: boolean;
  readonly hasSecret: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly actor: string;
}

/**
 * `pending` until the receiver has taken it with a 2xx (`delivered`), has refused it, or could not be
 * reached often enough (`failed`); `dropped` when the webhook was switched off meanwhile. A failed or
 * dropped one can be sent again.
 */
export type DeliveryState = "pending" | "delivered" | "failed" | "dropped";

export interface Delivery {
  /** The same at every try: the receiver recognises what it has seen. */
  readonly id: string;
  readonly webhook: string;
  readonly event: WebhookEventName;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Of the last answer. */
  readonly status: number | null;
  readonly error: string | null;
  readonly createdAtMs: number;
  readonly lastAttemptAtMs: number | null;
}

/** A delivery with what was sent and what came back. */
export interface DeliveryDetail extends Delivery {
  /** Exactly as it is signed and sent. */
  readonly body: string;
  /** The beginning of the last answer, 4 KiB of it at most; null where there was none. */
  readonly answer: string | null;
}

export interface TestResult {
  readonly success: boolean;
  readonly status: number | null;
  readonly body: string | null;
  readonly error: string | null;
}

export interface Webhooks {
  /** Newest first. */
  listWebhooks(): Promise<readonly Webhook[]>;
  /** Throws `webhook_not_found`. */
  getWebhook(id: string): Promise<Webhook>;
  /** Newest first. */
  listDeliveries(webhook: string, limit: number): Promise<readonly Delivery[]>;
  /** The newest of each webhook that has any. */
  lastDeliveries(): Promise<readonly Delivery[]>;
  /** Throws `webhook_delivery_not_found`. */
  getDelivery(webhook: string, id: string): Promise<DeliveryDetail>;
}

export interface WebhooksModule extends Webhooks {
  readonly commands: WebhookCommands;
  readonly routes: readonly Route[];
}
