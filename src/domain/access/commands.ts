import type { PrincipalRecord, TokenRecord } from "./index.ts";
import type { Role } from "./roles.ts";

/** The orders of the access module. `actor` is the principal who gives them. */
export interface AccessCommands {
  /** Throws `principal_exists`. */
  addPrincipal(order: {
    readonly name: string;
    readonly kind: "person" | "service";
    readonly actor: string;
  }): Promise<PrincipalRecord>;
  /** In all projects when `project` is null. Granting twice changes nothing. Throws `principal_not_found`. */
  grantRole(order: RoleOrder): Promise<void>;
  /** Revoking what is not granted changes nothing. Throws `last_owner`. */
  revokeRole(order: RoleOrder): Promise<void>;
  /** The secret is in this answer and nowhere else, ever. */
  issueToken(order: {
    readonly principal: string;
    /** What it is for, to recognise it later. */
    readonly label: string;
    readonly expiresAtMs: number | null;
    readonly actor: string;
  }): Promise<{ readonly token: TokenRecord; readonly secret: string }>;
  /** Ends the token and the sessions opened with it. Revoking twice changes nothing. */
  revokeToken(order: { readonly token: string; readonly actor: string }): Promise<void>;
  /** Opens a browser session with a token; the session ends with the token, at the latest after 30 days. */
  signIn(secret: string): Promise<{
    readonly secret: string;
    readonly expiresAtMs: number;
    readonly lengthMs: number;
    readonly principal: PrincipalRecord;
  }>;
  signOut(sessionSecret: string): Promise<void>;
}

export interface RoleOrder {
  readonly principal: string;
  readonly role: Role;
  readonly project: string | null;
  readonly actor: string;
}
