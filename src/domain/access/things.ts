import type { Permission } from "#kernel/auth";

import { holds } from "./roles.ts";
import type { Grant } from "./roles.ts";

/**
 * What may be done with one thing, an experiment or a model. `use` is a promise for what can be invoked;
 * of experiments and models it allows no more than `read`. `none` shuts out.
 */
export const levels = {
  none: [],
  read: ["run:read"],
  use: ["run:read"],
  edit: ["run:read", "run:write", "model:write"],
  manage: ["run:read", "run:write", "run:delete", "model:write", "model:delete", "access:manage"],
} as const satisfies Record<string, readonly Permission[]>;

export type Level = keyof typeof levels;

/**
 * What is done in a project's name with a model. No level speaks of it, so roles decide, and a grant on the
 * model neither gives it nor takes it away; but whoever is shut out of the model has no part in it.
 */
const ofTheProject: readonly Permission[] = [
  "release:request",
  "release:approve",
  "release:rollback",
  "deployment:write",
  "prediction:write",
  "outcome:write",
  "audit:read",
];

export const levelNames = ["none", "read", "use", "edit", "manage"] as const satisfies readonly Level[];

/** A grant on one thing. */
export interface ThingGrant {
  readonly principal: string;
  readonly thing: string;
  readonly level: Level;
}

export function experimentThing(id: string): string {
  return `experiment:${id}`;
}

/** By its flat name. */
export function modelThing(name: string): string {
  return `model:${name}`;
}

/** What a principal holds: roles, and levels on single things. */
export interface Holdings {
  readonly grants: readonly Grant[];
  readonly things: ReadonlyMap<string, Level>;
}

/**
 * Whether the holdings allow `permission` on a thing in a project. A grant on the thing replaces, for it,
 * what roles give, in both directions; but who decides about access in the project is never shut out.
 * What is done in the project's name stays with roles, except for whom the grant shuts out.
 */
export function allows(
  { grants, things }: Holdings,
  permission: Permission,
  project: string | undefined,
  thing: string | undefined,
): boolean {
  const level = thing === undefined ? undefined : things.get(thing);
  if (level === undefined || holds(grants, "access:manage", project))
    return holds(grants, permission, project);
  if (ofTheProject.includes(permission)) return level !== "none" && holds(grants, permission, project);
  const allowed: readonly Permission[] = levels[level];
  return allowed.includes(permission);
}
