import type { Digest } from "../digest.ts";

/** A set of digests for when there are many: 32 bytes each and some room, where a set of texts takes 150. */
export interface DigestSet {
  readonly size: number;
  /** False when it was there already. */
  add(digest: Digest): boolean;
  has(digest: Digest): boolean;
  /** In no order. Nothing may be added meanwhile. */
  [Symbol.iterator](): Iterator<Digest>;
}

const wordsPerDigest = 8;
const firstSlots = 1_024;
/** Beyond this part of the slots looking for a free one gets slow. */
const fullest = 0.75;

/** Open addressing: a digest is random, so its own first word says where to begin to look. */
export function createDigestSet(): DigestSet {
  let slots = firstSlots;
  let table = new Uint32Array(slots * wordsPerDigest);
  let size = 0;
  // Of zeros alone is a free slot; so the digest of zeros, which nobody knows content of, is counted apart.
  let hasZeros = false;
  const words = new Uint32Array(wordsPerDigest);
  const bytes = Buffer.from(words.buffer);

  const parse = (digest: Digest): void => {
    if (bytes.write(digest, "hex") !== bytes.length) throw new Error(`${digest} is no digest`);
  };

  /** Where the digest in `words` stands, or would stand. */
  const find = (): number => {
    for (let slot = (words[0] ?? 0) % slots; ; slot = (slot + 1) % slots) {
      const at = slot * wordsPerDigest;
      let isSame = true;
      let isFree = true;
      for (let word = 0; word < wordsPerDigest; word++) {
        const there = table[at + word];
        isSame &&= there === words[word];
        isFree &&= there === 0;
        if (!isSame && !isFree) break;
      }
      if (isSame || isFree) return at;
    }
  };

  const grow = (): void => {
    const old = table;
    slots *= 2;
    table = new Uint32Array(slots * wordsPerDigest);
    for (let at = 0; at < old.length; at += wordsPerDigest) {
      const entry = old.subarray(at, at + wordsPerDigest);
      if (entry.every((word) => word === 0)) continue;
      words.set(entry);
      table.set(words, find());
    }
  };

  return {
    get size() {
      return size + Number(hasZeros);
    },
    add(digest) {
      parse(digest);
      if (words.every((word) => word === 0)) {
        const isNew = !hasZeros;
        hasZeros = true;
        return isNew;
      }
      const at = find();
      if (!isFreeAt(table, at)) return false;
      table.set(words, at);
      size++;
      if (size > slots * fullest) grow();
      return true;
    },
    has(digest) {
      parse(digest);
      return words.every((word) => word === 0) ? hasZeros : !isFreeAt(table, find());
    },
    *[Symbol.iterator]() {
      if (hasZeros) yield "0".repeat(64);
      for (let at = 0; at < table.length; at += wordsPerDigest) {
        if (isFreeAt(table, at)) continue;
        const entry = Uint32Array.from(table.subarray(at, at + wordsPerDigest));
        yield Buffer.from(entry.buffer).toString("hex");
      }
    },
  };
}

function isFreeAt(table: Uint32Array, at: number): boolean {
  for (let word = 0; word < wordsPerDigest; word++) if (table[at + word] !== 0) return false;
  return true;
}
