import assert from "node:assert/strict";
import { test } from "node:test";
import { groupEdges, groupSteps, statesOf } from "./families.ts";

const steps = [
  { name: "prepare", dependsOn: [] },
  { name: "train@small", dependsOn: ["prepare"] },
  { name: "train@large", dependsOn: ["prepare"] },
  { name: "test@one", dependsOn: ["train@small"] },
  { name: "pick_best", dependsOn: ["train@small", "train@large", "test@one"] },
  { name: "pick_name", dependsOn: ["pick_best"] },
];
const names = steps.map((step) => step.name);

test("the members of a family are one node, an edge between families is drawn once, and one alone stays itself", () => {
  const groups = groupSteps(names, "families", new Set());
  assert.deepEqual([...groups.members], [["train@*", ["train@small", "train@large"]]]);
  assert.deepEqual(groupEdges(steps, groups), [
    { from: "prepare", to: "train@*" },
    { from: "train@*", to: "test@one" },
    { from: "train@*", to: "pick_best" },
    { from: "test@one", to: "pick_best" },
    { from: "pick_best", to: "pick_name" },
  ]);
});

test("a group that was opened shows its members, and can be closed", () => {
  const groups = groupSteps(names, "families", new Set(["train@*", "gone@*"]));
  assert.deepEqual([groups.members.size, groups.open], [0, ["train@*"]]);
  assert.equal(groups.standsIn.get("train@small"), "train@small");
});

test("by prefix, folders and beginnings of names are one, and edges within are not drawn", () => {
  const groups = groupSteps(names, "prefixes", new Set());
  assert.deepEqual([...groups.members.keys()], ["train…", "pick…"]);
  assert.ok(!groupEdges(steps, groups).some(({ from, to }) => from === to));
});

test("a group tells of what needs a look first", () => {
  assert.deepEqual(statesOf(["cached", "failed", "cached", "running"]), {
    counts: { failed: 1, running: 1, cached: 2 },
    telling: "failed",
  });
});
