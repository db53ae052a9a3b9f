import { permissions } from "#kernel/auth";
import type { Permission } from "#kernel/auth";

/**
 * What each role allows. A member reads, and may begin experiments and models, which are then theirs. A
 * contributor does the daily work and may stop a bad release; an approver releases but does not build, so that
 * holding both on one product is a visible decision (and even then nobody approves their own release). Only an
 * owner decides about access.
 */
export const roles = {
  viewer: ["project:read", "run:read"],
  member: ["project:read", "run:read", "run:create", "model:create"],
  contributor: [
    "project:read",
    "project:write",
    "data:write",
    "pipeline:run",
    "run:create",
    "run:write",
    "run:delete",
    "run:read",
    "model:create",
    "model:write",
    "model:delete",
    "release:request",
    "release:rollback",
    "prediction:write",
    "outcome:write",
    "audit:read",
  ],
  approver: [
    "project:read",
    "run:read",
    "release:approve",
    "release:rollback",
    "deployment:write",
    "audit:read",
  ],
  owner: permissions,
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof roles;

export const roleNames = [
  "viewer",
  "member",
  "contributor",
  "approver",
  "owner",
] as const satisfies readonly Role[];

/** Stands for a project in grants about what belongs to none: experiments and models that a client made by name. */
export const outsideProjects = "-";

/** A role in one project, or in all of them (and outside) when `project` is null. */
export interface Grant {
  readonly role: Role;
  readonly project: string | null;
}

/** Whether the grants hold `permission` in `project`; without a project, whether they hold it everywhere. */
export function holds(
  grants: readonly Grant[],
  permission: Permission,
  project: string | undefined,
): boolean {
  return grants.some(
    (grant) => (grant.project === null || grant.project === project) && rolesAllow(grant.role, permission),
  );
}

/** The permissions of the grants that apply everywhere (`project` undefined) or in a project. */
export function permissionsOf(grants: readonly Grant[], project: string | undefined): Permission[] {
  return permissions.filter((permission) => holds(grants, permission, project));
}

/** The least roles that would allow it, for the message of a refusal. */
export function rolesWith(permission: Permission): Role[] {
  return roleNames.filter((role) => rolesAllow(role, permission));
}

function rolesAllow(role: Role, permission: Permission): boolean {
  const allowed: readonly Permission[] = roles[role];
  return allowed.includes(permission);
}
