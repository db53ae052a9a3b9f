import { sql } from "kysely";

import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    openlineage_endpoints: EndpointRow;
    openlineage_lanes: { endpoint: string; lane: string };
    openlineage_outbox: OutboxRow;
  }
}

interface EndpointRow {
  id: string;
  project: string | null;
  name: string;
  url: string;
  namespace: string;
  sealed_key: string | null;
  active: number;
  created_at_ms: number;
  actor: string;
}

interface OutboxRow {
  id: string;
  endpoint: string;
  lane: string;
  position: number;
  body: string;
  state: string;
  attempts: number;
  status: number | null;
  error: string | null;
  created_at_ms: number;
  ended_at_ms: number | null;
}

export const migrations: readonly Migration[] = [
  {
    id: "openlineage-001",
    statements: ({ text, integer, strict, clustered }) => [
      `create table openlineage_endpoints (
        id ${text} primary key, project ${text}, name ${text} not null, url ${text} not null,
        namespace ${text} not null, sealed_key ${text}, active ${integer} not null,
        created_at_ms ${integer} not null, actor ${text} not null
      ) ${strict}`,
      `create table openlineage_lanes (
        endpoint ${text} not null, lane ${text} not null, primary key (endpoint, lane)
      ) ${clustered}`,
      `create table openlineage_outbox (
        id ${text} primary key, endpoint ${text} not null, lane ${text} not null, position ${integer} not null,
        body ${text} not null, state ${text} not null, attempts ${integer} not null, status ${integer},
        error ${text}, created_at_ms ${integer} not null, ended_at_ms ${integer}
      ) ${strict}`,
      `create index openlineage_outbox_lane on openlineage_outbox (endpoint, lane, state, position)`,
      `create index openlineage_outbox_age on openlineage_outbox (state, ended_at_ms)`,
    ],
  },
];

/** Where lineage is told. Its key is nowhere but in the sealed column and in the header. */
export interface Endpoint {
  readonly id: string;
  /** Null: the runs of all projects. */
  readonly project: string | null;
  readonly name: string;
  /** The whole address that events are posted to, such as `https://marquez.example.org/api/v1/lineage`. */
  readonly url: string;
  /** The namespace of our jobs there: two servers that tell one receiver need two. */
  readonly namespace: string;
  readonly hasKey: boolean;
  readonly isActive: boolean;
  readonly createdAtMs: number;
  readonly actor: string;
}

export interface KeptEndpoint extends Endpoint {
  readonly sealedKey: string | null;
}

/**
 * pending → sent, or refused when the receiver will never take it, or given_up when it could not be
 * reached for a day, or dropped when the endpoint was switched off.
 */
export type OutboxState = "pending" | "sent" | "refused" | "given_up" | "dropped";

export interface Outgoing {
  readonly id: string;
  readonly endpoint: string;
  /** Events of one lane are told one after the other, in the order of their positions. */
  readonly lane: string;
  readonly position: number;
  readonly body: string;
}

export interface LastRefusal {
  readonly status: number | null;
  readonly error: string;
  readonly atMs: number;
}

export async function insertEndpoint(db: Database, endpoint: KeptEndpoint): Promise<void> {
  await db.query
    .insertInto("openlineage_endpoints")
    .values({
      id: endpoint.id,
      project: endpoint.project,
      name: endpoint.name,
      url: endpoint.url,
      namespace: endpoint.namespace,
      sealed_key: endpoint.sealedKey,
      active: endpoint.isActive ? 1 : 0,
      created_at_ms: endpoint.createdAtMs,
      actor: endpoint.actor,
    })
    .execute();
}

/** In the order they were made. */
export async function readEndpoints(db: Database): Promise<readonly KeptEndpoint[]> {
  const rows = await db.query.selectFrom("openlineage_endpoints").selectAll().orderBy("id").execute();
  return rows.map(toEndpoint);
}

export async function readEndpoint(db: Database, id: string): Promise<KeptEndpoint | undefined> {
  const row = await db.query
    .selectFrom("openlineage_endpoints")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : toEndpoint(row);
}

export async function setActive(db: Database, id: string, isActive: boolean): Promise<void> {
  await db.query
    .updateTable("openlineage_endpoints")
    .set({ active: isActive ? 1 : 0 })
    .where("id", "=", id)
    .execute();
}

export async function deleteEndpoint(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("openlineage_outbox").where("endpoint", "=", id).execute();
  await db.query.deleteFrom("openlineage_lanes").where("endpoint", "=", id).execute();
  await db.query.deleteFrom("openlineage_endpoints").where("id", "=", id).execute();
}

