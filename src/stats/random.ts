/** A stream of random values that a seed repeats exactly. Not for secrets. */
export interface Random {
  /** In [0, 1), with 53 random bits. */
  uniform(): number;
  /** Standard normal by default. */
  normal(mean?: number, standardDeviation?: number): number;
  /** A whole number in [0, below), without modulo bias. */
  integer(below: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** One index, with probability proportional to its weight. */
  pickWeighted(weights: readonly number[]): number;
  /** A shuffled copy (sorted by random keys). */
  shuffle<Item>(items: readonly Item[]): Item[];
  /** An independent stream, the same for the same seed and name however much was drawn before. */
  fork(name: string): Random;
}

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018); its four
 * words are filled by splitmix32 from the seed, a text being hashed by FNV-1a first.
 */
export function createRandom(seed: number | string): Random {
  const next32 = xoshiro128(String(seed));
  let spareNormal: number | null = null;

  const uniform = () => ((next32() >>> 5) * 0x4000000 + (next32() >>> 6)) / 0x20000000000000;

  const integer = (below: number) => {
    if (!(Number.isSafeInteger(below) && below > 0))
      throw new RangeError(`there is no whole number below ${below}`);
    if (below > 0x100000000) return Math.floor(uniform() * below);
    const limit = 0x100000000 - (0x100000000 % below);
    let drawn = next32();
    while (drawn >= limit) drawn = next32();
    return drawn % below;
  };

  // Marsaglia's polar method: exact, and two values from each accepted pair.
  const standardNormal = () => {
    if (spareNormal !== null) {
      const spare = spareNormal;
      spareNormal = null;
      return spare;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spareNormal = y * factor;
      return x * factor;
    }
  };

  const pick = <Item>(items: readonly Item[]): Item => {
    const chosen = items.length === 0 ? 0 : integer(items.length);
    for (const item of items.slice(chosen, chosen + 1)) return item;
    throw new RangeError("nothing to pick from");
  };

  const pickWeighted = (weights: readonly number[]) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0)) throw new RangeError("weights must have a positive sum");
    let left = uniform() * total;
    const found = weights.findIndex((weight) => (left -= weight) < 0);
    return found >= 0 ? found : weights.findLastIndex((weight) => weight > 0);
  };

  const shuffle = <Item>(items: readonly Item[]): Item[] =>
    items
      .map((item) => ({ item, key: uniform() }))
      .sort((first, second) => first.key - second.key)
      .map(({ item }) => item);

  return {
    uniform,
    normal: (mean = 0, standardDeviation = 1) => mean + standardDeviation * standardNormal(),
    integer,
    chance: (probability) => uniform() < probability,
    pick,
    pickWeighted,
    shuffle,
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}

/** Whole numbers in [0, 2³²). */
function xoshiro128(seed: string): () => number {
  const fill = splitmix32(fnv1a32(seed));
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

function splitmix32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function rotateLeft(word: number, places: number): number {
  return (word << places) | (word >>> (32 - places));
}
