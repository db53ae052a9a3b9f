import { sql } from "kysely";
import { z } from "zod";

import type { Database, Migration } from "#kernel/db";

import { isWebhookEventName } from "./event-names.ts";
import type { DeliveryDetail, DeliveryState, Webhook } from "./index.ts";

declare module "#kernel/db" {
  interface Tables {
    webhooks: WebhookRow;
    webhook_deliveries: DeliveryRow;
  }
}

interface WebhookRow {
  id: string;
  project: string | null;
  name: string;
  description: string;
  url: string;
  events: string;
  active: number;
  sealed_secret: string | null;
  created_at_ms: number;
  updated_at_ms: number;
  actor: string;
}

interface DeliveryRow {
  id: string;
  webhook: string;
  event: string;
  body: string;
  state: string;
  attempts: number;
  status: number | null;
  error: string | null;
  created_at_ms: number;
  last_attempt_at_ms: number | null;
  answer: string | null;
}

export const migrations: readonly Migration[] = [
  {
    id: "webhooks-001",
    statements: ({ text, integer, strict }) => [
      `create table webhooks (
        id ${text} primary key, project ${text}, name ${text} not null, description ${text} not null,
        url ${text} not null, events ${text} not null, active ${integer} not null, sealed_secret ${text},
        created_at_ms ${integer} not null, updated_at_ms ${integer} not null, actor ${text} not null
      ) ${strict}`,
      `create table webhook_deliveries (
        id ${text} primary key, webhook ${text} not null references webhooks (id), event ${text} not null,
        body ${text} not null, state ${text} not null, attempts ${integer} not null, status ${integer},
        error ${text}, created_at_ms ${integer} not null, last_attempt_at_ms ${integer}
      ) ${strict}`,
      `create index webhook_deliveries_webhook on webhook_deliveries (webhook, created_at_ms)`,
    ],
  },
  {
    id: "webhooks-002",
    statements: ({ text }) => [`alter table webhook_deliveries add column answer ${text}`],
  },
];

/** A webhook with what no answer shows. */
export interface KeptWebhook extends Webhook {
  readonly sealedSecret: string | null;
}

export async function insertWebhook(db: Database, webhook: KeptWebhook): Promise<void> {
  await db.query.insertInto("webhooks").values(toRow(webhook)).execute();
}

export async function saveWebhook(db: Database, webhook: KeptWebhook): Promise<void> {
  const { id, ...changed } = toRow(webhook);
  await db.query.updateTable("webhooks").set(changed).where("id", "=", id).execute();
}

export async function readWebhook(db: Database, id: string): Promise<KeptWebhook | undefined> {
  const row = await db.query.selectFrom("webhooks").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toWebhook(row);
}

/** Newest first. */
export async function readWebhooks(db: Database): Promise<KeptWebhook[]> {
  const rows = await db.query
    .selectFrom("webhooks")
    .selectAll()
    .orderBy("created_at_ms", "desc")
    .orderBy("id", "desc")
    .execute();
  return rows.map(toWebhook);
}

export async function deleteWebhook(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("webhook_deliveries").where("webhook", "=", id).execute();
  await db.query.deleteFrom("webhooks").where("id", "=", id).execute();
}

/** False when it is there already: the event was brought before. */
export async function insertDelivery(db: Database, delivery: DeliveryDetail): Promise<boolean> {
  const result = await db.query
    .insertInto("webhook_deliveries")
    .values({
      id: delivery.id,
      webhook: delivery.webhook,
      event: delivery.event,
      body: delivery.body,
      ...outcomeColumns(delivery),
      created_at_ms: delivery.createdAtMs,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export type Outcome = Pick<
  DeliveryDetail,
  "state" | "attempts" | "status" | "error" | "lastAttemptAtMs" | "answer"
>;

export async function saveOutcome(db: Database, id: string, outcome: Outcome): Promise<void> {
  await db.query
    .updateTable("webhook_deliveries")
    .set(outcomeColumns(outcome))
    .where("id", "=", id)
    .execute();
}

export async function readDelivery(db: Database, id: string): Promise<DeliveryDetail | undefined> {
  const row = await db.query
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toDelivery(row);
}

/** Newest first. */
export async function readDeliveries(
  db: Database,
  webhook: string,
  limit: number,
): Promise<DeliveryDetail[]> {
  const rows = await db.query
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("webhook", "=", webhook)
    .orderBy("created_at_ms", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(toDelivery);
}

/** The newest of each webhook that has any. */
export async function readLastDeliveries(db: Database): Promise<DeliveryDetail[]> {
  const { rows } = await sql<DeliveryRow>`
    select last.* from webhooks join webhook_deliveries as last on last.id = (
      select id from webhook_deliveries where webhook = webhooks.id order by created_at_ms desc, id limit 1
    )
  `.execute(db.query);
  return rows.map(toDelivery);
}

/** Those that ended, whatever the end was. */
export async function deleteOldDeliveries(db: Database, createdBeforeMs: number): Promise<void> {
  await db.query
    .deleteFrom("webhook_deliveries")
    .where("created_at_ms", "<", createdBeforeMs)
    .where("state", "!=", "pending")
    .execute();
}

function outcomeColumns({ state, attempts, status, error, lastAttemptAtMs, answer }: Outcome) {
  return { state, attempts, status, error, last_attempt_at_ms: lastAttemptAtMs, answer };
}

const namesSchema = z.array(z.string());

function toWebhook(row: WebhookRow): KeptWebhook {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    description: row.description,
    url: row.url,
    events: namesSchema.parse(JSON.parse(row.events)).filter(isWebhookEventName),
    isActive: row.active === 1,
    hasSecret: row.sealed_secret !== null,
    sealedSecret: row.sealed_secret,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    actor: row.actor,
  };
}

function toRow(webhook: KeptWebhook): WebhookRow {
  return {
    id: webhook.id,
    project: webhook.project,
    name: webhook.name,
    description: webhook.description,
    url: webhook.url,
    events: JSON.stringify(webhook.events),
    active: webhook.isActive ? 1 : 0,
    sealed_secret: webhook.sealedSecret,
    created_at_ms: webhook.createdAtMs,
    updated_at_ms: webhook.updatedAtMs,
    actor: webhook.actor,
  };
}

function toDelivery(row: DeliveryRow): DeliveryDetail {
  if (!isWebhookEventName(row.event)) throw new Error(`the database holds an unknown event: ${row.event}`);
  return {
    id: row.id,
    webhook: row.webhook,
    event: row.event,
    body: row.body,
    state: toState(row.state),
    attempts: row.attempts,
    status: row.status,
    error: row.error,
    createdAtMs: row.created_at_ms,
    lastAttemptAtMs: row.last_attempt_at_ms,
    answer: row.answer,
  };
}

const states: readonly DeliveryState[] = ["pending", "delivered", "failed", "dropped"];

function toState(text: string): DeliveryState {
  const state = states.find((one) => one === text);
  if (state === undefined) throw new Error(`the database holds an unknown state of a delivery: ${text}`);
  return state;
}
