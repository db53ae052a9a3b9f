import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import { secret } from "./schemas.ts";
import type { Secrets } from "./secrets.ts";

const base = "/api/v1/projects/:project/secrets";
const tags = ["pipelines"];

/** Secrets are set and removed here, and listed by their names; no route gives a value. */
export function createSecretRoutes(secrets: Secrets): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: base,
      permission: "project:read",
      summary: "Lists the secrets of a project by their names; their values are in no answer",
      tags,
      response: z.object({ secrets: z.array(secret) }),
      handler: async ({ params }) => ({ secrets: [...(await secrets.list(params.project))] }),
    }),
    defineRoute({
      method: "PUT",
      path: `${base}/:name`,
      permission: "project:write",
      summary: "Sets a secret that stages of the pipeline may declare",
      tags,
      body: z.strictObject({ value: z.string().min(1).max(65_536) }),
      response: secret,
      handler: async ({ params, body, principal }) =>
        await secrets.set({ ...params, value: body.value, actor: principal.id }),
    }),
    defineRoute({
      method: "DELETE",
      path: `${base}/:name`,
      permission: "project:write",
      summary: "Removes a secret",
      tags,
      response: z.void(),
      handler: async ({ params, principal }) => await secrets.remove({ ...params, actor: principal.id }),
    }),
  ];
}
