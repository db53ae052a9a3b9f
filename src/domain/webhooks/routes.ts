import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { WebhookCommands } from "./commands.ts";
import { webhookEventNames } from "./event-names.ts";
import type { Webhooks } from "./index.ts";

const eventName = z.enum(webhookEventNames);
const webhookSchema = z
  .object({
    id: z.string(),
    project: z.string().nullable(),
    name: z.string(),
    description: z.string(),
    url: z.string(),
    events: z.array(eventName).readonly(),
    isActive: z.boolean(),
    hasSecret: z.boolean(),
    createdAtMs: z.number(),
    updatedAtMs: z.number(),
    actor: z.string(),
  })
  .meta({ id: "Webhook" });
const deliverySchema = z
  .object({
    id: z.string(),
    webhook: z.string(),
    event: eventName,
    state: z.enum(["pending", "delivered", "failed", "dropped"]),
    attempts: z.number(),
    status: z.number().nullable(),
    error: z.string().nullable(),
    createdAtMs: z.number(),
    lastAttemptAtMs: z.number().nullable(),
  })
  .meta({ id: "WebhookDelivery" });
const listedSchema = webhookSchema
  .extend({ lastDelivery: deliverySchema.nullable() })
  .meta({ id: "ListedWebhook" });
const detailSchema = deliverySchema
  .extend({ body: z.string(), answer: z.string().nullable() })
  .meta({ id: "WebhookDeliveryDetail" });

const permission = "webhook:manage";
const tags = ["webhooks"];
const path = "/api/v1/webhooks";

const body = z.object({
  name: z.string(),
  url: z.string(),
  events: z.array(eventName),
  description: z.string().max(1_000).optional(),
  secret: z.string().optional(),
  isActive: z.boolean().optional(),
});

/** Webhooks carry what happens out of the house: whoever may manage them may in their project, or everywhere. */
export function createRoutes(webhooks: Webhooks, commands: WebhookCommands): Route[] {
  return [...ofWebhooks(webhooks, commands), ...ofDeliveries(webhooks, commands)];
}

function ofWebhooks(webhooks: Webhooks, commands: WebhookCommands): Route[] {
  return [
    defineRoute({
      method: "GET",
      path,
      permission,
      scope: "handler",
      summary: "The webhooks of a project, or those of all projects",
      tags,
      query: z.object({ project: z.string().optional() }),
      response: z.object({ webhooks: z.array(listedSchema) }),
      async handler({ query, allow }) {
        await allow(query.project);
        const wanted = query.project ?? null;
        const found = (await webhooks.listWebhooks()).filter(({ project }) => project === wanted);
        const last = new Map((await webhooks.lastDeliveries()).map((one) => [one.webhook, one]));
        return { webhooks: found.map((one) => ({ ...one, lastDelivery: last.get(one.id) ?? null })) };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${path}/events`,
      permission: "public",
      summary: "The names of what a webhook can be told",
      tags,
      response: z.object({ events: z.array(eventName) }),
      handler: async () => ({ events: [...webhookEventNames] }),
    }),
    defineRoute({
      method: "POST",
      path,
      permission,
      scope: "handler",
      summary: "Makes a webhook; its secret is never shown again",
      tags,
      body: body.extend({ project: z.string().nullable().default(null) }),
      response: webhookSchema,
      status: 201,
      async handler({ body: { description, secret, isActive, ...given }, principal, allow }) {
        await allow(given.project ?? undefined);
        return await commands.createWebhook({
          ...given,
          description: description ?? "",
          secret,
          isActive: isActive ?? true,
          actor: principal.id,
        });
      },
    }),
    defineRoute({
      method: "GET",
      path: `${path}/:webhook`,
      permission,
      scope: "handler",
      summary: "A webhook",
      tags,
      response: webhookSchema,
      async handler({ params, allow }) {
        const webhook = await webhooks.getWebhook(params.webhook);
        await allow(webhook.project ?? undefined);
        return webhook;
      },
    }),
    defineRoute({
      method: "PATCH",
      path: `${path}/:webhook`,
      permission,
      scope: "handler",
      summary: "Changes a webhook, switches it on or off, or gives it another secret",
      tags,
      body: body.partial(),
      response: webhookSchema,
      async handler({ params, body: changes, principal, allow }) {
        await allow((await webhooks.getWebhook(params.webhook)).project ?? undefined);
        return await commands.changeWebhook({ id: params.webhook, ...changes, actor: principal.id });
      },
    }),
    defineRoute({
      method: "DELETE",
      path: `${path}/:webhook`,
      permission,
      scope: "handler",
      summary: "Deletes a webhook with its deliveries",
      tags,
      response: z.void(),
      async handler({ params, principal, allow }) {
        await allow((await webhooks.getWebhook(params.webhook)).project ?? undefined);
        await commands.deleteWebhook({ id: params.webhook, actor: principal.id });
      },
    }),
  ];
}

function ofDeliveries(webhooks: Webhooks, commands: WebhookCommands): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: `${path}/:webhook/test`,
      permission,
      scope: "handler",
      summary: "Sends an example now, once, and says what came back",
      tags,
      body: z.object({ event: eventName.optional() }),
      response: z.object({
        success: z.boolean(),
        status: z.number().nullable(),
        body: z.string().nullable(),
        error: z.string().nullable(),
      }),
      async handler({ params, body: { event }, allow }) {
        await allow((await webhooks.getWebhook(params.webhook)).project ?? undefined);
        return await commands.testWebhook(params.webhook, event);
      },
    }),
    defineRoute({
      method: "GET",
      path: `${path}/:webhook/deliveries`,
      permission,
      scope: "handler",
      summary: "What was sent, newest first, and how it went",
      tags,
      query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
      response: z.object({ deliveries: z.array(deliverySchema) }),
      async handler({ params, query, allow }) {
        await allow((await webhooks.getWebhook(params.webhook)).project ?? undefined);
        return { deliveries: [...(await webhooks.listDeliveries(params.webhook, query.limit))] };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${path}/:webhook/deliveries/:delivery`,
      permission,
      scope: "handler",
      summary: "One delivery: what was sent, and the beginning of what came back",
      tags,
      response: detailSchema,
      async handler({ params, allow }) {
        await allow((await webhooks.getWebhook(params.webhook)).project ?? undefined);
        return await webhooks.getDelivery(params.webhook, params.delivery);
      },
    }),
    defineRoute({
      method: "POST",
      path: `${path}/:webhook/deliveries/:delivery/retry`,
      permission,
      scope: "handler",
      summary: "Sends a failed delivery again, under its id",
      tags,
      response: z.void(),
      async handler({ params, principal, allow }) {
        await allow((await webhooks.getWebhook(params.webhook)).project ?? undefined);
        await commands.retryDelivery({ ...params, actor: principal.id });
      },
    }),
  ];
}
