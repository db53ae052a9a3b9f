import assert from "node:assert/strict";
import { test } from "node:test";
import { bestSoFar } from "./study-words.ts";

test("the best so far never gets worse, in either direction", () => {
  assert.deepEqual(bestSoFar([3, 5, 2, 4], "maximize"), [3, 5, 5, 5]);
  assert.deepEqual(bestSoFar([3, 5, 2, 4], "minimize"), [3, 3, 2, 2]);
  assert.deepEqual(bestSoFar([], "minimize"), []);
});
