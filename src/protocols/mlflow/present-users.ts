import { accessProblems, experimentThing, modelThing } from "#access";
import type { Access, Level, PrincipalRecord, ThingGrant } from "#access";
import { Problem } from "#kernel/errors";

/** MLflow's words for what may be done with one thing. */
export const permissionOfLevel = {
  none: "NO_PERMISSIONS",
  read: "READ",
  use: "USE",
  edit: "EDIT",
  manage: "MANAGE",
} as const satisfies Record<Level, string>;

/** Throws `principal_not_found`. */
export async function findUser(
  access: Pick<Access, "findPrincipal">,
  name: string,
): Promise<PrincipalRecord> {
  const user = await access.findPrincipal(name);
  if (user !== undefined) return user;
  throw new Problem(accessProblems.principal_not_found, {
    message: `User with username=${name.slice(0, 100)} not found`,
  });
}

/** Whether somebody is what MLflow calls an admin. */
export async function isAdmin(access: Pick<Access, "may">, principal: string): Promise<boolean> {
  return await access.may(principal, "access:manage");
}

export async function presentUser(
  access: Pick<Access, "may" | "thingGrants">,
  { id, name }: PrincipalRecord,
): Promise<object> {
  const grants = await access.thingGrants({ principal: id });
  return {
    id,
    username: name,
    is_admin: await isAdmin(access, id),
    experiment_permissions: startingWith(experimentThing(""), grants).map(presentExperimentGrant),
    registered_model_permissions: startingWith(modelThing(""), grants).map(presentModelGrant),
    scorer_permissions: [],
  };
}

export function presentExperimentGrant({ principal, thing, level }: ThingGrant): object {
  const experimentId = thing.slice(experimentThing("").length);
  return { experiment_id: experimentId, user_id: principal, permission: permissionOfLevel[level] };
}

export function presentModelGrant({ principal, thing, level }: ThingGrant): object {
  const name = thing.slice(modelThing("").length);
  return { name, user_id: principal, permission: permissionOfLevel[level], workspace: "default" };
}

function startingWith(beginning: string, grants: readonly ThingGrant[]): readonly ThingGrant[] {
  return grants.filter(({ thing }) => thing.startsWith(beginning));
}
