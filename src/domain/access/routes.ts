import { z } from "zod";

import { authProblems, permissions, sessionCookie, sessionSecretOf } from "#kernel/auth";
import type { Bounds, Permission } from "#kernel/auth";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route, Visit } from "#kernel/http";

import type { Access } from "./index.ts";
import { isNameOfPrincipal } from "./names.ts";
import { permissionsOf, roleNames } from "./roles.ts";
import { listGrantsIn, listTokens } from "./store.ts";

const role = z.enum(roleNames).meta({ id: "Role" });
const principal = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(["person", "service", "system"]),
    createdAtMs: z.number().optional(),
  })
  .meta({ id: "Principal" });
const grant = z.object({ role, project: z.string().nullable() }).meta({ id: "Grant" });
const token = z
  .object({
    id: z.string(),
    principal: z.string(),
    label: z.string(),
    createdAtMs: z.number(),
    expiresAtMs: z.number().nullable(),
    lastUsedAtMs: z.number().nullable(),
    revokedAtMs: z.number().nullable(),
  })
  .meta({ id: "Token" });
const name = z
  .string()
  .refine(isNameOfPrincipal, "a name of letters, digits, spaces and . _ @ - (at most 100)");

type Parts = { readonly db: Database; readonly access: Omit<Access, "routes"> };

export function createRoutes(parts: Parts): Route[] {
  return [...sessionRoutes(parts), ...principalRoutes(parts), peopleRoute(parts), ...grantRoutes(parts)];
}

function sessionRoutes({ access }: Parts): Route[] {
  const tags = ["session"];
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/me",
      permission: "public",
      summary: "Who I am here and what I may",
      tags,
      response: z
        .object({
          principal: principal.extend({ via: z.enum(["local", "token", "session", "password", "none"]) }),
          grants: z.array(grant),
          permissions: z.object({
            everywhere: z.array(z.enum(permissions)),
            projects: z.record(z.string(), z.array(z.enum(permissions))),
          }),
        })
        .meta({ id: "Me" }),
      async handler(visit) {
        if (visit.principal.via === "none") {
          throw new Problem(authProblems.not_signed_in, { message: "Nobody is signed in." });
        }
        const { bounds } = visit.principal;
        if (bounds !== undefined)
          return { principal: visit.principal, ...(await withinBounds(access, visit.principal.id, bounds)) };
        const grants = await access.grantsOf(visit.principal.id);
        const projects = grants.flatMap((one) => one.project ?? []);
        return {
          principal: visit.principal,
          grants,
          permissions: {
            everywhere: permissionsOf(grants, undefined),
            projects: Object.fromEntries(
              projects.map((project) => [project, permissionsOf(grants, project)]),
            ),
          },
        };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/session",
      permission: "public",
      summary: "Signs a browser in with a token",
      tags,
      body: z.object({ token: z.string().max(200) }),
      response: z.object({ principal, expiresAtMs: z.number() }),
      async handler(visit) {
        const session = await access.commands.signIn(visit.body.token);
        visit.setHeader("set-cookie", cookie(visit, session.secret, session.lengthMs / 1_000));
        return { principal: session.principal, expiresAtMs: session.expiresAtMs };
      },
    }),
    defineRoute({
      method: "DELETE",
      path: "/api/v1/session",
      permission: "public",
      summary: "Signs this browser out",
      tags,
      response: z.void(),
      async handler(visit) {
        const secret = sessionSecretOf(visit.request.headers.cookie ?? "");
        if (secret !== undefined) await access.commands.signOut(secret);
        visit.setHeader("set-cookie", cookie(visit, "", 0));
      },
    }),
  ];
}

/** What somebody who acts for a principal may do: what both may. */
async function withinBounds(
  access: Pick<Access, "may">,
  principal: string,
  { project, permissions: most }: Bounds,
): Promise<{
  grants: [];
  permissions: { everywhere: []; projects: Record<string, Permission[]> };
}> {
  const held = await Promise.all(most.map(async (one) => await access.may(principal, one, project)));
  const both = most.filter((_, index) => held[index]);
  return { grants: [], permissions: { everywhere: [], projects: { [project]: both } } };
}

