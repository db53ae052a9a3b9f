import { z } from "zod";

import type { AnyLedgerEvent } from "#kernel/events";
import { createChannel, defineRoute, defineStream } from "#kernel/http";
import type { Route } from "#kernel/http";

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
export function createAuditRoutes({
  ledger,
  access,
}: Pick<InsightsParts, "ledger" | "access">): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/events",
      permission: "audit:read",
      summary: "What happened in a project, newest first",
      query: z.object({
        before: z.coerce.number().int().optional(),
        kinds: z.string().optional(),
        subject: z.string().optional(),
        actor: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(200),
      }),
      response: z.object({ events: z.array(eventSchema) }),
      handler: async ({ params, query }) => {
        const events = await ledger.list({
          project: params.project,
          newestFirst: true,
          limit: query.limit,
          ...(query.before === undefined ? {} : { before: query.before }),
          ...(query.subject === undefined ? {} : { subject: query.subject }),
          ...(query.actor === undefined ? {} : { actor: query.actor }),
          ...(query.kinds === undefined ? {} : { kinds: query.kinds.split(",").map((kind) => kind.trim()) }),
        });
        return { events: await presentEvents(access, events) };
      },
    }),
    defineStream({
      path: "/api/v1/projects/:project/events/stream",
      permission: "audit:read",
      summary: "Events of a project as they happen, after the last one the client has seen",
      handler: async ({ params, signal, lastEventId }) => {
        const channel = createChannel<{ data: unknown; id: string }>(signal);
        let sent = /^\d{1,15}$/.test(lastEventId ?? "") ? Number(lastEventId) : null;
        const send = ({ project, seq, kind, subject }: AnyLedgerEvent): void => {
          if (project !== params.project || (sent !== null && seq <= sent)) return;
          sent = seq;
          channel.push({ id: String(seq), data: { seq, kind, subject } });
        };
        // What happens while the past is read comes after it, and once.
        const meanwhile: AnyLedgerEvent[] = [];
        let receive = (event: AnyLedgerEvent): void => void meanwhile.push(event);
        const unwatch = ledger.watch((event) => receive(event));
        signal.addEventListener("abort", unwatch);
        if (sent !== null) {
          const missed = { project: params.project, after: sent, limit: mostMissed };
          (await ledger.list(missed)).forEach(send);
        }
        meanwhile.forEach(send);
        receive = send;
        return channel;
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
      handler: async () => ({ failures: await ledger.failures() }),
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
