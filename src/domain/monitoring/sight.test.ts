import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import type { Incident } from "./entities.ts";
import { migrations } from "./index.ts";
import { incidentWithin, readLine } from "./sight.ts";
import { saveWindows } from "./store.ts";
import type { WindowCounts } from "./windows.ts";

const hour = 3_600_000;

function counted(releaseId: string, startMs: number, predictions: number): WindowCounts {
  const errors = { truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: predictions };
  return {
    ...errors,
    releaseId,
    modelVersionId: releaseId === "" ? "" : releaseId.replace("rel", "mv"),
    role: "answered",
    segment: "",
    startMs,
    predictions,
    outcomes: predictions,
    decisions: 0,
    slow: 0,
    latencyQuantilesMs: [predictions],
    restated: 0,
    asOfMs: 9,
  };
}

describeOnEveryEngine("the line within a sight", (open) => {
  it("counts its releases alone, and has a latency where one of them answered alone", async () => {
    const { db } = await createTestKernel({ migrations, db: await open(migrations) });
    await saveWindows(db, "care", [
      counted("", 0, 70),
      counted("rel_1", 0, 10),
      counted("rel_2", 0, 20),
      counted("rel_3", 0, 40),
      counted("", hour, 60),
      counted("rel_2", hour, 20),
      counted("rel_3", hour, 40),
      counted("", 2 * hour, 40),
      counted("rel_3", 2 * hour, 40),
    ]);
    const line = async (...sight: readonly string[]) =>
      (await readLine(db, { project: "care", segment: "" }, new Set(sight))).map((window) => [
        window.releaseId,
        window.startMs,
        window.predictions,
        window.latencyQuantilesMs,
      ]);
    assert.deepEqual(await line("rel_1", "rel_2"), [
      ["", 0, 30, []],
      ["", hour, 20, [20]],
    ]);
    assert.deepEqual(await line(), []);
    const whole = await readLine(db, { project: "care", segment: "" }, undefined);
    assert.deepEqual(
      whole.map(({ predictions }) => predictions),
      [70, 60, 40],
    );
  });
});

describe("an incident within a sight", () => {
  const note = "Another release is live, and nothing shows it beyond its bounds: recall 0.91";
  const incident: Incident = {
    id: "inc_1",
    project: "care",
    kind: "performance",
    severity: "page",
    monitor: "recall",
    title: "Recall fell",
    state: "resolved",
    openedAtMs: 1,
    onsetMs: 1,
    environment: "production",
    modelVersionId: "mv_1",
    releaseId: "rel_1",
    evidence: {
      metric: "recall",
      value: 0.5,
      expected: 0.8,
      interval: null,
      n: 9,
      eValue: null,
      windowStartMs: 1,
      windowEndMs: 1,
    },
    cause: { ranked: [], sentence: "" },
    timeline: [
      { atMs: 1, text: "Alarm", link: null, seq: null },
      { atMs: 2, text: "The pipeline started", link: "/projects/care/executions/exe_1", seq: 1 },
      { atMs: 3, text: "Version 2 was registered", link: null, seq: 2 },
      { atMs: 4, text: "Version 2 is live", link: "/projects/care/releases/rel_2", seq: 3 },
      { atMs: 5, text: `Resolved: ${note}`, link: null, seq: null },
    ],
    resolvedAtMs: 5,
    resolution: { by: "system", verdict: "recovered", note },
  };

  it("does not say how well a closed release does that came after it", () => {
    const { timeline, resolution } = incidentWithin(incident, new Set(["rel_1"]));
    assert.deepEqual(
      timeline.map(({ text }) => text),
      ["Alarm", "The pipeline started", "Resolved"],
    );
    assert.deepEqual(resolution, { by: "system", verdict: "recovered", note: "" });
  });

  it("is itself to whom every release is open", () => {
    assert.equal(incidentWithin(incident, undefined), incident);
  });
});
