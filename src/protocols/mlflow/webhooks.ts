import { z } from "zod";

import { isWebhookEventName } from "#webhooks";
import type { Webhook, WebhookEventName, Webhooks } from "#webhooks";
import type { WebhookCommands } from "#webhooks/commands";

import { defineCall } from "./calls.ts";
import type { Call } from "./calls.ts";
import { nextToken } from "./experiments.ts";
import { array, integer, invalid, missingParameter, optionalText, text } from "./wire.ts";

export type WebhooksForMlflow = Webhooks & { readonly commands: WebhookCommands };

const base = "/mlflow/webhooks";
const permission = "webhook:manage";

const eventInput = z.object({ entity: text, action: text });
const status = z.enum(["ACTIVE", "DISABLED"]).optional();
const id = z.object({ webhook_id: text });

/**
 * Webhooks in MLflow's form. Its clients know a closed set of events: of others they are told nothing,
 * and a webhook that has no other is not listed to them.
 */
export function createWebhookCalls({ commands, ...webhooks }: WebhooksForMlflow): readonly Call[] {
  return [
    defineCall({
      method: "POST",
      path: base,
      permission,
      summary: "Makes a webhook for events of all projects.",
      input: z.object({
        name: text,
        url: text,
        description: text.default(""),
        events: array(eventInput),
        secret: optionalText,
        status,
      }),
      async handler({ name, url, description, ...input }, caller) {
        await caller.allowEverywhere();
        if (input.events.length === 0) throw missingParameter("events");
        const webhook = await commands.createWebhook({
          project: null,
          name,
          url,
          description,
          events: input.events.map(readEvent),
          secret: input.secret === "" ? undefined : input.secret,
          isActive: input.status !== "DISABLED",
          actor: caller.principal.id,
        });
        return { webhook: present(webhook) };
      },
    }),
    defineCall({
      method: "GET",
      path: base,
      permission,
      summary: "Lists webhooks.",
      input: z.object({ max_results: integer.default(100), page_token: text.default("") }),
      async handler(input, caller) {
        await caller.allowEverywhere();
        const all = (await webhooks.listWebhooks()).filter((webhook) => knownEvents(webhook).length > 0);
        const from = offsetOf(input.page_token);
        const to = from + webhookPageSize(input.max_results);
        const token = to < all.length ? Buffer.from(String(to)).toString("base64url") : undefined;
        return { webhooks: all.slice(from, to).map(present), ...nextToken(token) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/:webhook_id`,
      permission,
      summary: "Gets a webhook.",
      input: id,
      async handler({ webhook_id: webhook }, caller) {
        await caller.allowEverywhere();
        return { webhook: present(await webhooks.getWebhook(webhook)) };
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/:webhook_id`,
      permission,
      summary: "Changes a webhook.",
      input: id.extend({
        name: optionalText,
        url: optionalText,
        description: optionalText,
        events: array(eventInput),
        secret: optionalText,
        status,
      }),
      async handler(input, caller) {
        await caller.allowEverywhere();
        const webhook = await commands.changeWebhook({
          id: input.webhook_id,
          name: given(input.name),
          url: given(input.url),
          description: given(input.description),
          events: input.events.length === 0 ? undefined : input.events.map(readEvent),
          secret: given(input.secret),
          isActive: input.status === undefined ? undefined : input.status === "ACTIVE",
          actor: caller.principal.id,
        });
        return { webhook: present(webhook) };
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/:webhook_id`,
      permission,
      summary: "Deletes a webhook.",
      input: id,
      async handler({ webhook_id: webhook }, caller) {
        await caller.allowEverywhere();
        await commands.deleteWebhook({ id: webhook, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/:webhook_id/test`,
      permission,
      summary: "Sends an example to a webhook and says what came back.",
      input: id.extend({ event: eventInput.optional() }),
      async handler({ webhook_id: webhook, event }, caller) {
        await caller.allowEverywhere();
        const result = await commands.testWebhook(
          webhook,
          event === undefined ? undefined : readEvent(event),
        );
        return {
          result: {
            success: result.success,
            ...(result.status === null ? {} : { response_status: result.status }),
            ...(result.body === null ? {} : { response_body: result.body }),
            ...(result.error === null ? {} : { error_message: result.error }),
          },
        };
      },
    }),
  ];
}

function present(webhook: Webhook): object {
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    ...(webhook.description === "" ? {} : { description: webhook.description }),
    url: webhook.url,
    events: knownEvents(webhook).map((event) => {
      const [entity, action] = event.toUpperCase().split(".");
      return { entity, action };
    }),
    status: webhook.isActive ? "ACTIVE" : "DISABLED",
    creation_timestamp: webhook.createdAtMs,
    last_updated_timestamp: webhook.updatedAtMs,
  };
}

const knownEntities =
  /^(registered_model|model_version(_tag|_alias)?|prompt(_version)?(_tag)?|prompt_alias)\./;

function knownEvents({ events }: Webhook): readonly WebhookEventName[] {
  return events.filter((event) => knownEntities.test(event));
}

function readEvent({
  entity,
  action,
}: {
  readonly entity: string;
  readonly action: string;
}): WebhookEventName {
  const name = `${entity}.${action}`.toLowerCase();
  if (isWebhookEventName(name)) return name;
  throw invalid(`Invalid action '${action.slice(0, 80)}' for entity '${entity.slice(0, 80)}'.`);
}

function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function offsetOf(token: string): number {
  if (token === "") return 0;
  const offset = Buffer.from(token, "base64url").toString();
  if (/^\d{1,9}$/.test(offset)) return Number(offset);
  throw invalid(`Invalid page token: it was not given by this server.`);
}

const mostOnPage = 1_000;

/** In the words that clients know for webhooks. */
function webhookPageSize(wanted: number): number {
  if (wanted >= 1 && wanted <= mostOnPage) return wanted;
  throw invalid(`max_results must be between 1 and ${mostOnPage}, got ${wanted}`);
}
