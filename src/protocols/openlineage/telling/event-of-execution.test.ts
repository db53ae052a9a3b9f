import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { ExecutionRecord } from "#pipelines";

import { eventOfExecution, parentFacet } from "./event-of-execution.ts";
import { createFacetMaker } from "./facets.ts";

const url = "http://127.0.0.1:7357";
const context = {
  facets: createFacetMaker(url),
  namespace: "gyre",
  url,
  version: "0.1.0",
  pipelineFile: "dvc.yaml",
};

const execution: ExecutionRecord = {
  id: "exe_1hq8z3k0m4x2abcdefgh",
  project: "shop",
  state: "running",
  purpose: { kind: "trigger", reason: "schedule nightly", nominalAtMs: Date.UTC(2027, 0, 1, 2) },
  parameters: { "train.alpha": 0.5, name: "ada" },
  targets: [],
  complete: true,
  codeDigest: "a".repeat(64),
  datasetVersions: {},
  environmentDigest: null,
  actor: "system",
  createdAtMs: 0,
  startedAtMs: 0,
  endedAtMs: null,
  failure: null,
  cancelReason: null,
};

describe("an event of an execution", () => {
  it("tells of one that a clock began the time it was meant for, and the parameters it was given", () => {
    const { run } = eventOfExecution(context, execution, { type: "START", atMs: 1, inputs: [] });
    assert.partialDeepStrictEqual(run.facets, {
      nominalTime: { nominalStartTime: "2027-01-01T02:00:00.000Z" },
      executionParameters: {
        parameters: [
          { key: "train.alpha", value: "0.5" },
          { key: "name", value: "ada" },
        ],
      },
    });
  });

  it("names the task elsewhere that asked for it, and for its own steps the run around that", () => {
    const parent = { namespace: "team", job: "nightly.train", runId: "01a222ae-2d4d-7656-96ea-c42a2c52987c" };
    const root = { namespace: "team", job: "nightly", runId: "01a222ae-2d4d-7920-befa-37240fa8457b" };
    const asked = {
      ...execution,
      purpose: { kind: "requested", reason: "by Airflow", parent, root },
    } as const;
    const { run } = eventOfExecution(context, asked, { type: "START", atMs: 1, inputs: [] });
    const outermost = { run: { runId: root.runId }, job: { namespace: "team", name: "nightly" } };
    assert.partialDeepStrictEqual(run.facets["parent"], {
      run: { runId: parent.runId },
      job: { namespace: "team", name: "nightly.train" },
      root: outermost,
    });
    assert.partialDeepStrictEqual(parentFacet(context, asked), {
      run: { runId: run.runId },
      root: outermost,
    });
  });

  it("has the same bytes whenever it is built, and no nominal time where nothing is scheduled", () => {
    const moment = { type: "START", atMs: 1, inputs: [] } as const;
    const asked = { ...execution, purpose: { kind: "requested", reason: "by hand" } } as const;
    const [first, second] = [
      eventOfExecution(context, asked, moment),
      eventOfExecution(context, asked, moment),
    ];
    assert.equal(JSON.stringify(first), JSON.stringify(second));
    assert.equal("nominalTime" in first.run.facets, false);
  });
});
