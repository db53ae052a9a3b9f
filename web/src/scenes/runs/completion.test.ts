import assert from "node:assert/strict";
import { test } from "node:test";
import { completions } from "./completion.ts";

const columns = [
  { kind: "metric", key: "auc", runs: 10 },
  { kind: "metric", key: "val loss", runs: 9 },
  { kind: "param", key: "depth", runs: 8 },
] as const;

const offered = (text: string) => completions(text, text.length, columns).options.map(({ insert }) => insert);

test("keys are offered where a condition begins, those that begin with the word first", () => {
  assert.deepEqual(offered("metrics.a"), ["metrics.auc"]);
  assert.deepEqual(offered("loss"), ["metrics.`val loss`"]);
  assert.deepEqual(offered("params.depth = '3' and de"), ["params.depth"]);
  assert.deepEqual(offered("(st"), ["status", "start_time"]);
});

test("comparisons follow a key, and and or a value; within a text nothing is offered", () => {
  assert.deepEqual(offered("metrics.auc "), [">", ">=", "<", "<=", "=", "!="]);
  assert.deepEqual(offered("params.depth i"), ["ilike", "is null", "is not null"]);
  assert.deepEqual(offered("metrics.auc > 0.5 "), ["and", "or"]);
  assert.deepEqual(offered("params.depth = '3' o"), ["or"]);
  assert.deepEqual(offered("params.depth = 'a"), []);
  assert.deepEqual(offered("metrics.auc > "), []);
});

test("a completion replaces the word at the caret only", () => {
  const { from, to } = completions("metrics.au > 0.5", 10, columns);
  assert.deepEqual([from, to], [0, 10]);
});
