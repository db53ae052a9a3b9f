import type { Permission } from "./permissions.ts";

/** Who acts: a person, a service with a token, or the system's own rules. */
export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly kind: "person" | "service" | "system";
  /** How this request proved it: the user of this machine, a token, a browser session, a password, or not at all. */
  readonly via: "local" | "token" | "session" | "password" | "none";
  /** Of a credential that was lent: what it allows at most, of all that the principal may. */
  readonly bounds?: Bounds;
}

/** What somebody who acts for a principal may do at most. */
export interface Bounds {
  readonly project: string;
  readonly permissions: readonly Permission[];
  /** Who acts for the principal, as the ledger names it: `step train of execution exe_…`. */
  readonly through: string;
}

/** Loops and jobs act as the system; it may do everything and appears in the ledger as `system`. */
export const systemPrincipal: Principal = { id: "system", name: "Gyre", kind: "system", via: "local" };

/** Who calls a public route without credentials; holds no permission. */
export const anonymous: Principal = { id: "anonymous", name: "anonymous", kind: "person", via: "none" };

/**
 * Throws `permission_denied` unless `principal` holds `permission` in `project`; without a project,
 * unless it holds it everywhere. `thing` names what is touched where single things have grants of their own.
 */
export type Authorise = (
  principal: Principal,
  permission: Permission,
  project?: string,
  thing?: string,
) => Promise<void>;
