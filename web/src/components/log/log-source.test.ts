import assert from "node:assert/strict";
import { test } from "node:test";
import { LogBlocks } from "./log-source.ts";

const lines = (from: number, count: number) => ({
  from,
  lines: Array.from({ length: count }, (_, at) => `line ${from + at}`),
  errors: [from],
});

test("what is missing is asked for in whole blocks, and what is here is not asked for", () => {
  const blocks = new LogBlocks();
  assert.deepEqual(blocks.missing(490, 510), [
    { from: 1, count: 500 },
    { from: 501, count: 500 },
  ]);
  blocks.put(lines(1, 500));
  assert.deepEqual(blocks.missing(490, 510), [{ from: 501, count: 500 }]);
  assert.deepEqual(blocks.line(1), { text: "line 1", isError: true });
  // A log that grows: the last block is here in part.
  blocks.put(lines(501, 3));
  assert.deepEqual(blocks.missing(490, 503), []);
  assert.deepEqual(blocks.missing(490, 510), [{ from: 504, count: 497 }]);
});

test("of a long log only the lines looked at last are kept", () => {
  const blocks = new LogBlocks();
  for (let block = 0; block < 200; block++) blocks.put(lines(block * 500 + 1, 500));
  assert.equal(blocks.line(1), undefined);
  assert.equal(blocks.line(99_999)?.text, "line 99999");
});
