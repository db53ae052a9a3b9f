import assert from "node:assert/strict";
import { copyFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { digestOf } from "#kernel/digest";
import type { Database } from "#kernel/db";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "./index.ts";
import type { DatasetInput, Execution, PipelinesParts } from "./index.ts";
import { openTestProject } from "./test-project.ts";
import type { Files } from "./test-project.ts";

async function createProject(db: Database, files: Files, options: Partial<PipelinesParts> = {}) {
  const kernel = await createTestKernel({ db, migrations: [...trackingMigrations, ...migrations] });
  const projectFolder = await temporaryFolder();
  const project = openTestProject(kernel, projectFolder, options);
  await project.write(files);
  return { ...kernel, ...project, projectFolder };
}

const statesOf = (execution: Execution): Record<string, string> =>
  Object.fromEntries(execution.steps.map((step) => [step.stage, step.state]));
const reasonsOf = (execution: Execution): Record<string, string> =>
  Object.fromEntries(execution.steps.map((step) => [step.stage, step.reason]));

const chain: Files = {
  "dvc.yaml": `
stages:
  prepare: {cmd: tr a-z A-Z < raw.txt > clean.txt, deps: [raw.txt], outs: [clean.txt]}
  train:
    cmd:
      - mkdir -p model/deep
      - cp clean.txt model/deep/weights
      - echo '{"test":{"recall":0.9},"name":"x"}' > m.json
    deps: [clean.txt]
    params: [train.alpha]
    outs: [model]
    metrics: [{m.json: {cache: false}}]
`,
  "params.yaml": "# tuned by hand\ntrain: {alpha: 0.1}\nother: 1\n",
  "raw.txt": "hello",
};

describeOnEveryEngine("an execution", (open) => {
  it("runs every stage, keeps what it made, tracks each in a run, and leaves the project alone", async () => {
    const project = await createProject(await open(), chain);
    const execution = await project.run();
    assert.deepEqual(
      [execution.state, statesOf(execution)],
      ["succeeded", { prepare: "succeeded", train: "succeeded" }],
    );
    assert.deepEqual(execution.steps[1]?.metrics, { "test.recall": 0.9 });
    assert.equal(await project.output(execution, "model/deep/weights"), "HELLO");
    assert.deepEqual(
      [...(await project.pipelines.outputs(execution.id))],
      [
        ["clean.txt", digestOf("HELLO")],
        ["model/deep/weights", digestOf("HELLO")],
        ["m.json", digestOf('{"test":{"recall":0.9},"name":"x"}\n')],
      ],
    );
    const run = await project.tracking.getRun(execution.steps[0]?.runId ?? "");
    assert.deepEqual([run.name, run.status, run.project], ["prepare", "finished", "p"]);
    const events = await project.ledger.list({
      kinds: ["execution.started", "step.finished", "execution.finished"],
    });
    assert.deepEqual(
      events.map((event) => event.kind),
      ["execution.started", "step.finished", "step.finished", "execution.finished"],
    );
    assert.deepEqual(await readdir(project.projectFolder), ["dvc.yaml", "params.yaml", "raw.txt"]);
    assert.deepEqual(await readdir(join(project.folder, "executions")), []);
  });

  it("takes over what did not change, and says of the rest what differed", async () => {
    const project = await createProject(await open(), chain);
    const first = await project.run();
    const second = await project.run();
    assert.deepEqual(statesOf(second), { prepare: "cached", train: "cached" });
    assert.deepEqual(second.steps[1]?.outs, first.steps[1]?.outs);
    assert.equal(
      second.steps[0]?.reason,
      `Its command, inputs, parameters and environment are those of execution ${first.id}.`,
    );
    await project.write({ "params.yaml": "train: {alpha: 0.1}\nother: 2\n" });
    assert.deepEqual(statesOf(await project.run()), { prepare: "cached", train: "cached" });

    await project.write({ "raw.txt": "world" });
    const [prepare, train] = [
      ...(await project.pipelines.explainStep("p", "prepare")),
      ...(await project.pipelines.explainStep("p", "train")),
    ];
    assert.deepEqual([prepare?.verdict, prepare?.sentence], ["runs", "The dependency raw.txt changed."]);
    assert.deepEqual([train?.verdict, train?.cacheKey], ["runs", null]);
    assert.deepEqual(reasonsOf(await project.run()), {
      prepare: "The dependency raw.txt changed.",
      train: "The dependency clean.txt changed.",
    });

    const tuned = await project.run({ parameters: { "train.alpha": 0.2 } });
    assert.deepEqual(statesOf(tuned), { prepare: "cached", train: "succeeded" });
    assert.equal(tuned.steps[1]?.reason, "The parameter train.alpha in params.yaml changed from 0.1 to 0.2.");
    const back = await project.run();
    assert.deepEqual(statesOf(back), { prepare: "cached", train: "cached" });
    const [why] = await project.pipelines.explainStep("p", "train");
    assert.deepEqual([why?.verdict, why?.differences.length], ["cached", 0]);
  });

  it("runs stages at once as far as the graph and the slots allow", async () => {
    const meet = (own: string, other: string) =>
      `touch ${own}.here; for i in $(seq 200); do [ -e ${other}.here ] && exit 0; sleep 0.05; done; exit 1`;
    const project = await createProject(await open(), {
      "dvc.yaml": `stages:\n  a: {cmd: '${meet("a", "b")}'}\n  b: {cmd: '${meet("b", "a")}'}`,
    });
    assert.deepEqual(statesOf(await project.run()), { a: "succeeded", b: "succeeded" });
  });

  it("stops at a failure with the last lines, lets finish what runs, and goes on from there next time", async () => {
    const project = await createProject(await open(), {
      "dvc.yaml": `
stages:
  good: {cmd: 'sleep 0.5; echo 1 > good.txt', outs: [good.txt]}
  bad: {cmd: 'for i in $(seq 60); do echo line $i; done; test -e fixed && echo 2 > bad.txt', deps: [code], outs: [bad.txt]}
  after: {cmd: cat bad.txt > after.txt, deps: [bad.txt], outs: [after.txt]}
  aside: {cmd: cat good.txt > aside.txt, deps: [good.txt], outs: [aside.txt]}
`,
      code: "1",
    });
    const failed = await project.run();
    const bad = failed.steps.find((step) => step.stage === "bad");
    assert.deepEqual([failed.state, failed.failure?.code], ["failed", "step_failed"]);
    assert.deepEqual(statesOf(failed), {
      good: "succeeded",
      bad: "failed",
      after: "skipped",
      aside: "skipped",
    });
    assert.deepEqual([bad?.exitCode, bad?.lastLines.length, bad?.lastLines.at(-1)], [1, 50, "line 60"]);
    assert.match(bad?.failure?.message ?? "", /^The stage "bad" failed: ".*" ended with exit code 1\.$/);
    assert.equal(
      failed.steps.find((step) => step.stage === "after")?.reason,
      'It depends on "bad", which failed.',
    );
    assert.equal((await project.tracking.getRun(bad?.runId ?? "")).status, "failed");
    assert.match((await project.pipelines.readLog(bad?.id ?? "")).text, /^> for i in .*\nline 1\nline 2\n/);

    await project.write({ fixed: "" });
    const next = await project.run();
    assert.deepEqual(statesOf(next), {
      good: "cached",
      bad: "succeeded",
      after: "succeeded",
      aside: "succeeded",
    });
  });

  it("ends a step that hangs, floods its log, makes nothing, or cannot be found", async () => {
    const project = await createProject(
      await open(),
      {
        "dvc.yaml": `
stages:
  hang: {cmd: sleep 60, meta: {gyre: {timeout: 300ms}}, outs: [a]}
  flood: {cmd: yes, outs: [b]}
  idle: {cmd: 'true', outs: [c]}
  link: {cmd: ln -s /etc/hostname d, outs: [d]}
  absent: {cmd: no-such-program-here, outs: [e]}
`,
      },
      { maximumLogBytes: 5_000_000 },
    );
    const messages: Record<string, string> = {};
    for (const target of ["hang", "flood", "idle", "link", "absent"]) {
      const { failure } = await project.run({ targets: [target] });
      messages[target] = `${failure?.code}: ${failure?.message}`;
    }
    assert.deepEqual(messages, {
      hang: 'step_timed_out: The stage "hang" had not ended after 0.3 s and was stopped.',
      flood: 'log_limit: The stage "flood" printed more than 5 MB and was stopped.',
      idle: 'output_missing: The stage "idle" ended well but did not make c.',
      link: 'output_missing: The stage "link" made d a link, which is not kept.',
      absent: 'step_failed: The stage "absent" failed: "no-such-program-here" was not found (exit code 127).',
    });
  });

  it("is cancelled while it waits and while it runs, with its processes", async () => {
    const project = await createProject(await open(), {
      "dvc.yaml": "stages:\n  one: {cmd: sleep 60, outs: [a]}\n  two: {cmd: cp a b, deps: [a], outs: [b]}",
    });
    const waiting = await project.start();
    await project.pipelines.commands.cancelExecution(waiting.id, "usr_a");
    await project.jobs.settle();
    assert.deepEqual((await project.pipelines.getExecution(waiting.id)).state, "cancelled");

    const running = await project.start();
    const settled = project.jobs.settle();
    while ((await project.pipelines.getExecution(running.id)).steps[0]?.state !== "running") await sleep(20);
    await project.pipelines.commands.cancelExecution(running.id, "usr_a");
    await settled;
    const ended = await project.pipelines.getExecution(running.id);
    assert.deepEqual([ended.state, statesOf(ended)], ["cancelled", { one: "cancelled", two: "cancelled" }]);
    assert.equal((await project.tracking.getRun(ended.steps[0]?.runId ?? "")).status, "killed");
  });

  it("heeds always_changed, frozen and persist, and runs a stage without inputs and outs each time", async () => {
    const project = await createProject(await open(), {
      "dvc.yaml": `
stages:
  always: {cmd: cp in always.txt, deps: [in], outs: [always.txt], always_changed: true}
  ice: {cmd: cp in ice.txt, deps: [in], outs: [ice.txt], frozen: true}
  grow: {cmd: cat in >> grow.txt, deps: [in], outs: [grow.txt: {persist: true}]}
  greet: {cmd: echo hello}
`,
      in: "1",
    });
    const all = (state: string) => ({ always: state, ice: state, grow: state, greet: state });
    assert.deepEqual(statesOf(await project.run()), all("succeeded"));
    assert.deepEqual(statesOf(await project.run()), { ...all("succeeded"), ice: "cached", grow: "cached" });
    await project.write({ in: "2" });
    const third = await project.run();
    assert.deepEqual(statesOf(third), { ...all("succeeded"), ice: "cached" });
    assert.deepEqual(
      [await project.output(third, "ice.txt"), await project.output(third, "grow.txt")],
      ["1", "12"],
    );
    await project.write({ in: "1" });
    const fourth = await project.run();
    assert.deepEqual(
      [statesOf(fourth)["grow"], await project.output(fourth, "grow.txt")],
      ["succeeded", "121"],
    );
  });

  it("runs a step again whose results are no longer stored", async () => {
    const project = await createProject(await open(), chain);
    const { steps } = await project.run();
    await project.blobs.delete(steps[0]?.outs[0]?.digest ?? "");
    const again = await project.run();
    assert.deepEqual(statesOf(again), { prepare: "succeeded", train: "cached" });
    assert.equal(again.steps[0]?.reason, "Its earlier results are no longer stored.");
  });

  it("uses the data versions it was given, and nothing trains on one in quarantine", async () => {
    const data = join(await temporaryFolder(), "v1.csv");
    await writeFile(data, "a,b\n");
    const version: DatasetInput = {
      name: "messages",
      versionId: "dv_1",
      path: "data/messages.csv",
      digest: digestOf("a,b\n"),
      state: "usable",
      materialise: async (target) => await copyFile(data, target),
    };
    let inputs: readonly DatasetInput[] = [version];
    const project = await createProject(
      await open(),
      {
        "dvc.yaml": "stages: {count: {cmd: wc -c < data/messages.csv > n, deps: [data], outs: [n]}}",
        "data/messages.csv": "the working copy, which is not read",
      },
      { datasets: { resolve: async () => inputs } },
    );
    const execution = await project.run();
    assert.deepEqual(
      [execution.datasetVersions, await project.output(execution, "n")],
      [{ messages: "dv_1" }, "4\n"],
    );
    const [why] = await project.pipelines.explainStep("p", "count");
    assert.equal(why?.verdict, "cached");
    inputs = [{ ...version, state: "quarantined", reason: "Column b is empty." }];
    await assert.rejects(project.start(), {
      code: "data_quarantined",
      message: /^The stage "count" cannot read the data set messages\. Column b is empty\.$/,
    });
  });

  it("is refused with the place and the next step when the pipeline cannot run", async () => {
    const project = await createProject(await open(), chain);
    await assert.rejects(project.start({ parameters: { "train.alhpa": 1 } }), {
      code: "parameter_missing",
      next: 'Did you mean "alpha"?',
    });
    await assert.rejects(project.start({ targets: ["trian"] }), {
      code: "stage_unknown",
      next: 'Did you mean "train"?',
    });
    await rm(join(project.projectFolder, "raw.txt"));
    await project.write({ "raw2.txt": "" });
    await assert.rejects(project.start(), {
      code: "dependency_missing",
      message: 'The stage "prepare" depends on raw.txt, which does not exist and which no stage makes.',
      next: "Did you mean raw2.txt?",
      position: { file: "dvc.yaml", line: 3, column: 12 },
    });
  });

  it("sees the parameters it was started with, and the code it was started with", async () => {
    const project = await createProject(await open(), {
      "dvc.yaml":
        "stages: {show: {cmd: cat params.yaml p.json p.toml code > out, params: [a, {p.json: [b], p.toml: [c.d]}], outs: [out]}}",
      "params.yaml": "# kept\na: 1 # one\nz: [1, 2]\n",
      "p.json": '{"b": 1}',
      "p.toml": "[c]\nd = 1\n",
      code: "first",
    });
    const parameters = { a: 5, "z.1": 9, "p.json:b": "x", "p.toml:c.d": 2.5 };
    const first = await project.run({ parameters });
    assert.equal(
      await project.output(first, "out"),
      '# kept\na: 5 # one\nz: [ 1, 9 ]\n{\n  "b": "x"\n}\n[c]\nd = 2.5\nfirst',
    );
    await project.write({ code: "second" });
    const again = await project.run({ parameters, codeDigest: first.codeDigest });
    assert.deepEqual([again.codeDigest, statesOf(again)], [first.codeDigest, { show: "cached" }]);
  });
});
