import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { Digest } from "../digest.ts";
import { inParallel } from "../in-parallel.ts";
import type { Bucket } from "../s3/index.ts";
import type { BlobNotes } from "./index.ts";
import { keyOf } from "./s3-reader.ts";

/** Removes objects that are old, in a way that who stores the same content in that moment loses nothing. */
export interface BucketLeaving {
  /** What was stored last before that time and is gone now. */
  remove(digests: readonly Digest[], beforeMs: number): Promise<readonly Digest[]>;
  /** Asked after an object that was there and old was put again: false when it went nevertheless. */
  wasSpared(digest: Digest): Promise<boolean>;
}

const folder = "leaving";
const askedAtOnce = 16;
/** A bite that took longer to look at is left for the next time. */
const longestLookMs = 20_000;
/** Longer than a bite takes from its note to the answer of its removal, which is sent once and waited for half a minute. */
const longestBiteMs = 60_000;
const abandonedAfterMs = 60 * 60_000;
const lookEveryMs = 250;

const noteSchema = z.object({ atMs: z.number(), digests: z.array(z.string()) });

/**
 * A bucket has no way to remove an object only if it is still old. So both sides write before they look, and a
 * bucket shows everybody at once what was written:
 *
 * - who removes writes a note of what is going, then asks each object for its time, then removes the old ones,
 *   then takes the note back;
 * - who finds content that is there and old puts it again, and then looks for such notes.
 *
 * If he sees no note of it, it was written after he put the object, and the object is young when it is asked for
 * its time. If he sees one, he waits until that bite is over, and looks whether the object is still there. That
 * is asked only of content that is renewed, once a day at most.
 */
export function createBucketLeaving(bucket: Bucket, notes: BlobNotes): BucketLeaving {
  async function readNote(name: string): Promise<z.infer<typeof noteSchema> | undefined> {
    const bytes = await notes.read(name);
    return bytes === undefined ? undefined : noteSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  }

  async function removeAbandoned(): Promise<void> {
    for (const name of await notes.list(folder)) {
      const note = await readNote(name);
      if (note !== undefined && note.atMs < Date.now() - abandonedAfterMs) await notes.remove(name);
    }
  }

  let tidied: Promise<void> | undefined;

  return {
    async remove(digests, beforeMs) {
      await (tidied ??= removeAbandoned());
      const name = `${folder}/${randomUUID()}`;
      const note: z.infer<typeof noteSchema> = { atMs: Date.now(), digests: [...digests] };
      await notes.write(name, Buffer.from(JSON.stringify(note)));
      const beganMs = performance.now();
      const old: Digest[] = [];
      await inParallel(digests, askedAtOnce, async (digest) => {
        const facts = await bucket.head(keyOf(digest));
        if (facts !== undefined && facts.modifiedAtMs < beforeMs) old.push(digest);
      });
      const isInTime = performance.now() - beganMs < longestLookMs;
      // Where this fails nobody knows whether it is still being done: the note stays, and goes as abandoned.
      if (isInTime && old.length > 0) await bucket.remove(old.map(keyOf), { isSentOnce: true });
      await notes.remove(name);
      return isInTime ? old : [];
    },
    async wasSpared(digest) {
      const names = await notes.list(folder);
      if (names.length === 0) return true;
      const untilMs = performance.now() + longestBiteMs;
      for (const name of names)
        while ((await readNote(name))?.digests.includes(digest) === true && performance.now() < untilMs)
          await sleep(lookEveryMs);
      return (await bucket.head(keyOf(digest))) !== undefined;
    },
  };
}
