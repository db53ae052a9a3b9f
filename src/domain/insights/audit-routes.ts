import { z } from "zod";

import type { AnyLedgerEvent } from "#kernel/events";
import { createChannel, defineRoute, defineStream } from "#kernel/http";
import type { Route, StreamEvent } from "#kernel/http";

import type { EventGate } from "./event-gate.ts";
import type { InsightsParts } from "./module.ts";

export const eventSchema = z
  .object({
    seq: z.number(),
    atMs: z.number(),
    actor: z.string(),
    /** The name to show for the actor, and for whoever acted for it: `step train of execution exe_… for ada`. */
    actorName: z.string(),
    /** Who acted for the actor, such as a step of an execution. */
    through: z.string().nullable(),
    project: z.string().nullable(),
    kind: z.string(),
    subject: z.string(),
    data: z.record(z.string(), z.unknown()),
    hash: z.string(),
  })
  .meta({ id: "LedgerEvent" });

/** A client that missed more than this loads its page anew anyway. */
const mostMissed = 500;

/** The ledger as people read it: filtered, paged back by `seq`, streamed, and verified. */
export function createAuditRoutes(
  { ledger, access }: Pick<InsightsParts, "ledger" | "access">,
  gate: EventGate,
): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/events",
      permission: "audit:read",
      scope: "handler",
      summary: "What happened in a project, newest first",
      query: z.object({
        before: z.coerce.number().int().optional(),
        kinds: z.string().optional(),
        subject: z.string().optional(),
        actor: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(200),
      }),
      response: z.object({ events: z.array(eventSchema) }),
      handler: async ({ params: { project }, query, ...asking }) => {
        await asking.allow(project);
        const { before, subject, actor, kinds, limit } = query;
        const filter = {
          project,
          limit,
          ...(before === undefined ? {} : { before }),
          ...(subject === undefined ? {} : { subject }),
          ...(actor === undefined ? {} : { actor }),
          ...(kinds === undefined ? {} : { kinds: kinds.split(",").map((kind) => kind.trim()) }),
        };
        const events = await gate.newest(filter, asking);
        return { events: await presentEvents(access, events) };
      },
    }),
    defineStream({
      path: "/api/v1/projects/:project/events/stream",
      permission: "audit:read",
      scope: "handler",
      summary: "Events of a project as they happen, after the last one the client has seen",
      handler: async ({ params: { project }, lastEventId, ...asking }) => {
        await asking.allow(project);
        const { signal } = asking;
        const channel = createChannel<readonly AnyLedgerEvent[]>(signal);
        let sent = /^\d{1,15}$/.test(lastEventId ?? "") ? Number(lastEventId) : null;
        const send = (events: readonly AnyLedgerEvent[]): void => {
          const fresh = events.filter((one) => one.project === project && (sent === null || one.seq > sent));
          sent = fresh.at(-1)?.seq ?? sent;
          if (fresh.length > 0) channel.push(fresh);
        };
        // What happens while the past is read comes after it, and once.
        const meanwhile: AnyLedgerEvent[] = [];
        let receive = (event: AnyLedgerEvent): void => void meanwhile.push(event);
        const unwatch = ledger.watch((event) => receive(event));
        signal.addEventListener("abort", unwatch);
        if (sent !== null) {
          send(await ledger.list({ project, after: sent, limit: mostMissed }));
        }
        for (const event of meanwhile) send([event]);
        receive = (event) => send([event]);
        return toldOf(channel, (events) => gate.only(project, events, asking));
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/audit/verify",
      permission: "audit:read",
      summary: "Recompute the hash chain of the whole ledger",
      response: z.object({
        intact: z.boolean(),
        events: z.number(),
        headHash: z.string(),
        firstBroken: z.number().nullable(),
      }),
      handler: async () => {
        const { events, headHash, broken } = await ledger.verify();
        return { intact: broken === undefined, events, headHash, firstBroken: broken?.seq ?? null };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/audit/failures",
      permission: "audit:read",
      scope: "handler",
      summary: "Deliveries of events that failed or were given up",
      response: z.object({
        failures: z.array(
          z.object({
            handler: z.string(),
            seq: z.number(),
            subject: z.string(),
            attempts: z.number(),
            error: z.string(),
            givenUp: z.boolean(),
          }),
        ),
      }),
      async handler(asking) {
        await asking.allow();
        const failures = await ledger.failures();
        const seqs = [...new Set(failures.map(({ seq }) => seq))];
        const events = await ledger.list({ seqs, limit: seqs.length });
        const seen = new Set((await gate.onlyAnywhere(events, asking)).map(({ seq }) => seq));
        return { failures: failures.filter(({ seq }) => seen.has(seq)) };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/audit/failures/:handler/:seq/retry",
      permission: "access:manage",
      summary: "Send a delivery that was given up back to work",
      params: z.object({ handler: z.string(), seq: z.coerce.number().int() }),
      response: z.object({ retried: z.boolean() }),
      handler: async ({ params, principal }) => {
        await ledger.retry(params.handler, params.seq, principal.id);
        return { retried: true };
      },
    }),
  ];
}

/** Asks anew for what happens while the stream is open: a grant that changes meanwhile decides from then on. */
async function* toldOf(
  batches: AsyncIterable<readonly AnyLedgerEvent[]>,
  only: (events: readonly AnyLedgerEvent[]) => Promise<AnyLedgerEvent[]>,
): AsyncGenerator<StreamEvent> {
  for await (const batch of batches)
    for (const { seq, kind, subject } of await only(batch))
      yield { id: String(seq), data: { seq, kind, subject } };
}

export async function presentEvents(
  access: InsightsParts["access"],
  events: readonly AnyLedgerEvent[],
): Promise<z.input<typeof eventSchema>[]> {
  const names = new Map<string, string>();
  for (const actor of new Set(events.map((event) => event.actor)))
    names.set(actor, await access.nameOf(actor));
  return events.map(({ seq, atMs, actor, through, project, kind, subject, data, hash }) => ({
    seq,
    atMs,
    actor,
    actorName: shownName(names.get(actor) ?? actor, through),
    through,
    project,
    kind,
    subject,
    data: { ...data },
    hash,
  }));
}

function shownName(actor: string, through: string | null): string {
  return through === null ? actor : `${through} for ${actor}`;
}
