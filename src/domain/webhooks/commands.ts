import type { TestResult, Webhook } from "./index.ts";
import type { WebhookEventName } from "./event-names.ts";

/** Throw `webhook_not_found`; those that take an address `webhook_url_refused`. */
export interface WebhookCommands {
  /** Throws `webhook_invalid`. */
  createWebhook(order: {
    readonly project: string | null;
    readonly name: string;
    readonly description: string;
    readonly url: string;
    readonly events: readonly WebhookEventName[];
    readonly secret: string | undefined;
    readonly isActive: boolean;
    readonly actor: string;
  }): Promise<Webhook>;
  /** What is undefined stays. Switching off drops what has not been delivered yet. Throws `webhook_invalid`. */
  changeWebhook(order: {
    readonly id: string;
    readonly name?: string | undefined;
    readonly description?: string | undefined;
    readonly url?: string | undefined;
    readonly events?: readonly WebhookEventName[] | undefined;
    readonly secret?: string | undefined;
    readonly isActive?: boolean | undefined;
    readonly actor: string;
  }): Promise<Webhook>;
  /** With its deliveries. */
  deleteWebhook(order: { readonly id: string; readonly actor: string }): Promise<void>;
  /** Sends an example of one of its events now, once, and says what came back. */
  testWebhook(id: string, event?: WebhookEventName): Promise<TestResult>;
  /** Sends a failed or dropped delivery again, under its id. Throws `webhook_delivery_not_found`, `webhook_delivery_not_failed`. */
  retryDelivery(order: {
    readonly webhook: string;
    readonly delivery: string;
    readonly actor: string;
  }): Promise<void>;
}
