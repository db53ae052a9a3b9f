import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTestKernel } from "#kernel/testing";

import { createTracking, migrations } from "./index.ts";
import type { Run, Tracking } from "./index.ts";

const hourMs = 60 * 60 * 1_000;

async function open() {
  const kernel = await createTestKernel({ migrations });
  const tracking = createTracking({ ...kernel, isProject: async () => true });
  const begin = async (): Promise<Run> =>
    await tracking.commands.createRun({
      project: "care",
      tags: [{ key: "mlflow.user", value: "ada" }],
      actor: "usr_ada",
      startedAtMs: kernel.clock.nowMs(),
    });
  return { ...kernel, tracking, begin };
}

/** Every way to touch a run. */
const touches: Readonly<Record<string, (tracking: Tracking, runId: string) => Promise<unknown>>> = {
  metric: ({ commands }, runId) =>
    commands.logBatch({ runId, metrics: [{ key: "loss", value: 1, atMs: 1, step: 0 }] }),
  parameter: ({ commands }, runId) => commands.logBatch({ runId, params: [{ key: "depth", value: "3" }] }),
  tag: ({ commands }, runId) => commands.logBatch({ runId, tags: [{ key: "team", value: "mail" }] }),
  file: ({ commands }, runId) => commands.putArtifact(runId, "note.txt", Buffer.from("x")),
  data: ({ commands }, runId) =>
    commands.logInputs({
      runId,
      datasets: [{ dataset: { name: "d", digest: "1", sourceType: "local", source: "x" }, tags: {} }],
      modelIds: [],
    }),
  end: ({ commands }, runId) =>
    commands.updateRun({ runId, status: "finished", endedAtMs: 2, actor: "usr_ada" }),
};

describe("a run that no call touched after the one that began it", () => {
  it("is a ghost after an hour, not before", async () => {
    const { tracking, clock, begin } = await open();
    const run = await begin();
    clock.advanceMs(hourMs);
    assert.equal(await tracking.isGhost(run), false);
    clock.advanceMs(1);
    assert.equal(await tracking.isGhost(await tracking.getRun(run.id)), true);
  });

  for (const [what, touch] of Object.entries(touches)) {
    it(`is none with a ${what}`, async () => {
      const { tracking, clock, begin } = await open();
      const { id } = await begin();
      await touch(tracking, id);
      clock.advanceMs(2 * hourMs);
      assert.equal(await tracking.isGhost(await tracking.getRun(id)), false);
    });
  }
});
