import type { Role } from "./roles.ts";
import type { Level } from "./things.ts";

declare module "#kernel/events" {
  interface Events {
    /** The subject is the principal. */
    "principal.added": { readonly name: string; readonly kind: "person" | "service" };
    /** The subject is the principal; the event's project is where the role holds, null for everywhere. */
    "role.granted": { readonly role: Role };
    "role.revoked": { readonly role: Role };
    /** The subject is the principal: it may do this with one experiment or model. Null: no grant any more. */
    "thing.granted": { readonly thing: string; readonly level: Level | null };
    /** The subject is the principal. It keeps its place in the ledger, and can do nothing any more. */
    "principal.removed": { readonly name: string };
    /** The subject is the principal; neither the password nor its hash is ever here. */
    "password.set": { readonly first: boolean };
    /** The subject is the token's id; neither the secret nor its digest is ever here. */
    "token.issued": {
      readonly principal: string;
      readonly label: string;
      readonly expiresAtMs: number | null;
    };
    "token.revoked": { readonly principal: string };
  }
}
