import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { toTree } from "./span-tree.ts";
import { hex, span } from "./test-traces.ts";

describe("the tree of spans", () => {
  const shape = (spans: Parameters<typeof toTree>[0]) =>
    toTree(spans).map(({ span: one, depth, children }) => [Number.parseInt(one.id, 16), depth, children]);

  it("puts each span before its children, and children by their start", () => {
    const spans = [
      span(3, { parent: 1, atMs: 30 }),
      span(4, { parent: 2, atMs: 15 }),
      span(1),
      span(2, { parent: 1, atMs: 10 }),
    ];
    assert.deepEqual(shape(spans), [
      [1, 0, 2],
      [2, 1, 1],
      [4, 2, 0],
      [3, 1, 0],
    ]);
  });

  it("lets a span without its parent stand as a root, and shows a circle once", () => {
    const orphan = span(5, { parent: 9 });
    const circle = [{ ...span(6), parentId: hex(7) }, span(7, { parent: 6 })];
    assert.deepEqual(shape([orphan, ...circle]), [
      [5, 0, 0],
      [6, 0, 1],
      [7, 1, 1],
    ]);
  });
});
