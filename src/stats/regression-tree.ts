import type { Random } from "./random.ts";

/** One dimension of the points: a number in [0, 1], or one of `count` categories, as its index. */
export type Dimension = { readonly kind: "number" } | { readonly kind: "category"; readonly count: number };

/** The part of a dimension that a leaf covers. */
export type Side =
  | { readonly kind: "number"; readonly low: number; readonly high: number }
  | { readonly kind: "category"; readonly members: readonly number[]; readonly count: number };

/** A box of the space, and the mean of what was measured in it. The leaves of a tree fill the space without overlap. */
export interface Leaf {
  readonly sides: readonly Side[];
  readonly value: number;
}

export interface Sample {
  readonly point: readonly number[];
  readonly value: number;
}

/** The share of a dimension that a side covers. */
export function sizeOf(side: Side): number {
  return side.kind === "number" ? side.high - side.low : side.members.length / side.count;
}

/**
 * The leaves of a regression tree that is grown to its end on a bootstrap of the samples (Breiman, "Random
 * Forests", 2001): each cut is the one that leaves the least squared error. Categories are cut in the order of
 * their means, which finds the best of all subsets (Breiman et al., "Classification and Regression Trees", 9.4).
 */
export function growTree(
  samples: readonly Sample[],
  dimensions: readonly Dimension[],
  random: Random,
): readonly Leaf[] {
  const drawn = samples.map(() => random.pick(samples));
  const whole = dimensions.map((dimension): Side =>
    dimension.kind === "number"
      ? { kind: "number", low: 0, high: 1 }
      : { kind: "category", count: dimension.count, members: [...Array(dimension.count).keys()] },
  );
  const leaves: Leaf[] = [];
  const open: { readonly drawn: readonly Sample[]; readonly sides: readonly Side[] }[] = [
    { drawn, sides: whole },
  ];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const cut = bestCut(node.drawn, node.sides);
    if (cut === undefined) {
      leaves.push({ sides: node.sides, value: meanOf(node.drawn) });
      continue;
    }
    const { sides } = node;
    open.push({ drawn: cut.below, sides: sides.with(cut.dimension, cut.belowSide) });
    open.push({ drawn: cut.above, sides: sides.with(cut.dimension, cut.aboveSide) });
  }
  return leaves;
}

interface Cut {
  readonly dimension: number;
  readonly gain: number;
  readonly below: readonly Sample[];
  readonly above: readonly Sample[];
  readonly belowSide: Side;
  readonly aboveSide: Side;
}

function bestCut(samples: readonly Sample[], sides: readonly Side[]): Cut | undefined {
  let best: Cut | undefined;
  for (const [dimension, side] of sides.entries()) {
    const cut =
      side.kind === "number" ? cutNumber(samples, dimension, side) : cutCategory(samples, dimension, side);
    if (cut !== undefined && cut.gain > (best?.gain ?? 0)) best = cut;
  }
  return best;
}

function cutNumber(
  samples: readonly Sample[],
  dimension: number,
  side: Extract<Side, { kind: "number" }>,
): Cut | undefined {
  const at = (sample: Sample | undefined): number => sample?.point[dimension] ?? 0;
  const sorted = samples.toSorted((a, b) => at(a) - at(b));
  const place = bestPlace(sorted, (index) => at(sorted[index - 1]) < at(sorted[index]));
  if (place === undefined) return undefined;
  const threshold = (at(sorted[place.index - 1]) + at(sorted[place.index])) / 2;
  return {
    dimension,
    gain: place.gain,
    below: sorted.slice(0, place.index),
    above: sorted.slice(place.index),
    belowSide: { ...side, high: threshold },
    aboveSide: { ...side, low: threshold },
  };
}

function cutCategory(
  samples: readonly Sample[],
  dimension: number,
  side: Extract<Side, { kind: "category" }>,
): Cut | undefined {
  const groups = Map.groupBy(samples, ({ point }) => point[dimension] ?? 0);
  const ordered = [...groups].toSorted(([, a], [, b]) => meanOf(a) - meanOf(b));
  const sorted = ordered.flatMap(([, group]) => group);
  const at = (index: number): number | undefined => sorted[index]?.point[dimension];
  const place = bestPlace(sorted, (index) => at(index - 1) !== at(index));
  if (place === undefined) return undefined;
  const [below, above] = [sorted.slice(0, place.index), sorted.slice(place.index)];
  const seenBelow = new Set(below.map(({ point }) => point[dimension]));
  const seenAbove = new Set(above.map(({ point }) => point[dimension]));
  // Categories nobody measured here go with the greater part, whose mean is the better guess.
  const goesBelow = (member: number): boolean =>
    seenBelow.has(member) || (!seenAbove.has(member) && below.length > above.length);
  return {
    dimension,
    gain: place.gain,
    below,
    above,
    belowSide: { ...side, members: side.members.filter(goesBelow) },
    aboveSide: { ...side, members: side.members.filter((member) => !goesBelow(member)) },
  };
}

/** Where to cut a list so that the squared error falls the most; undefined where no cut lowers it. */
function bestPlace(
  sorted: readonly Sample[],
  mayCutAt: (index: number) => boolean,
): { readonly index: number; readonly gain: number } | undefined {
  const mean = meanOf(sorted);
  let best: { index: number; gain: number } | undefined;
  let sum = 0;
  for (let index = 1; index < sorted.length; index++) {
    sum += (sorted[index - 1]?.value ?? 0) - mean;
    if (!mayCutAt(index)) continue;
    const gain = sum ** 2 / index + sum ** 2 / (sorted.length - index);
    // Below the noise of the sums themselves there is nothing to gain.
    if (gain > (best?.gain ?? 1e-12 * (1 + mean ** 2))) best = { index, gain };
  }
  return best;
}

function meanOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0) / samples.length;
}
