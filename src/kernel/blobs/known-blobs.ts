import type { Digest } from "../digest.ts";

/** What was seen in a bucket lately, so that it is not asked for again and again. */
export interface KnownBlobs {
  sizeOf(digest: Digest): number | undefined;
  /** Whether its bytes were seen to have this digest, here or by the server. */
  isSound(digest: Digest): boolean;
  remember(digest: Digest, sizeBytes: number, options?: { readonly isSound: boolean }): void;
  forget(digest: Digest): void;
  /** What the bucket has under this digest are other bytes: it is to be put again. */
  markDamaged(digest: Digest): void;
  isDamaged(digest: Digest): boolean;
}

// Somebody else may remove a blob; collecting garbage spares what is younger than this.
const knownForMs = 60 * 60_000;
const mostKnown = 200_000;

interface Seen {
  readonly sizeBytes: number;
  readonly isSound: boolean;
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
    remember(digest, sizeBytes, { isSound } = { isSound: true }) {
      if (isSound) damaged.delete(digest);
      seen.delete(digest);
      seen.set(digest, { sizeBytes, isSound, atMs: nowMs() });
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