/**
 * Locks a lane until the transaction ends, so that nobody finds it empty while an event is being put in:
 * the one who comes second sees what the first one did.
 */
export async function lockLane(db: Database, endpoint: string, lane: string): Promise<void> {
  await db.query
    .insertInto("openlineage_lanes")
    .values({ endpoint, lane })
    .onConflict((conflict) =>
      conflict.columns(["endpoint", "lane"]).doUpdateSet({ lane: sql`excluded.lane` }),
    )
    .execute();
}

/** False when it is there already: what happened was brought before. */
export async function insertOutgoing(db: Database, outgoing: Outgoing, nowMs: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db.query
    .insertInto("openlineage_outbox")
    .values({
      ...outgoing,
      state: "pending",
      attempts: 0,
      status: null,
      error: null,
      created_at_ms: nowMs,
      ended_at_ms: null,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0n) === 1;
}

/** The first of a lane that waits. */
export async function nextOutgoing(
  db: Database,
  endpoint: string,
  lane: string,
): Promise<(Outgoing & { readonly attempts: number }) | undefined> {
  return await db.query
    .selectFrom("openlineage_outbox")
    .select(["id", "endpoint", "lane", "position", "body", "attempts"])
    .where("endpoint", "=", endpoint)
    .where("lane", "=", lane)
    .where("state", "=", "pending")
    .orderBy("position")
    .limit(1)
    .executeTakeFirst();
}

export async function saveOutcome(
  db: Database,
  id: string,
  outcome: {
    readonly state: OutboxState;
    readonly attempts: number;
    readonly status: number | null;
    readonly error: string | null;
    readonly endedAtMs: number | null;
  },
): Promise<void> {
  const { state, attempts, status, error, endedAtMs } = outcome;
  await db.query
    .updateTable("openlineage_outbox")
    .set({ state, attempts, status, error, ended_at_ms: endedAtMs })
    .where("id", "=", id)
    .execute();
}

/** Puts all of a lane, or of an endpoint, that is in one state into another; gives how many. */
export async function moveAll(
  db: Database,
  of: { readonly endpoint: string; readonly lane?: string },
  from: OutboxState,
  to: OutboxState,
  nowMs: number,
): Promise<number> {
  let update = db.query
    .updateTable("openlineage_outbox")
    .set({ state: to, ended_at_ms: to === "pending" ? null : nowMs })
    .where("endpoint", "=", of.endpoint)
    .where("state", "=", from);
  if (of.lane !== undefined) update = update.where("lane", "=", of.lane);
  return Number((await update.executeTakeFirst()).numUpdatedRows);
}

/** The lanes of an endpoint in which something waits. */
export async function lanesWaiting(db: Database, endpoint: string): Promise<readonly string[]> {
  const rows = await db.query
    .selectFrom("openlineage_outbox")
    .select("lane")
    .distinct()
    .where("endpoint", "=", endpoint)
    .where("state", "=", "pending")
    .execute();
  return rows.map(({ lane }) => lane);
}

export async function countByState(
  db: Database,
  endpoint: string,
): Promise<Readonly<Partial<Record<string, number>>>> {
  const rows = await db.query
    .selectFrom("openlineage_outbox")
    .select((select) => ["state", select.fn.countAll().as("count")])
    .where("endpoint", "=", endpoint)
    .groupBy("state")
    .execute();
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}

/** What went wrong last, of those not sent yet or never. */
export async function lastRefusal(db: Database, endpoint: string): Promise<LastRefusal | null> {
  const row = await db.query
    .selectFrom("openlineage_outbox")
    .select(["status", "error", "created_at_ms", "ended_at_ms"])
    .where("endpoint", "=", endpoint)
    .where("error", "is not", null)
    .where("state", "!=", "sent")
    .orderBy("position", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { status: row.status, error: row.error ?? "", atMs: row.ended_at_ms ?? row.created_at_ms };
}

/** Removes what was sent before then. */
export async function forgetSent(db: Database, beforeMs: number): Promise<void> {
  await db.query
    .deleteFrom("openlineage_outbox")
    .where("state", "in", ["sent", "dropped"])
    .where("ended_at_ms", "<", beforeMs)
    .execute();
}

function toEndpoint(row: EndpointRow): KeptEndpoint {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    url: row.url,
    namespace: row.namespace,
    hasKey: row.sealed_key !== null,
    sealedKey: row.sealed_key,
    isActive: row.active === 1,
    createdAtMs: row.created_at_ms,
    actor: row.actor,
  };
}
