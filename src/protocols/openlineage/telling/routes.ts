import { z } from "zod";

import type { Database } from "#kernel/db";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { EndpointOrders } from "./orders.ts";
import { findEndpoint, withoutKey } from "./orders.ts";
import * as store from "./store.ts";
import type { Endpoint } from "./store.ts";

// What happens here leaves the house by an endpoint, as it does by a webhook.
const permission = "webhook:manage";
const tags = ["lineage"];
const path = "/api/v1/lineage/endpoints";

const endpointSchema = z
  .object({
    id: z.string(),
    project: z.string().nullable(),
    name: z.string(),
    url: z.string(),
    namespace: z.string(),
    hasKey: z.boolean(),
    isActive: z.boolean(),
    createdAtMs: z.number(),
    actor: z.string(),
    /** How many events wait, were sent in the last days, were refused, or were given up. */
    events: z.object({
      pending: z.number(),
      sent: z.number(),
      refused: z.number(),
      givenUp: z.number(),
      dropped: z.number(),
    }),
    lastRefusal: z.object({ status: z.number().nullable(), error: z.string(), atMs: z.number() }).nullable(),
  })
  .meta({ id: "LineageEndpoint" });

/** Endpoints that are told of runs here, for whoever may manage what leaves the house. */
export function createEndpointRoutes(db: Database, orders: EndpointOrders): readonly Route[] {
  const show = async (endpoint: Endpoint): Promise<z.input<typeof endpointSchema>> => {
    const counts = await store.countByState(db, endpoint.id);
    const events = {
      pending: counts["pending"] ?? 0,
      sent: counts["sent"] ?? 0,
      refused: counts["refused"] ?? 0,
      givenUp: counts["given_up"] ?? 0,
      dropped: counts["dropped"] ?? 0,
    };
    return { ...endpoint, events, lastRefusal: await store.lastRefusal(db, endpoint.id) };
  };
  return [
    defineRoute({
      method: "GET",
      path,
      permission,
      scope: "handler",
      summary: "The endpoints told of the runs of a project, or of all projects, and what waits for each",
      tags,
      query: z.object({ project: z.string().optional() }),
      response: z.object({ endpoints: z.array(endpointSchema) }),
      async handler({ query, allow }) {
        await allow(query.project);
        const wanted = query.project ?? null;
        const endpoints = (await store.readEndpoints(db)).filter(({ project }) => project === wanted);
        return { endpoints: await Promise.all(endpoints.map(withoutKey).map(show)) };
      },
    }),
    defineRoute({
      method: "POST",
      path,
      permission,
      scope: "handler",
      summary: "Adds an endpoint that is told of every run from now on; its key is never shown again",
      tags,
      body: z.strictObject({
        name: z.string(),
        url: z.string(),
        namespace: z.string().optional(),
        key: z.string().min(1).max(4_000).optional(),
        project: z.string().nullable().default(null),
      }),
      status: 201,
      response: endpointSchema,
      async handler({ body, principal, allow }) {
        await allow(body.project ?? undefined);
        return await show(await orders.createEndpoint({ ...body, actor: principal.id }));
      },
    }),
    defineRoute({
      method: "PATCH",
      path: `${path}/:endpoint`,
      permission,
      scope: "handler",
      summary: "Switches an endpoint on or off; what waits for one that is off is dropped",
      tags,
      body: z.strictObject({ isActive: z.boolean() }),
      response: endpointSchema,
      async handler({ params: { endpoint: id }, body: { isActive }, principal, allow }) {
        await allow((await findEndpoint(db, id)).project ?? undefined);
        return await show(await orders.switchEndpoint({ id, isActive, actor: principal.id }));
      },
    }),
    defineRoute({
      method: "DELETE",
      path: `${path}/:endpoint`,
      permission,
      scope: "handler",
      summary: "Deletes an endpoint with what waits for it",
      tags,
      response: z.void(),
      async handler({ params: { endpoint: id }, principal, allow }) {
        await allow((await findEndpoint(db, id)).project ?? undefined);
        await orders.deleteEndpoint({ id, actor: principal.id });
      },
    }),
    defineRoute({
      method: "POST",
      path: `${path}/:endpoint/retry`,
      permission,
      scope: "handler",
      summary: "Tells an endpoint again what was given up",
      tags,
      response: z.object({ events: z.number() }),
      async handler({ params: { endpoint: id }, principal, allow }) {
        await allow((await findEndpoint(db, id)).project ?? undefined);
        return { events: await orders.retryEndpoint({ id, actor: principal.id }) };
      },
    }),
  ];
}
