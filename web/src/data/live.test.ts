import assert from "node:assert/strict";
import { test } from "node:test";
import { nounsOf } from "./live.ts";

test("an event touches the questions of its noun, an unknown one none", () => {
  assert.deepEqual(
    ["incident.opened", "step.finished", "candidate.measured", "weather.changed"].map((kind) =>
      nounsOf(kind),
    ),
    [["incidents", "monitoring"], ["executions", "pipeline", "queue", "compute"], ["releases"], []],
  );
});
