import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { decompose, importanceOf } from "./importance.ts";
import type { Dimension, Leaf, Sample } from "./importance.ts";
import { createRandom } from "./random.ts";
import { growTree } from "./regression-tree.ts";

const number: Dimension = { kind: "number" };

function measure(
  count: number,
  dimensions: readonly Dimension[],
  valueAt: (point: readonly number[]) => number,
): readonly Sample[] {
  const random = createRandom(7);
  return Array.from({ length: count }, () => {
    const point = dimensions.map((one) =>
      one.kind === "number" ? random.uniform() : random.integer(one.count),
    );
    return { point, value: valueAt(point) };
  });
}

const near = (found: number | undefined, wanted: number, tolerance: number): void =>
  assert.ok(Math.abs((found ?? Number.NaN) - wanted) < tolerance, `${found} is not near ${wanted}`);

describe("the decomposition of a tree's variance", () => {
  it("is that of the staircase it stands for", () => {
    // f = 4 where x < 1/2, else 0 or 2 by y: the effects by hand, f0 = 2.5.
    const side = (low: number, high: number) => ({ kind: "number", low, high }) as const;
    const leaves: readonly Leaf[] = [
      { sides: [side(0, 0.5), side(0, 1)], value: 4 },
      { sides: [side(0.5, 1), side(0, 0.5)], value: 0 },
      { sides: [side(0.5, 1), side(0.5, 1)], value: 2 },
    ];
    // Variance: (1.5² / 2 + 2.5² / 4 + 0.5² / 4) = 2.75; x: 1.5² = 2.25; y: 0.5² = 0.25; the rest together.
    assert.deepEqual(
      decompose(leaves, [number, number])?.map((share) => Number(share.toFixed(12))),
      [2.25 / 2.75, 0.25 / 2.75].map((share) => Number(share.toFixed(12))),
    );
  });

  it("never explains more than there is, on any tree", () => {
    const dimensions: readonly Dimension[] = [number, { kind: "category", count: 3 }, number];
    for (let seed = 0; seed < 20; seed++) {
      const noise = createRandom(seed);
      const samples = measure(40, dimensions, () => noise.normal());
      const shares = decompose(growTree(samples, dimensions, createRandom(seed)), dimensions) ?? [];
      assert.ok(shares.every((share) => share >= -1e-9));
      assert.ok(shares.reduce((sum, share) => sum + share, 0) <= 1 + 1e-9);
    }
  });
});

describe("the importance of parameters", () => {
  it("is nine to one where the one moves the value three times as far as the other", () => {
    const found = importanceOf(
      measure(400, [number, number, number], ([x = 0, y = 0]) => 3 * x + y),
      [number, number, number],
    );
    near(found?.shares[0], 0.9, 0.05);
    near(found?.shares[1], 0.1, 0.05);
    near(found?.shares[2], 0, 0.02);
  });

  it("sees a category whose order means nothing", () => {
    const dimensions: readonly Dimension[] = [number, { kind: "category", count: 4 }];
    const effects = [0, 5, 0, 5];
    const found = importanceOf(
      measure(200, dimensions, ([, kind = 0]) => effects[kind] ?? 0),
      dimensions,
    );
    near(found?.shares[1], 1, 0.02);
  });

  it("gives to both together what neither explains alone", () => {
    const dimensions: readonly Dimension[] = [
      { kind: "category", count: 2 },
      { kind: "category", count: 2 },
    ];
    const found = importanceOf(
      measure(200, dimensions, ([a = 0, b = 0]) => (a === b ? 1 : 0)),
      dimensions,
    );
    near(found?.together, 1, 0.1);
  });

  it("is the same for the same seed, and unknown where nothing varied or little was measured", () => {
    const samples = measure(30, [number], ([x = 0]) => Math.sin(9 * x));
    assert.deepEqual(importanceOf(samples, [number], 3), importanceOf(samples, [number], 3));
    assert.equal(
      importanceOf(
        measure(30, [number], () => 1),
        [number],
      ),
      null,
    );
    assert.equal(importanceOf(samples.slice(0, 3), [number]), null);
  });
});
