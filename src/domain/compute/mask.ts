/** Hides values in bytes that come in pieces. */
export interface Mask {
  /** The bytes with what is hidden, but for an end that may be the beginning of a value: it comes with the next. */
  hide(piece: Uint8Array): Uint8Array;
  /** What was held back, when nothing more will come. */
  rest(): Uint8Array;
}

const star = 0x2a;
// What is shorter would be found everywhere, and hides nothing that could not be guessed.
const shortestBytes = 6;
const nothing = new Uint8Array();

/**
 * Each byte of a value becomes a star, so that what was printed keeps its length and every offset its meaning. A
 * value of several lines is hidden line by line too. It guards against what is printed by mistake, such as all
 * variables of a process: whoever wants to print a secret can turn it round first.
 */
export function createMask(values: readonly string[]): Mask | undefined {
  const needles = needlesOf(values);
  if (needles.length === 0) return undefined;
  let held: Buffer = Buffer.alloc(0);
  return {
    hide(piece) {
      const bytes = Buffer.concat([held, piece]);
      for (const needle of needles) blot(bytes, needle);
      const kept = bytes.length - lengthOfBeginning(bytes, needles);
      held = bytes.subarray(kept);
      return bytes.subarray(0, kept);
    },
    rest() {
      const bytes = held;
      held = Buffer.alloc(0);
      return bytes.length === 0 ? nothing : bytes;
    },
  };
}

/** Longest first: where one is part of another, the whole is hidden. */
function needlesOf(values: readonly string[]): readonly Buffer[] {
  const texts = values.flatMap((value) => [value, ...value.split(/\r?\n/)]);
  return [...new Set(texts)]
    .map((text) => Buffer.from(text))
    .filter((needle) => needle.length >= shortestBytes)
    .toSorted((a, b) => b.length - a.length);
}

function blot(bytes: Buffer, needle: Buffer): void {
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length))
    bytes.fill(star, at, at + needle.length);
}

/** How many of the last bytes are the beginning of a value whose end has not come. */
function lengthOfBeginning(bytes: Buffer, needles: readonly Buffer[]): number {
  let longest = 0;
  for (const needle of needles) {
    for (let length = Math.min(needle.length - 1, bytes.length); length > longest; length--) {
      if (bytes.compare(needle, 0, length, bytes.length - length) !== 0) continue;
      longest = length;
    }
  }
  return longest;
}
