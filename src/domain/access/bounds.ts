import type { Bounds, Permission } from "#kernel/auth";

import { outsideProjects } from "./roles.ts";
import { modelThing } from "./things.ts";

/**
 * Whether a lent credential reaches that far; whether its principal may do it is another question. It ends
 * at its project, with one exception: a model whose name belongs to no project lies outside all of them, and
 * registering one is the usual end of a training.
 */
export function isWithin(
  { project: own, permissions }: Bounds,
  permission: Permission,
  project: string | undefined,
  thing: string | undefined,
): boolean {
  if (!permissions.includes(permission)) return false;
  if (project === own) return true;
  const isOfModel = permission.startsWith("model:") || thing?.startsWith(modelThing("")) === true;
  return project === outsideProjects && isOfModel;
}
