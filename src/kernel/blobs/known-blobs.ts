import type { Digest } from "../digest.ts";
import { isYoung } from "./ages.ts";

/** What was seen in a bucket lately, so that it is not asked for again and again. */
export interface KnownBlobs {
  sizeOf(digest: Digest): number | undefined;
  /** Whether its bytes were seen to have this digest, here or by the server. */
  isSound(digest: Digest): boolean;
  /** Whether it was stored so lately that it may be referred to as if it had been put now. */
  isYoung(digest: Digest): boolean;
  /** Whether it is known when it was stored last: who only read it does not know. */
  knowsAge(digest: Digest): boolean;
  remember(digest: Digest, sizeBytes: number, more?: SeenMore): void;
  forget(digest: Digest): void;
  /** What the bucket has under this digest are other bytes: it is to be put again. */
  markDamaged(digest: Digest): void;
  isDamaged(digest: Digest): boolean;
}

export interface SeenMore {
  readonly isSound?: boolean;
  /** When it was stored last; unknown by default, or as it was known before. */
  readonly storedAtMs?: number;
}

// Somebody else may remove a blob that is old by then; so this is far less than the time in which one stays young.
const knownForMs = 60 * 60_000;
const mostKnown = 200_000;

interface Seen {
  readonly sizeBytes: number;
  readonly isSound: boolean;
  readonly storedAtMs: number;
  readonly atMs: number;
}

export function createKnownBlobs(nowMs: () => number = Date.now): KnownBlobs {
  const seen = new Map<Digest, Seen>();
  const find = (digest: Digest): Seen | undefined => {
    const found = seen.get(digest);
    return found === undefined || found.atMs < nowMs() - knownForMs ? undefined : found;
  };
  const damaged = new Set<Digest>();
  return {
    sizeOf: (digest) => find(digest)?.sizeBytes,
    isSound: (digest) => find(digest)?.isSound === true,
    isYoung: (digest) => isYoung(find(digest)?.storedAtMs ?? 0, nowMs()),
    knowsAge: (digest) => (find(digest)?.storedAtMs ?? 0) > 0,
    remember(digest, sizeBytes, { isSound = true, storedAtMs = find(digest)?.storedAtMs ?? 0 } = {}) {
      if (isSound) damaged.delete(digest);
      seen.delete(digest);
      seen.set(digest, { sizeBytes, isSound, storedAtMs, atMs: nowMs() });
      const oldest = seen.keys().next();
      if (seen.size > mostKnown && oldest.done !== true) seen.delete(oldest.value);
    },
    forget(digest) {
      seen.delete(digest);
      damaged.delete(digest);
    },
    markDamaged(digest) {
      seen.delete(digest);
      damaged.add(digest);
    },
    isDamaged: (digest) => damaged.has(digest),
  };
}
