import assert from "node:assert/strict";
import { test } from "node:test";
import { shiftSpan, ticks, toLanes, zoomSpan } from "./time-axis.ts";

const whole = { fromMs: 1_000, toMs: 61_000 };

test("marks stand at round distances from the start and do not touch", () => {
  assert.deepEqual(ticks(whole, 1_000, 600), [1_000, 11_000, 21_000, 31_000, 41_000, 51_000, 61_000]);
  for (const width of [60, 390, 4_000]) {
    const [first = 0, second = Infinity] = ticks(whole, 1_000, width);
    assert.ok(((second - first) / 60_000) * width >= 88);
  }
});

test("zooming keeps the moment under the pointer, and never leaves what there is", () => {
  const near = zoomSpan(whole, 4, 16_000, whole);
  assert.deepEqual(near, { fromMs: 12_250, toMs: 27_250 });
  assert.deepEqual(zoomSpan(near, 1 / 8, 20_000, whole), whole);
  assert.deepEqual(shiftSpan(near, -1e9, whole), { fromMs: 1_000, toMs: 16_000 });
  assert.deepEqual(shiftSpan(near, 1e9, whole), { fromMs: 46_000, toMs: 61_000 });
});

test("what ran at once stands in lanes of its own, and a lane is used again", () => {
  const bar = (startMs: number, endMs: number) => ({ startMs, endMs });
  assert.deepEqual(toLanes([bar(0, 10), bar(20, 30), bar(5, 15), bar(10, 20)]), [
    [bar(0, 10), bar(10, 20), bar(20, 30)],
    [bar(5, 15)],
  ]);
});
