import type { Bounds } from "#kernel/auth";

import type { PrincipalRecord, TokenRecord } from "./index.ts";
import type { Grant, Role } from "./roles.ts";
import type { ThingGrant } from "./things.ts";

/** The orders of the access module. `actor` is the principal who gives them. */
export interface AccessCommands {
  /** With a role and a password if wanted, all or nothing. Throws `principal_exists`, `password_weak`. */
  addPrincipal(order: {
    readonly name: string;
    readonly kind: "person" | "service";
    readonly grant?: Grant | undefined;
    readonly password?: string | undefined;
    readonly actor: string;
  }): Promise<PrincipalRecord>;
  /** In all projects when `project` is null. Granting twice changes nothing. Throws `principal_not_found`. */
  grantRole(order: RoleOrder): Promise<void>;
  /** Revoking what is not granted changes nothing. Throws `last_owner`. */
  revokeRole(order: RoleOrder): Promise<void>;
  /** Sets what a principal may do with one thing; it replaces, for that thing, what roles give. */
  grantThing(order: ThingGrant & { readonly actor: string }): Promise<void>;
  /** Throws `thing_grant_not_found`. */
  revokeThing(order: Omit<ThingGrant, "level"> & { readonly actor: string }): Promise<void>;
  /** The thing has another name now, or (without one) is gone: its grants follow, or end. */
  renameThing(order: { readonly from: string; readonly to: string | undefined }): Promise<void>;
  /** Throws `password_weak`. A new password ends what the old one had opened. */
  setPassword(order: {
    readonly principal: string;
    readonly password: string;
    readonly actor: string;
  }): Promise<void>;
  /** Ends its tokens, sessions, password and grants, and frees its name. Throws `last_owner`. */
  removePrincipal(order: { readonly principal: string; readonly actor: string }): Promise<void>;
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
  /**
   * Lends a pass: a token for `holder`, who acts for the principal within bounds and no longer than that. Its
   * rights are those the principal has when it is shown. It replaces the holder's earlier one. The secret is in
   * this answer and nowhere else, ever.
   */
  lendPass(
    order: Bounds & { readonly holder: string; readonly principal: string; readonly expiresAtMs: number },
  ): Promise<string>;
  /** Says when the pass of a holder ends; nothing when it has ended. */
  limitPass(order: { readonly holder: string; readonly expiresAtMs: number }): Promise<void>;
  /** Ending what has ended changes nothing. */
  endPasses(holder: string): Promise<void>;
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
