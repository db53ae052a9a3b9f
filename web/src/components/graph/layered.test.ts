import assert from "node:assert/strict";
import { test } from "node:test";
import { placeLayered } from "./layered.ts";

const size = { width: 178, height: 62 };
const place = (names: readonly string[], edges: readonly [string, string][], direction: "LR" | "TB" = "LR") =>
  placeLayered({
    id: 1,
    nodes: names.map((id) => ({ id, ...size })),
    edges: edges.map(([from, to]) => ({ from, to })),
    direction,
  });

test("what depends stands behind what it depends on, in both directions", () => {
  for (const direction of ["LR", "TB"] as const) {
    const { nodes } = place(["c", "a", "b"], [["a", "b"], ["b", "c"], ["a", "c"]], direction); // prettier-ignore
    const along = new Map(nodes.map((node) => [node.id, direction === "LR" ? node.x : node.y]));
    assert.ok((along.get("a") ?? 0) < (along.get("b") ?? 0) && (along.get("b") ?? 0) < (along.get("c") ?? 0));
  }
});

test("two thousand nodes do not overlap, and a wide rank becomes a block", () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
  const edges = names.flatMap((name, index): [string, string][] =>
    index === 0
      ? []
      : [["n0", name], ...(index > 1_900 ? [[`n${index - 900}`, name] as [string, string]] : [])],
  );
  const { nodes, width, height } = place(names, edges);
  const seen = new Set(nodes.map((node) => `${Math.round(node.x / 8)} ${Math.round(node.y / 8)}`));
  assert.equal(seen.size, 2_000);
  const cells = new Map<string, (typeof nodes)[number][]>();
  for (const node of nodes) {
    const key = `${Math.floor(node.x / 400)} ${Math.floor(node.y / 400)}`;
    cells.set(key, [...(cells.get(key) ?? []), node]);
  }
  for (const near of cells.values())
    for (const a of near)
      for (const b of near)
        if (a.id < b.id)
          assert.ok(
            Math.abs(a.x - b.x) >= size.width || Math.abs(a.y - b.y) >= size.height,
            `${a.id} ${b.id}`,
          );
  assert.ok(width / height < 4 && height / width < 4, `${width} by ${height}`);
});

test("a ring and an edge to nothing are drawn as far as they can be", () => {
  const { nodes, edges } = place(["a", "b"], [["a", "b"], ["b", "a"], ["a", "gone"], ["a", "a"]]); // prettier-ignore
  assert.deepEqual([nodes.length, edges.length], [2, 2]);
});
