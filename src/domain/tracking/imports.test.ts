import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import type { ImportedExperiment, ImportedRun } from "./import-commands.ts";
import { createPointsDigest, createTracking, migrations } from "./index.ts";

const actor = "usr_ada";
const source = "old.db";

const experiment: ImportedExperiment = {
  id: "7",
  name: "old",
  state: "active",
  createdAtMs: 1_000,
  updatedAtMs: 2_000,
  tags: { team: "care" },
};

function oldRun(id: string, changes: Partial<ImportedRun> = {}): ImportedRun {
  return {
    id,
    name: `run ${id}`,
    status: "finished",
    state: "active",
    userName: "bob",
    startedAtMs: 5_000,
    endedAtMs: 6_000,
    params: { depth: "3" },
    tags: { team: "care" },
    inputs: [
      {
        dataset: { name: "table", digest: "abc", sourceType: "local", source: "{}" },
        tags: { "mlflow.data.context": "training" },
      },
    ],
    modelInputs: [],
    modelOutputs: [{ modelId: "m-1", step: 2 }],
    ...changes,
  };
}

describeOnEveryEngine("what another server recorded", (open) => {
  const openTracking = async () => {
    const kernel = await createTestKernel({ db: await open(), migrations, startMs: Date.UTC(2027, 0, 1) });
    const tracking = createTracking({ ...kernel, isProject: async () => false });
    const told = async () => (await kernel.ledger.list({ limit: 100 })).map((event) => event.kind).toSorted();
    return { tracking, imports: tracking.commands.imports, told };
  };

  it("keeps ids, times, states and whose it was, and is told once", async () => {
    const { tracking, imports, told } = await openTracking();
    for (const isNew of [true, false]) {
      assert.deepEqual(await imports.importExperiment({ experiment, source, actor }), { id: "7", isNew });
      const deleted = oldRun("b".repeat(32), { state: "deleted", status: "failed" });
      const answer = await imports.importRuns({
        experimentId: "7",
        runs: [oldRun("a".repeat(32)), deleted],
        source,
        actor,
      });
      assert.deepEqual(
        answer.map((run) => [run.id.slice(0, 1), run.isNew, run.experimentId]),
        [
          ["a", isNew, "7"],
          ["b", isNew, "7"],
        ],
      );
    }
    const kept = await tracking.getRun("b".repeat(32));
    assert.deepEqual(
      [kept.state, kept.status, kept.startedAtMs, kept.endedAtMs, kept.userName, kept.actor, kept.params],
      ["deleted", "failed", 5_000, 6_000, "bob", actor, { depth: "3" }],
    );
    const old = await tracking.getExperiment("7");
    assert.deepEqual([old.createdAtMs, old.updatedAtMs, old.tags], [1_000, 2_000, { team: "care" }]);
    assert.deepEqual(await told(), ["experiment.imported", "runs.imported"]);
    // The number after those given by hand is free on both engines.
    const next = await tracking.commands.createExperiment({ name: "new", actor });
    assert.equal(Number(next.id) > 7, true);
  });

  it("joins an experiment of the same name, and takes another number where its own is taken", async () => {
    const { tracking, imports } = await openTracking();
    const own = await tracking.commands.createExperiment({
      name: "old",
      tags: [{ key: "team", value: "ours" }],
      actor,
    });
    const joined = { ...experiment, tags: { team: "theirs", note: "new" } };
    assert.deepEqual(await imports.importExperiment({ experiment: joined, source, actor }), {
      id: own.id,
      isNew: false,
    });
    assert.deepEqual((await tracking.getExperiment(own.id)).tags, { team: "ours", note: "new" });
    const other = { ...experiment, id: own.id, name: "another" };
    const moved = await imports.importExperiment({ experiment: other, source, actor });
    assert.equal(moved.isNew, true);
    assert.notEqual(moved.id, own.id);
  });

  it("adds measurements once, also to a deleted run, and knows them by a digest without an order", async () => {
    const { tracking, imports } = await openTracking();
    await imports.importExperiment({ experiment, source, actor });
    const runId = "c".repeat(32);
    const runs = [oldRun(runId, { state: "deleted" })];
    await imports.importRuns({ experimentId: "7", runs, source, actor });
    const points = Array.from({ length: 500 }, (_, index) => ({
      key: index % 2 === 0 ? "loss" : "odd ü",
      value: index === 7 ? Number.NaN : Math.sin(index),
      atMs: 1_000 + index,
      step: index - 3,
    }));
    const expected = createPointsDigest();
    for (const point of points.toReversed()) expected.add(point);
    for (let round = 0; round < 2; round++) {
      await imports.importPoints({ runId, points });
      assert.deepEqual(await tracking.pointsDigest(runId), expected.result());
    }
    assert.equal(expected.result().points, 500);
    expected.add({ key: "loss", value: 0, atMs: 1, step: 1 });
    assert.notDeepEqual(await tracking.pointsDigest(runId), expected.result());
    const [again] = await imports.importRuns({ experimentId: "7", runs, source, actor });
    assert.deepEqual([again?.isNew, again?.points], [false, 500]);
  });
});
