import { z } from "zod";

import { accessProblems, outsideProjects } from "#access";
import type { Access, Level } from "#access";
import { authProblems } from "#kernel/auth";
import type { Permission } from "#kernel/auth";
import { Problem } from "#kernel/errors";

import { defineCall } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { findUser } from "./present-users.ts";
import type { Resource, Resources } from "./resources.ts";
import { given, invalid } from "./wire.ts";

interface Parts {
  readonly access: Access;
  readonly resources: Resources;
}

const base = "/mlflow/users/permissions";
const about = z.object({ username: given, resource_type: given, resource_id: given });

/** What may be granted. `DENY` shuts out, as NO_PERMISSIONS does in the calls of older clients. */
const levelOf: Readonly<Record<string, Level>> = {
  READ: "read",
  USE: "use",
  EDIT: "edit",
  MANAGE: "manage",
  DENY: "none",
};

/** Of the names of permissions, those with which MLflow calls somebody allowed: reading alone is not enough. */
const allowing: readonly string[] = ["USE", "EDIT", "MANAGE"];

/**
 * Grants on single experiments, models and prompts by one shape of call, as clients since 3.12 ask for them. They are
 * the same grants that `permissions.ts` gives.
 */
export function createUserPermissionCalls({ access, resources }: Parts): readonly Call[] {
  const { commands } = access;

  const find = async (type: string, id: string): Promise<Resource & { readonly write: Permission }> => {
    const { model } = resources;
    if (id === "*") throw invalid("Grants are on single resources here: resource_id cannot be '*'.");
    if (type === "experiment") return { ...(await resources.experiment(id)), write: "run:write" };
    // Prompts are kept as registered models.
    if ((type === "registered_model" || type === "prompt") && model !== undefined)
      return { ...(await model(id)), write: "model:write" };
    throw invalid(
      `Invalid resource type '${type.slice(0, 80)}'. ` +
        "Valid resource types are: ('experiment', 'prompt', 'registered_model')",
    );
  };
  const levelOn = async (principal: string, thing: string): Promise<Level | undefined> =>
    (await access.thingGrants({ principal })).find((grant) => grant.thing === thing)?.level;

  /** Everybody may ask about themselves, and who manages the resource about everybody. */
  async function mayAsk(
    { principal }: Caller,
    username: string,
    { project, thing }: Resource,
  ): Promise<void> {
    if (principal.via === "none")
      throw new Problem(authProblems.not_signed_in, { message: "Send a name and a password, or a token." });
    if (principal.name === username && principal.bounds === undefined) return;
    await access.authorise(principal, "access:manage", project ?? outsideProjects, thing);
  }

  return [
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/grant`,
      permission: "access:manage",
      summary: "Grants a user something on one experiment, model or prompt, or changes what was granted.",
      input: about.extend({ permission: given }),
      async handler({ username, resource_type: type, resource_id: id, permission }, caller) {
        const resource = await find(type, id);
        await caller.allow(resource);
        const level = Object.hasOwn(levelOf, permission) ? levelOf[permission] : undefined;
        if (level === undefined) {
          const valid = Object.keys(levelOf).map((name) => `'${name}'`);
          throw invalid(
            `Invalid permission '${permission.slice(0, 80)}' for resource_type='${type}'. ` +
              `Resource-level grants accept only: (${valid.join(", ")}).`,
          );
        }
        const { id: principal } = await findUser(access, username);
        const { thing } = resource;
        await commands.grantThing({ principal, thing, level, actor: caller.principal.id });
      },
    }),
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/revoke`,
      permission: "access:manage",
      summary: "Takes back what a user was granted on one experiment, model or prompt.",
      input: about,
      async handler({ username, resource_type: type, resource_id: id }, caller) {
        const resource = await find(type, id);
        await caller.allow(resource);
        const { id: principal } = await findUser(access, username);
        const { thing } = resource;
        if ((await levelOn(principal, thing)) === undefined) {
          throw new Problem(accessProblems.thing_grant_not_found, {
            message:
              `Permission for user=${username} on resource_type=${type}, ` +
              `resource_id=${id.slice(0, 100)} not found.`,
          });
        }
        await commands.revokeThing({ principal, thing, actor: caller.principal.id });
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/get`,
      permission: "public",
      summary: "Says what a user may do with one experiment, model or prompt, by roles and grants together.",
      input: about,
      async handler({ username, resource_type: type, resource_id: id }, caller) {
        const resource = await find(type, id);
        await mayAsk(caller, username, resource);
        const { id: principal } = await findUser(access, username);
        const permission = await effective(principal, resource);
        return { allowed: allowing.includes(permission), permission };
      },
    }),
  ];

  async function effective(
    principal: string,
    { project, thing, write }: Resource & { readonly write: Permission },
  ): Promise<string> {
    const may = (permission: Permission): Promise<boolean> =>
      access.may(principal, permission, project ?? outsideProjects, thing);
    if (await may("access:manage")) return "MANAGE";
    if (await may(write)) return "EDIT";
    const level = await levelOn(principal, thing);
    if (await may("run:read")) return level === "use" ? "USE" : "READ";
    return level === "none" ? "DENY" : "NO_PERMISSIONS";
  }
}
