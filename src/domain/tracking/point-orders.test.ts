import assert from "node:assert/strict";
import { it } from "node:test";

import { Problem } from "#kernel/errors";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import { createTracking, migrations } from "./index.ts";

const startMs = Date.UTC(2027, 0, 1);

describeOnEveryEngine("points that many log at the same moment", (open) => {
  it("are all there, and a call that is wrong fails alone", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations, startMs });
    const { commands, getRun, metricHistory } = createTracking({ ...kernel, isProject: async () => false });
    const create = async (): Promise<string> =>
      (await commands.createRun({ project: "care", actor: "usr_ada", startedAtMs: startMs })).id;
    const [shared, other, deleted] = [await create(), await create(), await create()];
    await commands.deleteRun({ runId: deleted, actor: "usr_ada" });
    const log = async (runId: string, step: number): Promise<string> =>
      await commands
        .logBatch({ runId, metrics: [{ key: "loss", value: 100 - step, step, atMs: startMs + step }] })
        .then(
          () => "saved",
          (error: unknown) => (error instanceof Problem ? error.code : String(error)),
        );

    const steps = Array.from({ length: 150 }, (_, step) => step);
    const answers = await Promise.all([
      ...steps.map((step) => log(step % 2 === 0 ? shared : other, step)),
      log(deleted, 1),
      log("0123456789abcdef0123456789abcdef", 1),
      log("no run's id: a text", 1),
    ]);

    assert.deepEqual(answers.slice(steps.length), ["run_not_active", "run_not_found", "run_not_found"]);
    assert.deepEqual(new Set(answers.slice(0, steps.length)), new Set(["saved"]));
    for (const [runId, rest] of [
      [shared, 0],
      [other, 1],
    ] as const) {
      const own = steps.filter((step) => step % 2 === rest);
      const { items } = await metricHistory(runId, "loss", { limit: 1_000 });
      assert.deepEqual(
        items.map(({ step, value }) => [step, value]),
        own.map((step) => [step, 100 - step]),
      );
      assert.deepEqual((await getRun(runId)).metrics, { loss: 100 - (own.at(-1) ?? 0) });
    }
    assert.deepEqual((await getRun(deleted)).metrics, {});
  });

  it("are kept once each, whoever logs them again, in whatever order and at the same moment elsewhere", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations, startMs });
    const here = createTracking({ ...kernel, isProject: async () => false });
    const elsewhere = createTracking({ ...kernel, isProject: async () => false });
    const run = { project: "care", actor: "usr_ada", startedAtMs: startMs };
    const { id: runId } = await here.commands.createRun(run);
    const pointsOf = (steps: readonly number[]) =>
      steps.map((step) => ({
        key: `m${step % 3}`,
        step,
        atMs: startMs + step,
        value: step === 7 ? NaN : step,
      }));
    const rising = Array.from({ length: 300 }, (_, step) => step);
    const batches = [rising, rising.toReversed(), [5, 5, 5], [299, 300, 301], [-1], [302, 301, 303]];
    for (const steps of batches) {
      const metrics = pointsOf(steps);
      await Promise.all(
        [here, elsewhere, elsewhere].map(({ commands }) => commands.logBatch({ runId, metrics })),
      );
    }
    const wanted = Array.from({ length: 305 }, (_, index) => index - 1);
    const found = await Promise.all(
      ["m0", "m1", "m2", "m-1"].map(
        async (key) => (await here.metricHistory(runId, key, { limit: 1_000 })).items,
      ),
    );
    assert.deepEqual(
      found.flat().toSorted((a, b) => a.step - b.step),
      pointsOf(wanted),
    );
    assert.deepEqual((await here.getRun(runId)).metrics, { m0: 303, m1: 301, m2: 302, "m-1": -1 });
  });
});
