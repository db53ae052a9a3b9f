import { createRandom } from "./random.ts";
import { growTree, sizeOf } from "./regression-tree.ts";
import type { Dimension, Leaf, Sample } from "./regression-tree.ts";

export type { Dimension, Leaf, Sample, Side } from "./regression-tree.ts";

export interface Importance {
  /** For each dimension the share of the variance that it explains alone. */
  readonly shares: readonly number[];
  /** What only two or more of them together explain. */
  readonly together: number;
}

const trees = 64;

/**
 * What mattered: the variance of the measured value over the whole space, decomposed among its dimensions
 * (functional ANOVA over a random forest; Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing
 * Hyperparameter Importance", 2014). Null where fewer than four samples are there, or nothing varied.
 */
export function importanceOf(
  samples: readonly Sample[],
  dimensions: readonly Dimension[],
  seed: number | string = 0,
): Importance | null {
  if (samples.length < 4 || dimensions.length === 0) return null;
  const random = createRandom(seed);
  const decomposed = Array.from({ length: trees }, (_, tree) =>
    decompose(growTree(samples, dimensions, random.fork(String(tree))), dimensions),
  ).filter((shares) => shares !== null);
  if (decomposed.length === 0) return null;
  const shares = dimensions.map(
    (_, index) => decomposed.reduce((sum, one) => sum + (one[index] ?? 0), 0) / decomposed.length,
  );
  return { shares, together: Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0)) };
}

/** The share of the variance over the leaves that each dimension explains alone; null where nothing varies. */
export function decompose(
  leaves: readonly Leaf[],
  dimensions: readonly Dimension[],
): readonly number[] | null {
  const weighed = leaves.map((leaf) => ({
    ...leaf,
    volume: leaf.sides.reduce((product, side) => product * sizeOf(side), 1),
  }));
  const mean = weighed.reduce((sum, { volume, value }) => sum + volume * value, 0);
  const variance = weighed.reduce((sum, { volume, value }) => sum + volume * (value - mean) ** 2, 0);
  if (!(variance > 0)) return null;
  return dimensions.map((dimension, index) => {
    const parts = weighed.flatMap(({ sides, volume, value }) => {
      const side = sides[index];
      const size = side === undefined ? 0 : sizeOf(side);
      return side === undefined || size === 0 ? [] : [{ side, height: (value * volume) / size }];
    });
    const effect =
      dimension.kind === "number" ? effectOfNumber(parts, mean) : effectOfCategory(parts, mean, dimension);
    return effect / variance;
  });
}

interface Part {
  readonly side: Leaf["sides"][number];
  /** What the leaf adds to the mean at each place of its side. */
  readonly height: number;
}

/** The mean over all other dimensions is a staircase along this one: its variance. */
function effectOfNumber(parts: readonly Part[], mean: number): number {
  const changes = new Map<number, number>();
  for (const { side, height } of parts) {
    if (side.kind !== "number") continue;
    changes.set(side.low, (changes.get(side.low) ?? 0) + height);
    changes.set(side.high, (changes.get(side.high) ?? 0) - height);
  }
  const places = [...changes.keys()].toSorted((a, b) => a - b);
  let level = 0;
  let effect = 0;
  for (const [index, place] of places.entries()) {
    level += changes.get(place) ?? 0;
    effect += ((places[index + 1] ?? place) - place) * (level - mean) ** 2;
  }
  return effect;
}

function effectOfCategory(
  parts: readonly Part[],
  mean: number,
  { count }: Extract<Dimension, { kind: "category" }>,
): number {
  const levels = Array.from({ length: count }, () => 0);
  for (const { side, height } of parts) {
    if (side.kind !== "category") continue;
    for (const member of side.members) levels[member] = (levels[member] ?? 0) + height;
  }
  return levels.reduce((sum, level) => sum + (level - mean) ** 2 / count, 0);
}
