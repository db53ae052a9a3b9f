import assert from "node:assert/strict";
import { test } from "node:test";
import { isWithin, makeAxis, positionOn } from "./parallel-lines.ts";

test("numbers make a number line, also when they came as text", () => {
  const axis = makeAxis("lr", "lr", ["0.1", "1e-3", null, 0.05]);
  assert.deepEqual([axis.isNumeric, axis.low, axis.high], [true, 0.001, 0.1]);
  assert.deepEqual(
    [positionOn(axis, "0.1"), positionOn(axis, 0.001), positionOn(axis, null)],
    [1, 0, undefined],
  );
});

test("anything else makes names, numbers within them in order", () => {
  const axis = makeAxis("model", "model", ["m10", "m2", "m2", null]);
  assert.deepEqual(axis.names, ["m2", "m10"]);
  assert.deepEqual(
    [positionOn(axis, "m2"), positionOn(axis, "m10"), positionOn(axis, "other")],
    [0, 1, undefined],
  );
});

test("one value stands in the middle", () => {
  assert.equal(positionOn(makeAxis("a", "a", [3, 3]), 3), 0.5);
  assert.equal(positionOn(makeAxis("a", "a", ["x"]), "x"), 0.5);
});

test("a range holds its ends, and what has no value is outside of every range", () => {
  const axis = makeAxis("a", "a", [0, 10]);
  assert.deepEqual(
    [2, 5, 8, 9, null].map((value) => isWithin(axis, value, [0.2, 0.8])),
    [true, true, true, false, false],
  );
  assert.equal(isWithin(axis, null, undefined), true);
});
