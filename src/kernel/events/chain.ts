import { canonicalJson, digestOf } from "../digest.ts";

/** The hash before the first event. */
export const genesisHash = "0".repeat(64);

export interface ChainLink {
  readonly seq: number;
  readonly atMs: number;
  readonly actor: string;
  readonly through?: string | null | undefined;
  readonly project: string | null;
  readonly kind: string;
  readonly subject: string;
  readonly data: unknown;
  readonly prevHash: string;
  readonly hash: string;
}

/**
 * SHA-256 over the canonical JSON of everything in the event but its own hash. `through` is left out where
 * there is nobody, as in all events from before there could be somebody.
 */
export function hashEvent(event: Omit<ChainLink, "hash">): string {
  const { seq, atMs, actor, through, project, kind, subject, data, prevHash } = event;
  const content = { seq, atMs, actor, project, kind, subject, data, prevHash };
  return digestOf(
    canonicalJson(through === null || through === undefined ? content : { ...content, through }),
  );
}

export interface ChainBreak {
  readonly seq: number;
  readonly reason: "altered" | "missing_before" | "unchained";
}

/**
 * Checks that each event has the hash of its content, follows the one before without a gap, and
 * names that one's hash. Works on an export, without a database: the offline audit.
 */
export function verifyEvents(
  events: Iterable<ChainLink>,
  from: { seq: number; hash: string } = { seq: 0, hash: genesisHash },
): { readonly head: { seq: number; hash: string }; readonly broken: ChainBreak | undefined } {
  let head = from;
  for (const event of events) {
    if (event.seq !== head.seq + 1) return { head, broken: { seq: event.seq, reason: "missing_before" } };
    if (event.prevHash !== head.hash) return { head, broken: { seq: event.seq, reason: "unchained" } };
    if (hashEvent(event) !== event.hash) return { head, broken: { seq: event.seq, reason: "altered" } };
    head = { seq: event.seq, hash: event.hash };
  }
  return { head, broken: undefined };
}
