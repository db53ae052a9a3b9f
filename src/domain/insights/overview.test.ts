import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { dayMs } from "#kernel/clock";
import { parseProjectFile } from "#objectives";

import {
  exampleDataset,
  exampleDeployment,
  exampleExecution,
  exampleIncident,
  exampleModel,
  exampleRelease,
  nothing,
} from "./fixtures/facts.ts";
import { overviewOf } from "./overview.ts";
import type { Facts, Station } from "./overview.ts";

function station(key: Station["key"], facts: Partial<Facts>): string {
  const found = overviewOf({ ...nothing, ...facts }).stations.find((one) => one.key === key);
  return [found?.state, found?.headline, found?.detail].filter((part) => part !== undefined).join(" · ");
}

const charter = (timeBox = "2027-03-31") =>
  parseProjectFile(`project: care
objective:
  decision: Which messages come first?
  task: classification
  target: mood
  positive: bad
  costs: { false_negative: 12, false_positive: 1.5, currency: EUR }
  ready_when: [ { recall: ">= 0.85" } ]
  time_box: ${timeBox}
`);

describe("the loop as a picture", () => {
  it("begins empty, at every station", () => {
    const { stations, needs } = overviewOf(nothing);
    assert.deepEqual(
      stations.map(({ key, state }) => `${key} ${state}`),
      ["data", "labels", "pipeline", "model", "gates", "release", "serving", "monitoring", "feedback"].map(
        (key) => `${key} empty`,
      ),
    );
    assert.deepEqual(needs, []);
  });

  const pictures: readonly [string, Station["key"], Partial<Facts>, string][] = [
    [
      "the newest data",
      "data",
      { datasets: [exampleDataset({ rows: 1_200 })] },
      "usable · messages 3 · 1,200 rows",
    ],
    [
      "labels that came with the data",
      "labels",
      { datasets: [exampleDataset({ columns: [{ name: "mood", type: "text" }] })], projectFile: charter() },
      "ok · mood · from the data",
    ],
    [
      "labels that came from outcomes",
      "labels",
      { datasets: [exampleDataset({ source: "outcomes until 2027-02-01" })], projectFile: charter() },
      "missing · mood · from outcomes",
    ],
    [
      "a pipeline with cached stages",
      "pipeline",
      { executions: [exampleExecution({}, ["cached", "succeeded"])] },
      "succeeded · 2 stages · 1 from the cache",
    ],
    [
      "a retraining",
      "pipeline",
      { executions: [exampleExecution({ state: "running", purpose: { kind: "retrain", reason: "" } }, [])] },
      "running · Retraining",
    ],
    ["a rule", "model", { models: [exampleModel({ kind: "rule" })] }, "ready · care 2 · a rule"],
    ["gates not judged yet", "gates", { releases: [exampleRelease({})] }, "empty · Nothing judged yet"],
    [
      "gates that failed",
      "gates",
      { releases: [exampleRelease({ judgedAtMs: 1 }, ["failed", "passed", "inconclusive"])] },
      "failed · 1 of 3 failed · version 2",
    ],
    [
      "a canary",
      "release",
      {
        releases: [
          exampleRelease({
            state: "rolling_out",
            steps: [{ kind: "canary", share: 0.1, durationMs: 1 }],
            currentStep: 0,
          }),
        ],
      },
      "rolling_out · version 2 · canary 10%",
    ],
    [
      "what answers",
      "serving",
      { deployments: [exampleDeployment(41)] },
      "ready · version 2 answers · 41 requests",
    ],
    [
      "an open incident",
      "monitoring",
      {
        incidents: [exampleIncident({}), exampleIncident({ state: "resolved" })],
        monitoring: { ...nothing.monitoring, predictions: 10 },
      },
      "alarm · 1 open incident",
    ],
    [
      "the share of outcomes known",
      "feedback",
      { monitoring: { ...nothing.monitoring, predictions: 300, outcomes: 100 } },
      "ok · 33% known · 100 outcomes",
    ],
  ];
  for (const [what, key, facts, expected] of pictures) {
    it(`shows ${what}`, () => assert.equal(station(key, facts), expected));
  }
});

describe("what needs somebody", () => {
  const needs = (facts: Partial<Facts>): string[] =>
    overviewOf({ ...nothing, ...facts }).needs.map((need) => `${need.about.kind}: ${need.title}`);

  it("is the newest first, of everything that waits", () => {
    assert.deepEqual(
      needs({
        incidents: [
          exampleIncident({ openedAtMs: 5, title: "recall fell" }),
          exampleIncident({ state: "resolved" }),
        ],
        releases: [exampleRelease({ state: "awaiting_approval", judgedAtMs: 4 })],
        datasets: [exampleDataset({ state: "quarantined", createdAtMs: 3 })],
        models: [exampleModel({ state: "rejected", createdAtMs: 2 })],
        executions: [exampleExecution({ state: "failed", endedAtMs: 1 }, ["succeeded", "failed"])],
      }),
      [
        "incident: recall fell",
        "release: Version 2 of care waits for an approval",
        "dataset: Version 3 of messages breaks its contract",
        "model: Version 2 of care was rejected",
        "execution: The stage s2 failed",
      ],
    );
  });

  it("is no release that has its approvals and waits for its turn", () => {
    const approvals = [{ by: "usr_bo", atMs: 1, note: null }];
    assert.deepEqual(needs({ releases: [exampleRelease({ state: "awaiting_approval", approvals })] }), []);
  });

  it("is no failed execution that a later one has made good", () => {
    const executions = [exampleExecution({}, []), exampleExecution({ state: "failed" }, ["failed"])];
    assert.deepEqual(needs({ executions }), []);
  });

  it("is the time box in its last two weeks", () => {
    const endMs = Date.UTC(2027, 2, 31);
    const projectFile = charter();
    assert.deepEqual(needs({ projectFile, nowMs: endMs - 14 * dayMs }), []);
    assert.deepEqual(needs({ projectFile, nowMs: endMs - 14 * dayMs + 1 }), [
      "charter: The time box ends: extend, stop or ship?",
    ]);
  });
});
