declare module "#kernel/events" {
  interface Events {
    /** Of the address only the host: the rest often holds a secret. */
    "webhook.created": {
      readonly name: string;
      readonly host: string;
      readonly events: readonly string[];
    };
    "webhook.changed": { readonly name: string; readonly changed: readonly string[] };
    "webhook.deleted": { readonly name: string };
    /** The subject is the delivery. */
    "webhook_delivery.failed": {
      readonly webhook: string;
      readonly event: string;
      readonly attempts: number;
      readonly reason: string;
    };
    "webhook_delivery.retried": { readonly webhook: string; readonly event: string };
  }
}

export {};
