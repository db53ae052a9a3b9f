import type { Role } from "./roles.ts";

declare module "#kernel/events" {
  interface Events {
    /** The subject is the principal. */
    "principal.added": { readonly name: string; readonly kind: "person" | "service" };
    /** The subject is the principal; the event's project is where the role holds, null for everywhere. */
    "role.granted": { readonly role: Role };
    "role.revoked": { readonly role: Role };
    /** The subject is the token's id; neither the secret nor its digest is ever here. */
    "token.issued": {
      readonly principal: string;
      readonly label: string;
      readonly expiresAtMs: number | null;
    };
    "token.revoked": { readonly principal: string };
  }
}
