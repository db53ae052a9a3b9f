import type { KnownDatabase } from "#kernel/blobs";
import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** Throws `store_shared` when others than this database refer to the store. */
export function refuseShared(own: Pick<KnownDatabase, "id">, known: readonly KnownDatabase[]): void {
  const others = known.filter(({ id }) => id !== own.id);
  const [first] = others;
  if (first === undefined) return;
  const seen = new Date(first.lastSeenAtMs).toISOString().slice(0, 10);
  const more = others.length === 1 ? "" : ` and ${others.length - 1} more`;
  throw new Problem(problems.store_shared, {
    message: `Another database, ${first.id}, refers to what is stored here (its server was seen on ${first.host || "a machine"} at ${seen})${more}.`,
    data: { others: others.map(({ id, host, lastSeenAtMs }) => ({ id, host, lastSeenAtMs })) },
  });
}

/**
 * Throws `store_known_too_short` until this database has been known in the store for the length of the grace. An
 * empty database that was started on a full bucket by mistake would take all of it for garbage; and a server that
 * does not yet say that it is there needs time to be brought up to date.
 */
export function refuseUntilKnown(own: KnownDatabase, graceMs: number, nowMs: number): void {
  const fromMs = own.firstSeenAtMs + graceMs;
  if (nowMs >= fromMs) return;
  throw new Problem(problems.store_known_too_short, {
    message: `This database is known in the store since ${timeText(own.firstSeenAtMs)}; garbage is collected from ${timeText(fromMs)} on.`,
    data: { fromMs },
  });
}

function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
