import type { Authenticate, Authorise, Permission, Principal } from "#kernel/auth";
import type { Route } from "#kernel/http";

import type { AccessCommands } from "./commands.ts";
import type { Grant } from "./roles.ts";
import type { ThingGrant } from "./things.ts";

export { createAccess } from "./module.ts";
export { migrations } from "./store.ts";
export { problems as accessProblems } from "./problems.ts";
export { isNameOfPrincipal } from "./names.ts";
export { outsideProjects, roles, roleNames } from "./roles.ts";
export type { Grant, Role } from "./roles.ts";
export { experimentThing, levelNames, modelThing } from "./things.ts";
export type { Level, ThingGrant } from "./things.ts";

/** A person or a service, as kept. */
export interface PrincipalRecord {
  readonly id: string;
  readonly name: string;
  readonly kind: "person" | "service";
  readonly createdAtMs: number;
}

/** A token without its secret. */
export interface TokenRecord {
  readonly id: string;
  readonly principal: string;
  readonly label: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  /** To within ten minutes. */
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** Who there is and what they may. */
export interface Access {
  /** For the server: who sends this request? */
  readonly authenticate: Authenticate;
  /** Throws `permission_denied`, naming the roles that would allow it. */
  readonly authorise: Authorise;
  readonly requiresSignIn: boolean;
  /**
   * Whether `principal` holds the permission in `project`, or everywhere without one; a grant on `thing`
   * replaces what roles give. The id `system` may do everything.
   */
  may(principal: string, permission: Permission, project?: string, thing?: string): Promise<boolean>;
  /** Throws `principal_not_found`. */
  getPrincipal(id: string): Promise<PrincipalRecord>;
  findPrincipal(name: string): Promise<PrincipalRecord | undefined>;
  listPrincipals(): Promise<PrincipalRecord[]>;
  /** The name to show for an actor of the ledger; the id itself when it is nobody's. */
  nameOf(actor: string): Promise<string>;
  grantsOf(principal: string): Promise<Grant[]>;
  isPasswordOf(name: string, password: string): Promise<boolean>;
  /** The grants on single things, of a principal or on a thing. */
  thingGrants(of: { readonly principal: string } | { readonly thing: string }): Promise<ThingGrant[]>;
  /** Who holds a permission in a project: "ask one of these". */
  principalsWith(permission: Permission, project: string): Promise<PrincipalRecord[]>;
  /** Local mode: the user of this machine, added as an owner everywhere on first use. */
  localPrincipal(): Promise<Principal>;
  /**
   * Prepares for the first request: in local mode adds this machine's user, otherwise throws
   * `no_owner_token` when nobody could sign in.
   */
  start(): Promise<void>;
  readonly commands: AccessCommands;
  readonly routes: readonly Route[];
}
