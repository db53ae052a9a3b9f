import { z } from "zod";

import { accessProblems, isNameOfPrincipal, outsideProjects } from "#access";
import type { Access, PrincipalRecord } from "#access";
import { authProblems } from "#kernel/auth";
import { Problem } from "#kernel/errors";

import { defineCall } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { findUser, isAdmin, presentUser } from "./present-users.ts";
import { boolean, invalid, missingParameter, optionalText, text } from "./wire.ts";

const base = "/mlflow/users";
const named = z.object({ username: text });

/**
 * Users as MLflow knows them, on our principals: an admin is an owner everywhere, and a new user is a
 * member of what belongs to no project. The calls decide themselves who may: everybody sees themselves
 * and changes their own password, an owner everywhere the rest.
 */
export function createUserCalls(access: Access): readonly Call[] {
  const { commands } = access;

  async function requireAdmin({ principal }: Caller): Promise<string> {
    requireSomebody(principal.via);
    await access.authorise(principal, "access:manage");
    return principal.id;
  }

  async function ofThemselvesOrAdmin(caller: Caller, username: string): Promise<PrincipalRecord> {
    requireSomebody(caller.principal.via);
    // Who acts for somebody is not that somebody: a step must not set its person's password.
    const isThemselves = caller.principal.name === username && caller.principal.bounds === undefined;
    if (!isThemselves) await requireAdmin(caller);
    return await findUser(access, username);
  }

  return [
    defineCall({
      method: "POST",
      path: `${base}/create`,
      permission: "public",
      summary: "Adds a user with a password.",
      input: z.object({ username: optionalText, password: optionalText }),
      async handler({ username, password }, caller) {
        const actor = await requireAdmin(caller);
        if (username === undefined) throw missingParameter("username");
        if (password === undefined) throw missingParameter("password");
        if (username === "" || password === "") throw invalid("Username and password cannot be empty.");
        if (!isNameOfPrincipal(username)) {
          throw invalid(`Invalid value '${username.slice(0, 80)}' for parameter 'username' supplied.`);
        }
        if ((await access.findPrincipal(username)) !== undefined) throw exists(username);
        const user = await commands.addPrincipal({
          name: username,
          kind: "person",
          grant: { role: "member", project: outsideProjects },
          password,
          actor,
        });
        return { user: await presentUser(access, user) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/get`,
      permission: "public",
      summary: "Gets a user.",
      input: named,
      async handler({ username }, caller) {
        return { user: await presentUser(access, await ofThemselvesOrAdmin(caller, username)) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/current`,
      permission: "public",
      summary: "Says who the caller is.",
      input: z.object({}),
      async handler(_, { principal: { id, name, via, bounds } }) {
        requireSomebody(via);
        const isAdministrator = bounds === undefined && (await isAdmin(access, id));
        return { user: { id, username: name, is_admin: isAdministrator } };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/list`,
      permission: "public",
      summary: "Lists users.",
      input: z.object({}),
      async handler(_, caller) {
        await requireAdmin(caller);
        return { users: (await access.listPrincipals()).map(({ id, name }) => ({ id, username: name })) };
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/update-password`,
      permission: "public",
      summary: "Sets a user's password; one's own needs the current one.",
      input: z.object({ username: optionalText, password: optionalText, current_password: optionalText }),
      async handler({ username, password, current_password: current }, caller) {
        if (username === undefined) throw missingParameter("username");
        if (password === undefined) throw missingParameter("password");
        const user = await ofThemselvesOrAdmin(caller, username);
        if (user.id === caller.principal.id && caller.principal.via === "password") {
          if (current === undefined || current === "") throw invalid("Current password is required.");
          if (!(await access.isPasswordOf(username, current)))
            throw invalid("Current password does not match.");
        }
        await commands.setPassword({ principal: user.id, password, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/update-admin`,
      permission: "public",
      summary: "Makes a user an owner everywhere, or takes that away.",
      input: named.extend({ is_admin: boolean }),
      async handler({ username, is_admin: isOwner }, caller) {
        const actor = await requireAdmin(caller);
        const { id: principal } = await findUser(access, username);
        const order = { principal, role: "owner", project: null, actor } as const;
        await (isOwner ? commands.grantRole(order) : commands.revokeRole(order));
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/delete`,
      permission: "public",
      summary: "Removes a user; what they did stays theirs in the ledger.",
      input: named,
      async handler({ username }, caller) {
        const actor = await requireAdmin(caller);
        await commands.removePrincipal({ principal: (await findUser(access, username)).id, actor });
      },
    }),
  ];
}

function requireSomebody(via: string): void {
  if (via !== "none") return;
  throw new Problem(authProblems.not_signed_in, { message: "Send a name and a password, or a token." });
}

function exists(username: string): Problem {
  return new Problem(accessProblems.principal_exists, {
    message: `User (username=${username}) already exists.`,
  });
}
