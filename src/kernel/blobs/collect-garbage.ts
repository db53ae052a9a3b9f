import { setImmediate as nextTurn } from "node:timers/promises";

import { Problem } from "../errors.ts";
import { shortestGraceMs } from "./ages.ts";
import type { Blobs, ListedBlob } from "./index.ts";
import { markInUse } from "./mark-in-use.ts";
import type { BlobHolder, UnreadableListing } from "./mark-in-use.ts";
import { problems } from "./problems.ts";

export type { BlobHolder, HeldBlob } from "./mark-in-use.ts";

export interface CollectionOrder {
  readonly blobs: Blobs;
  /** All that refer to anything in the store: what none of them names is garbage. */
  readonly holders: readonly BlobHolder[];
  /** Runs a reading of several tables so that they tell how things stood at one moment. */
  readonly atOneMoment: (read: () => Promise<void>) => Promise<void>;
  /** What was stored or renewed within it stays. Less than `shortestGraceMs` only `whileNobodyWrites`. */
  readonly graceMs: number;
  readonly whileNobodyWrites?: boolean;
  /** Only tells what would go. */
  readonly isDryRun: boolean;
  /** Goes on although the listing of a folder in use is lost, and so perhaps files that were in it. */
  readonly acceptMissing?: boolean;
  /** Asked before every bite: throws to end the collection. */
  readonly mayGoOn?: () => Promise<void>;
  readonly signal?: AbortSignal;
  /** The system's time by default: it is compared with times of files and objects. */
  readonly nowMs?: () => number;
}

export interface Tally {
  readonly blobs: number;
  readonly bytes: number;
}

export interface Collection {
  readonly isDryRun: boolean;
  /** Only what was stored last before this was looked at. */
  readonly storedBeforeMs: number;
  readonly inUse: Tally;
  /** Nobody refers to it, but it is within the grace. */
  readonly young: Tally;
  /** Nobody refers to it, and it is old enough to go. */
  readonly garbage: Tally;
  /** When the oldest of the garbage was stored last; null when there is none. */
  readonly oldestAtMs: number | null;
  /** Of the garbage, what is gone. What was stored again in that moment is not. */
  readonly removed: Tally;
  readonly unreadable: readonly UnreadableListing[];
}

/** So many are removed at once; then others are let in. */
const biteSize = 200;

/**
 * Removes what nobody refers to: mark, then sweep. Why nothing goes that somebody refers to a moment later is
 * said in `ages.ts`. It may be killed at any time: what it has removed was garbage, and what it has not, the next
 * one finds.
 *
 * Throws `garbage_grace_too_short`, `garbage_listing_unreadable`, and what `mayGoOn` throws.
 */
export async function collectGarbage(order: CollectionOrder): Promise<Collection> {
  const { blobs, graceMs, signal, isDryRun } = order;
  const nowMs = order.nowMs ?? Date.now;
  if (!isDryRun && graceMs < shortestGraceMs && order.whileNobodyWrites !== true) throw tooShort(graceMs);
  // Before the first reference is read: what is committed from now on counts as unseen.
  const storedBeforeMs = nowMs() - graceMs;
  await order.mayGoOn?.();
  const { digests, unreadable } = await markInUse(order);
  const [lost] = unreadable;
  if (!isDryRun && lost !== undefined && order.acceptMissing !== true)
    throw listingLost(lost, unreadable.length);

  const inUse = createTally();
  const young = createTally();
  const garbage = createTally();
  const removed = createTally();
  let oldestAtMs: number | null = null;
  let bite: ListedBlob[] = [];

  const swallow = async (): Promise<void> => {
    signal?.throwIfAborted();
    await nextTurn();
    if (bite.length === 0) return;
    await order.mayGoOn?.();
    const sizes = new Map(bite.map((blob) => [blob.digest, blob]));
    bite = [];
    for (const digest of await blobs.deleteOlder([...sizes.keys()], storedBeforeMs)) {
      const blob = sizes.get(digest);
      if (blob !== undefined) removed.add(blob);
    }
  };

  let seen = 0;
  for await (const blob of blobs.list()) {
    if (++seen % biteSize === 0) await swallow();
    if (digests.has(blob.digest)) inUse.add(blob);
    else if (blob.storedAtMs >= storedBeforeMs) young.add(blob);
    else {
      garbage.add(blob);
      oldestAtMs = Math.min(oldestAtMs ?? blob.storedAtMs, blob.storedAtMs);
      if (!isDryRun && bite.push(blob) >= biteSize) await swallow();
    }
  }
  await swallow();
  return {
    isDryRun,
    storedBeforeMs,
    inUse: inUse.total(),
    young: young.total(),
    garbage: garbage.total(),
    oldestAtMs,
    removed: removed.total(),
    unreadable,
  };
}

function createTally(): { add(blob: ListedBlob): void; total(): Tally } {
  let blobs = 0;
  let bytes = 0;
  return {
    add({ sizeBytes }) {
      blobs++;
      bytes += sizeBytes;
    },
    total: () => ({ blobs, bytes }),
  };
}

function tooShort(graceMs: number): Problem {
  const hours = (ms: number): string => `${Math.round(ms / 360_000) / 10} hours`;
  return new Problem(problems.garbage_grace_too_short, {
    message: `A grace of ${hours(graceMs)} is less than the ${hours(shortestGraceMs)} in which something may be stored and not yet referred to.`,
    data: { graceMs, shortestGraceMs },
  });
}

function listingLost({ digest, holder }: UnreadableListing, count: number): Problem {
  const others = count === 1 ? "" : `, and ${count - 1} more,`;
  return new Problem(problems.garbage_listing_unreadable, {
    message: `The listing ${digest} of a folder that ${holder} refers to${others} is missing or damaged.`,
    data: { digest, holder, count },
  });
}
