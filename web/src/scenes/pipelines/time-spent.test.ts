import assert from "node:assert/strict";
import { test } from "node:test";
import { criticalPath, timeSpent, type TimedStep } from "./time-spent.ts";

const step = (stage: string, dependsOn: string[], from: number | null, to: number | null): TimedStep => ({
  stage,
  dependsOn,
  state: from === null ? "cached" : to === null ? "running" : "succeeded",
  startedAtMs: from,
  endedAtMs: to ?? (from === null ? 0 : null),
});

// prepare is cached; two branches of 30 and 50 at once, the second of which waited 10; then one that runs.
const steps = [
  step("prepare", [], null, null),
  step("short", ["prepare"], 0, 30),
  step("long", ["prepare"], 10, 60),
  step("report", ["short", "long"], 60, null),
];

test("the critical path is the chain that took longest", () => {
  assert.deepEqual(criticalPath(steps, 100), ["long", "report"]);
  assert.deepEqual(criticalPath([], 100), []);
});

test("where the time went adds up", () => {
  assert.deepEqual(timeSpent(steps, { startedAtMs: 0, endedAtMs: null }, 100), {
    elapsedMs: 100,
    workMs: 30 + 50 + 40,
    waitedMs: 10,
    criticalMs: 90,
    atOnce: 1.2,
    cached: 1,
  });
});
