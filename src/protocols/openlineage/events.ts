declare module "#kernel/events" {
  interface Events {
    /** The subject is the endpoint. Of its address only the host: the rest may hold a secret. */
    "lineage_endpoint.created": { readonly name: string; readonly host: string };
    "lineage_endpoint.changed": { readonly name: string; readonly isActive: boolean };
    "lineage_endpoint.deleted": { readonly name: string };
    /** What an execution had to tell could not be told for a day. */
    "lineage_delivery.given_up": {
      readonly execution: string;
      readonly events: number;
      readonly reason: string;
    };
    "lineage_delivery.retried": { readonly name: string; readonly events: number };
  }
}

export {};
