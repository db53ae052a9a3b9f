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
});
