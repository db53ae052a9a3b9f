import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "./index.ts";
import type { StepAttempt, StepEnding, StepListener } from "./index.ts";
import { openTestProject } from "./test-project.ts";

describeOnEveryEngine("listening to a step", (open) => {
  it("tells of each attempt, gives it variables and a log, and hears how it ended", async () => {
    const heard: { attempt: StepAttempt; ending: StepEnding }[] = [];
    const listener: StepListener = {
      listen: async (attempt) => ({
        variables: { WORD: "hello", HOME: "/nowhere" },
        async end(ending) {
          heard.push({ attempt, ending });
          await attempt.say("heard");
          return undefined;
        },
      }),
    };
    const kernel = await createTestKernel({
      db: await open(),
      migrations: [...trackingMigrations, ...migrations],
    });
    const project = openTestProject(kernel, await temporaryFolder(), { listeners: [listener] });
    await project.write({
      "dvc.yaml": "stages: {t: {cmd: 'echo $WORD; test $HOME != /nowhere && echo $WORD > out', outs: [out]}}",
    });
    const execution = await project.run();
    const [step] = execution.steps;
    assert.equal(execution.state, "succeeded", step?.failure?.message ?? "");
    assert.deepEqual(
      heard.map(({ attempt, ending }) => [attempt.step, attempt.attempt, attempt.runId, ending.exitCode]),
      [[step?.id, 1, step?.runId, 0]],
    );
    const { text } = await project.pipelines.readLog(step?.id ?? "");
    assert.deepEqual(text.split("\n").slice(1), ["hello", "heard", ""]);
    const [started] = await kernel.ledger.list({ kinds: ["step.started"] });
    assert.deepEqual(started?.data, { execution: execution.id, stage: "t", attempt: 1 });
  });

  it("takes a truer word on a failure, and no harm from a listener that breaks", async () => {
    const better = { code: "step_failed", message: "The lamp broke.", next: "Change it." };
    const wise: StepListener = {
      listen: async () => ({
        variables: {},
        end: async ({ failure }) =>
          failure === null ? undefined : { failure: better, lastLines: ["dark here"] },
      }),
    };
    const broken: StepListener = {
      listen: async () => {
        throw new Error("deaf");
      },
    };
    const kernel = await createTestKernel({
      db: await open(),
      migrations: [...trackingMigrations, ...migrations],
    });
    const project = openTestProject(kernel, await temporaryFolder(), { listeners: [broken, wise] });
    await project.write({
      "dvc.yaml": "stages: {a: {cmd: echo 1 > a, outs: [a]}, b: {cmd: exit 4, deps: [a]}}",
    });
    const execution = await project.run();
    const [a, b] = execution.steps;
    assert.deepEqual(
      [a?.state, b?.state, b?.failure, b?.lastLines],
      ["succeeded", "failed", better, ["dark here"]],
    );
  });
});

describeOnEveryEngine("an execution that is asked for under a key", (open) => {
  it("is begun once, whoever asks again, and not confused with another", async () => {
    const kernel = await createTestKernel({
      db: await open(),
      migrations: [...trackingMigrations, ...migrations],
    });
    const project = openTestProject(kernel, await temporaryFolder());
    await project.write({ "dvc.yaml": "stages: {a: {cmd: echo 1 > a, outs: [a]}}" });
    const order = { idempotencyKey: "dag 2027-01-01", targets: ["a"] };
    const all = await Promise.all([1, 2, 3, 4].map(async () => await project.start(order)));
    const [first] = all;
    assert.equal(new Set(all.map(({ id }) => id)).size, 1);
    assert.equal((await project.pipelines.listExecutions("p", { limit: 10 })).length, 1);
    await kernel.jobs.settle();
    assert.deepEqual(
      [(await project.start(order)).id, (await project.start(order)).state],
      [first?.id, "succeeded"],
    );
    await assert.rejects(project.start({ ...order, targets: [] }), { code: "idempotency_key_reused" });
    assert.notEqual((await project.start({ ...order, idempotencyKey: "dag 2027-01-02" })).id, first?.id);
  });

  it("can be awaited, for as long as one likes", async () => {
    const kernel = await createTestKernel({
      db: await open(),
      migrations: [...trackingMigrations, ...migrations],
    });
    const project = openTestProject(kernel, await temporaryFolder());
    await project.write({ "dvc.yaml": "stages: {a: {cmd: echo 1 > a, outs: [a]}}" });
    const { id } = await project.start();
    const early = await project.pipelines.awaitExecution(id, { withinMs: 30 });
    assert.equal(early.state, "queued");
    const waiting = project.pipelines.awaitExecution(id, { withinMs: 60_000 });
    await kernel.jobs.settle();
    assert.equal((await waiting).state, "succeeded");
  });
});
