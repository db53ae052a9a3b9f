import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { createRandom, meanAndVariance } from "./index.ts";

const draw = (seed: number | string) => {
  const random = createRandom(seed);
  return Array.from({ length: 20 }, () => random.uniform());
};

test("the same seed repeats the same values, another seed gives others", () => {
  deepEqual(draw("a"), draw("a"));
  notDeepEqual(draw(1), draw(2));
});

test("a fork depends on its name and not on what was drawn before", () => {
  const first = createRandom(7);
  first.uniform();
  equal(first.fork("x").uniform(), createRandom(7).fork("x").uniform());
  ok(first.fork("x").uniform() !== first.fork("y").uniform());
});

test("uniform values fill [0, 1) evenly", () => {
  const random = createRandom("uniform");
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 100_000; i += 1) {
    const place = Math.floor(random.uniform() * 10);
    tenths[place] = (tenths[place] ?? 0) + 1;
  }
  const chiSquare = tenths.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  ok(chiSquare < 27.9, `chi-square of 9 degrees of freedom: ${chiSquare}`); // p = 0.001
});

test("normal values have the mean and the spread asked for", () => {
  const random = createRandom("normal");
  const { mean, variance } = meanAndVariance(Array.from({ length: 100_000 }, () => random.normal(3, 2)));
  ok(Math.abs(mean - 3) < (4 * 2) / Math.sqrt(100_000));
  ok(Math.abs(variance - 4) < 4 * 4 * Math.sqrt(2 / 100_000));
});

test("a shuffle keeps the items and leaves the list alone", () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8];
  const shuffled = createRandom(1).shuffle(items);
  deepEqual(items, [1, 2, 3, 4, 5, 6, 7, 8]);
  deepEqual(shuffled.toSorted(), items);
  notDeepEqual(shuffled, items);
});

test("weights decide how often an index is picked, and zero means never", () => {
  const random = createRandom("weights");
  const counts = [0, 0, 0];
  for (let i = 0; i < 40_000; i += 1) {
    const index = random.pickWeighted([1, 0, 3]);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  equal(counts[1], 0);
  ok(Math.abs((counts[0] ?? 0) - 10_000) < 4 * Math.sqrt(40_000 * 0.25 * 0.75));
});

test("whole numbers stay below their limit and reach every value", () => {
  const random = createRandom("integer");
  deepEqual([...new Set(Array.from({ length: 500 }, () => random.integer(6)))].sort(), [0, 1, 2, 3, 4, 5]);
});
