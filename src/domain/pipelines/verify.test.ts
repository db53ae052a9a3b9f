import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "./index.ts";
import { openTestProject } from "./test-project.ts";

describeOnEveryEngine("verifying cached steps", (open) => {
  it("names the outs that are not reproducible, runs the rest from cached inputs, and keeps nothing", async () => {
    const db = await open();
    const kernel = await createTestKernel({ db, migrations: [...trackingMigrations, ...migrations] });
    const project = openTestProject(kernel, await temporaryFolder());
    // The seed that nobody fixed: each run finds another number where it keeps its count.
    const count = join(await temporaryFolder(), "count");
    await project.write({
      "dvc.yaml": `stages:
  split: {cmd: 'cp in train.txt', deps: [in], outs: [train.txt]}
  train:
    cmd: mkdir -p model && cp train.txt model/weights && echo x >> ${count} && wc -l < ${count} > model/seed
    deps: [train.txt]
    outs: [model]
  evaluate: {cmd: 'cat model/weights > report', deps: [model], outs: [report]}
  fresh: {cmd: 'echo 1 > never', deps: [in], outs: [never]}
`,
      in: "1",
    });
    await project.run({ targets: ["evaluate"] });
    const order = { project: "p", targets: [], signal: new AbortController().signal };
    const verified = await project.pipelines.verifySteps(order);
    assert.deepEqual(
      verified.map(({ stage, verdict, message }) => [stage, verdict, message]),
      [
        ["split", "reproducible", null],
        ["train", "differs", "It gave other bytes for model from the same inputs."],
        ["evaluate", "reproducible", null],
        ["fresh", "not_cached", "It has no result as the project stands."],
      ],
    );
    const [execution] = await project.pipelines.listExecutions("p", { limit: 10 });
    assert.equal(
      (await project.run({ targets: ["evaluate"] })).steps.every(({ state }) => state === "cached"),
      true,
    );
    assert.equal(execution?.steps.length, 3);
    assert.deepEqual(await readdir(join(kernel.folder, "executions")), []);
  });

  it("takes a sample by its seed", async () => {
    const db = await open();
    const kernel = await createTestKernel({ db, migrations: [...trackingMigrations, ...migrations] });
    const project = openTestProject(kernel, await temporaryFolder());
    const stages = Array.from(
      { length: 9 },
      (_, index) => `  s${index}: {cmd: 'cp in o${index}', deps: [in], outs: [o${index}]}`,
    );
    await project.write({ "dvc.yaml": `stages:\n${stages.join("\n")}\n`, in: "1" });
    await project.run();
    const sampled = async (seed: number) => {
      const order = { project: "p", targets: [], sample: 3, seed, signal: new AbortController().signal };
      return (await project.pipelines.verifySteps(order)).map(({ stage, verdict }) => `${stage} ${verdict}`);
    };
    const first = await sampled(1);
    assert.deepEqual([first.length, await sampled(1)], [3, first]);
    assert.notDeepEqual(await sampled(5), first);
  });
});