/** SameSite=Strict keeps it out of every request another site causes; HttpOnly out of every script. */
function cookie(visit: Visit, secret: string, maximumAgeSeconds: number): string {
  const secure = visit.request.headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
  return `${sessionCookie}=${secret}; Path=/; Max-Age=${Math.floor(maximumAgeSeconds)}; HttpOnly; SameSite=Strict${secure}`;
}

function principalRoutes({ db, access }: Parts): Route[] {
  const tags = ["access"];
  const permission = "access:manage";
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/principals",
      permission,
      summary: "People and services, with their roles and tokens",
      tags,
      response: z.array(principal.extend({ grants: z.array(grant), tokens: z.array(token) })),
      async handler() {
        const all = await access.listPrincipals();
        return await Promise.all(
          all.map(async (one) => ({
            ...one,
            grants: await access.grantsOf(one.id),
            tokens: await listTokens(db, one.id),
          })),
        );
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/principals",
      permission,
      summary: "Adds a person or a service, with a role everywhere if wanted",
      tags,
      body: z.object({ name, kind: z.enum(["person", "service"]), role: role.optional() }),
      response: principal,
      status: 201,
      async handler({ body, principal: { id: actor } }) {
        return await db.transaction(async () => {
          const added = await access.commands.addPrincipal({ name: body.name, kind: body.kind, actor });
          if (body.role !== undefined) {
            await access.commands.grantRole({ principal: added.id, role: body.role, project: null, actor });
          }
          return added;
        });
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/principals/:principal/tokens",
      permission,
      summary: "Issues a token; its secret is in this answer and nowhere else",
      tags,
      body: z.object({
        label: z.string().min(1).max(200),
        expiresAtMs: z.number().int().nullable().default(null),
      }),
      response: z.object({ token, secret: z.string() }),
      status: 201,
      handler: async ({ params, body, principal: { id: actor } }) =>
        await access.commands.issueToken({ principal: params.principal, ...body, actor }),
    }),
    defineRoute({
      method: "DELETE",
      path: "/api/v1/tokens/:token",
      permission,
      summary: "Revokes a token and the sessions opened with it",
      tags,
      response: z.void(),
      async handler({ params, principal: { id: actor } }) {
        await access.commands.revokeToken({ token: params.token, actor });
      },
    }),
  ];
}

/** Ids stand in every answer; this tells in one answer whose they are, also of those who hold no role any more. */
function peopleRoute({ access }: Parts): Route {
  return defineRoute({
    method: "GET",
    path: "/api/v1/projects/:project/people",
    permission: "project:read",
    summary: "The names of everyone who may appear as an actor",
    tags: ["access"],
    response: z.object({ people: z.array(principal.omit({ createdAtMs: true })) }),
    async handler() {
      const system = { id: "system", name: await access.nameOf("system"), kind: "system" as const };
      return { people: [system, ...(await access.listPrincipals())] };
    },
  });
}

function grantRoutes({ db, access }: Parts): Route[] {
  const path = "/api/v1/projects/:project/grants";
  const tags = ["access"];
  const permission = "access:manage";
  return [
    defineRoute({
      method: "GET",
      path,
      permission: "project:read",
      summary: "Who holds which role in the project; those with a project of null hold it everywhere",
      tags,
      response: z.array(z.object({ principal, grant })),
      handler: async ({ params }) => await listGrantsIn(db, params.project),
    }),
    defineRoute({
      method: "POST",
      path,
      permission,
      summary: "Grants a role in the project",
      tags,
      body: z.object({ principal: z.string(), role }),
      response: z.void(),
      async handler({ params, body, principal: { id: actor } }) {
        await access.commands.grantRole({ ...body, project: params.project, actor });
      },
    }),
    defineRoute({
      method: "DELETE",
      path,
      permission,
      summary: "Revokes a role in the project",
      tags,
      query: z.object({ principal: z.string(), role }),
      response: z.void(),
      async handler({ params, query, principal: { id: actor } }) {
        await access.commands.revokeRole({ ...query, project: params.project, actor });
      },
    }),
  ];
}
