import assert from "node:assert/strict";
import { test } from "node:test";
import { align, smoothed } from "./metric-lines.ts";

const line = (key: string, at: number[], values: (number | null)[]) => ({
  key,
  label: key,
  at,
  last: values,
  min: values,
  max: values,
});

test("lines with steps of their own share one axis", () => {
  const { at, lines } = align([line("a", [0, 2], [1, 3]), line("b", [1, 2], [5, null])]);
  assert.deepEqual(at, [0, 1, 2]);
  assert.deepEqual(
    lines.map(({ last }) => last),
    [
      [1, undefined, 3],
      [undefined, 5, null],
    ],
  );
});

test("stretches that end at one moment keep the extremes of both", () => {
  const { lines } = align([{ key: "a", label: "a", at: [7, 7], last: [1, 2], min: [-4, 0], max: [3, 9] }]);
  assert.deepEqual([lines[0]?.last, lines[0]?.min, lines[0]?.max], [[2], [-4], [9]]);
});

test("smoothing leaves a constant alone, keeps gaps, and does not lean towards the first value", () => {
  assert.deepEqual(
    smoothed([3, null, 3, undefined, 3], 0.9).map((value) => value && Number(value.toFixed(9))),
    [3, null, 3, undefined, 3],
  );
  const [first, second] = smoothed([0, 1], 0.5);
  assert.equal(first, 0);
  assert.ok(Math.abs((second ?? 0) - 2 / 3) < 1e-12);
  assert.deepEqual(smoothed([1, 5], 0), [1, 5]);
});
