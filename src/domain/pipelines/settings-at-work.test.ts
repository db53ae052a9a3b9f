import assert from "node:assert/strict";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type { Principal } from "#kernel/auth";
import type { Database } from "#kernel/db";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "./index.ts";
import type { Execution, PipelinesParts } from "./index.ts";
import { openTestProject } from "./test-project.ts";

const ada: Principal = { id: "usr_ada", name: "Ada", kind: "person", via: "local" };
const robot: Principal = { id: "usr_robot", name: "deploy bot", kind: "service", via: "token" };

async function createProject(db: Database, stages: string, options: Partial<PipelinesParts> = {}) {
  const kernel = await createTestKernel({ db, migrations: [...trackingMigrations, ...migrations] });
  const notes = await temporaryFolder();
  const project = openTestProject(kernel, await temporaryFolder(), options);
  await project.write({ "dvc.yaml": `stages:\n${stages.replaceAll("$NOTES", notes)}`, in: "1" });
  return { ...kernel, ...project, notes };
}

const endsOf = (execution: Execution): Record<string, string> =>
  Object.fromEntries(execution.steps.map((step) => [step.stage, `${step.state}: ${step.reason}`]));

describeOnEveryEngine("a stage's settings", (open) => {
  it("let a step be tried again for the causes it names, and tell of each attempt", async () => {
    const project = await createProject(
      await open(),
      `  flaky:
    cmd: echo x >> $NOTES/tries; test $(wc -l < $NOTES/tries) -ge 3 || exit 75; echo 1 > out
    outs: [out]
    meta: {gyre: {retry: {times: 5, on: [75], backoff: 1ms}}}
  hopeless:
    cmd: exit 3
    meta: {gyre: {retry: {times: 5, on: [75, timeout], backoff: 1ms}}}
  slow:
    cmd: test -e $NOTES/slept || { touch $NOTES/slept; sleep 60; }
    meta: {gyre: {timeout: 500ms, retry: {times: 1, on: [timeout], backoff: 1ms}}}`,
    );
    const execution = await project.run({ targets: ["flaky"] });
    const [flaky] = execution.steps;
    assert.deepEqual([flaky?.state, flaky?.attempt, flaky?.retries], ["succeeded", 3, 2]);
    const attempts = (await project.pipelines.earlierAttempts(execution.id)).get(flaky?.id ?? "") ?? [];
    assert.deepEqual(
      attempts.map(({ attempt, outcome, exitCode, reason }) => [attempt, outcome, exitCode, reason]),
      [
        [1, "failed", 75, "Attempt 1 failed (exit code 75); retry 1 of 5 after 0 s."],
        [2, "failed", 75, "Attempt 2 failed (exit code 75); retry 2 of 5 after 0 s."],
      ],
    );
    const hopeless = await project.run({ targets: ["hopeless"] });
    assert.deepEqual([hopeless.state, hopeless.steps[0]?.attempt], ["failed", 1]);
    const slow = await project.run({ targets: ["slow"] });
    assert.deepEqual([slow.state, slow.steps[0]?.attempt], ["succeeded", 2]);
    const runs = await project.tracking.searchRuns({ project: "p", limit: 10 });
    assert.deepEqual(
      runs.items
        .filter((run) => run.name === "flaky")
        .map((run) => run.status)
        .toSorted(),
      ["failed", "failed", "finished"],
    );
  });

  it("leave out a step whose condition does not hold, and what depends on it", async () => {
    const project = await createProject(
      await open(),
      `  evaluate: {cmd: 'cp in m.json', deps: [in], metrics: [m.json]}
  publish:
    cmd: echo 1 > published
    outs: [published]
    meta: {gyre: {when: metrics.evaluate.recall >= 0.8}}
  tell: {cmd: cat published, deps: [published]}
  aside: {cmd: 'true', meta: {gyre: {when: metrics.evaluate.recall < 0.8}}}`,
    );
    await project.write({ in: '{"recall": 0.7}' });
    const execution = await project.run();
    assert.equal(execution.state, "succeeded");
    assert.deepEqual(endsOf(execution), {
      evaluate: "succeeded: It has not succeeded before.",
      publish: "skipped: Its condition does not hold: metrics.evaluate.recall is 0.7, which is not >= 0.8.",
      tell: 'skipped: It depends on "publish", which was skipped.',
      aside: "succeeded: It declares neither dependencies nor outs, so it always runs.",
    });
    await project.write({ in: '{"recall": 0.9}' });
    const better = await project.run();
    assert.deepEqual(better.steps.map(({ stage, state }) => `${stage} ${state}`).toSorted(), [
      "aside skipped",
      "evaluate succeeded",
      "publish succeeded",
      "tell succeeded",
    ]);
  });

  it("wait for a person's answer, across servers, and take none from what acts by itself", async () => {
    const project = await createProject(
      await open(),
      `  report: {cmd: cp in report.txt, deps: [in], outs: [report.txt]}
  send:
    cmd: cp report.txt sent.txt
    deps: [report.txt]
    outs: [sent.txt]
    meta: {gyre: {approve: Is the report in order?}}`,
    );
    const asked = await project.run();
    assert.deepEqual(
      [asked.state, asked.waitingReason],
      ["running", "send waits for an answer to: Is the report in order?"],
    );
    const answer = { execution: asked.id, stage: "send" };
    await assert.rejects(
      project.pipelines.commands.answerApproval({ ...answer, answer: "approved", by: robot }),
      { code: "approver_not_a_person" },
    );
    await project.pipelines.commands.answerApproval({ ...answer, answer: "approved", note: "read", by: ada });
    await project.jobs.settle();
    const done = await project.pipelines.getExecution(asked.id);
    assert.deepEqual([done.state, await project.output(done, "sent.txt")], ["succeeded", "1"]);
    await assert.rejects(
      project.pipelines.commands.answerApproval({ ...answer, answer: "declined", by: ada }),
      { code: "approval_not_open" },
    );
    assert.equal((await project.run()).state, "succeeded", "what is cached asks nobody");

    await project.write({ in: "2" });
    const again = await project.run();
    const declined = {
      execution: again.id,
      stage: "send",
      answer: "declined",
      note: "wrong",
      by: ada,
    } as const;
    await project.pipelines.commands.answerApproval(declined);
    await project.jobs.settle();
    const failed = await project.pipelines.getExecution(again.id);
    assert.deepEqual(
      [failed.state, failed.failure?.code, failed.failure?.message],
      ["failed", "approval_declined", 'The stage "send" was declined by usr_ada: wrong.'],
    );
  });

  it("bring an asked execution to its end when it is cancelled while it waits", async () => {
    const project = await createProject(await open(), "  ask: {cmd: x, meta: {gyre: {approve: Now?}}}");
    const { id } = await project.run();
    await project.pipelines.commands.cancelExecution(id, "usr_ada");
    await project.jobs.settle();
    const execution = await project.pipelines.getExecution(id);
    assert.deepEqual([execution.state, execution.steps[0]?.state], ["cancelled", "cancelled"]);
  });

  it("keep the checkpoint of a step that had to make room, which counts as no failure", async () => {
    const project = await createProject(
      await open(),
      `  train:
    cmd: |
      mkdir -p state; echo round >> state/rounds; touch $NOTES/began; test $(wc -l < state/rounds) -ge 2 || sleep 60; cp state/rounds model
    outs: [model]
    meta: {gyre: {checkpoint: state}}`,
    );
    const { id } = await project.start();
    const settled = project.jobs.settle();
    for (let looks = 0; looks < 500; looks++) {
      const [step] = (await project.pipelines.getExecution(id)).steps;
      const began = await project.pipelines.readLog(step?.id ?? "").catch(() => undefined);
      if (step?.state === "running" && began?.text.includes("mkdir") === true) break;
      await sleep(20);
    }
    await sleep(500);
    await project.pipelines.commands.preemptStep({ execution: id, stage: "train", actor: "usr_ada" });
    await settled;
    const execution = await project.pipelines.getExecution(id);
    const [train] = execution.steps;
    assert.deepEqual(
      [execution.state, train?.attempt, train?.retries, await project.output(execution, "model")],
      ["succeeded", 2, 0, "round\nround\n"],
    );
    const attempts = (await project.pipelines.earlierAttempts(id)).get(train?.id ?? "");
    assert.deepEqual(
      attempts?.map(({ outcome, reason }) => [outcome, reason]),
      [["preempted", "Its place was asked for during attempt 1; it goes on from its checkpoint."]],
    );
  });

  it("give a step its secrets, whose names are in the key and whose values are nowhere", async () => {
    const project = await createProject(
      await open(),
      "  call: {cmd: 'test \"$TOKEN\" = s3cret && echo ok > out', outs: [out], meta: {gyre: {secrets: [TOKEN]}}}",
    );
    const without = await project.run();
    assert.deepEqual([without.state, without.failure?.code], ["failed", "secret_not_set"]);
    await project.secrets.set({ project: "p", name: "TOKEN", value: "s3cret", actor: "usr_ada" });
    const execution = await project.run();
    assert.equal(execution.state, "succeeded");
    await project.secrets.set({ project: "p", name: "TOKEN", value: "another", actor: "usr_ada" });
    assert.equal((await project.run()).steps[0]?.state, "cached", "a new value is no new key");
    const { keyParts } = await project.pipelines.getStepRecord(execution.steps[0]?.id ?? "");
    assert.deepEqual(keyParts?.secrets, ["TOKEN"]);
    assert.doesNotMatch(JSON.stringify(await project.ledger.list({})), /s3cret|another/);
  });

  it("refuse at once what the machine cannot give", async () => {
    const project = await createProject(
      await open(),
      "  big: {cmd: 'true', meta: {gyre: {resources: {cpu: 64}}}}",
    );
    const execution = await project.run();
    assert.deepEqual(
      [execution.failure?.code, execution.failure?.message],
      ["resources_exceeded", 'The stage "big" asks for 64 cpu, of which this machine has 2.'],
    );
  });

  it("run what matters first, when there is room for one", async () => {
    const stage = (name: string, priority: number): string =>
      `  ${name}: {cmd: echo ${name} >> $NOTES/order, meta: {gyre: {priority: ${priority}}}}`;
    const stages = [stage("low", -1), stage("usual", 0), stage("high", 9)].join("\n");
    const project = await createProject(await open(), stages, { slots: 1 });
    const execution = await project.run();
    const started = (await project.ledger.list({ kinds: ["step.started"] })).map((event) => event.subject);
    const names = new Map(execution.steps.map((step) => [step.id, step.stage]));
    assert.deepEqual(
      started.map((id) => names.get(id)),
      ["high", "usual", "low"],
    );
  });

  it("find a flipped bit in a stored result, and make it anew", async () => {
    const project = await createProject(
      await open(),
      "  make: {cmd: echo made > out, deps: [in], outs: [out]}",
    );
    const first = await project.run();
    const path = await project.blobs.localPath(first.steps[0]?.outs[0]?.digest ?? "");
    await chmod(path, 0o644);
    await writeFile(path, "2");
    const again = await project.run();
    assert.deepEqual(endsOf(again), {
      make: "succeeded: Its earlier result out was damaged in the store, so it is made anew.",
    });
    assert.equal(await project.output(again, "out"), "made\n");
  });

  it("give each of several steps at once GPUs of its own, and tell it which", async () => {
    // Each waits until all four are there, so that they certainly hold theirs at the same time.
    const cmd = (name: string): string =>
      `echo "$CUDA_VISIBLE_DEVICES $NVIDIA_VISIBLE_DEVICES" > ${name}; touch $NOTES/${name}; until [ $(ls $NOTES | wc -l) -ge 4 ]; do sleep 0.05; done`;
    const stage = (name: string, gpu: number): string =>
      `  ${name}: {cmd: '${cmd(name)}', outs: [${name}], meta: {gyre: {resources: {cpu: 0.1, gpu: ${gpu}}}}}\n`;
    const project = await createProject(
      await open(),
      stage("a", 1) + stage("b", 2) + stage("c", 1) + stage("none", 0),
      { gpus: 4 },
    );
    const execution = await project.run();
    assert.equal(execution.state, "succeeded", JSON.stringify(execution.failure));
    const told = new Map<string, readonly string[]>();
    for (const name of ["a", "b", "c", "none"]) {
      const [cuda = "", container = ""] = (await project.output(execution, name)).trimEnd().split(" ");
      assert.equal(cuda, container);
      told.set(name, cuda === "" ? [] : cuda.split(","));
    }
    assert.deepEqual(
      [...told.values()].map((devices) => devices.length),
      [1, 2, 1, 0],
    );
    assert.deepEqual([...told.values()].flat().toSorted(), ["0", "1", "2", "3"]);
    // The next server finds who had them, should this one be killed.
    const kept = await Promise.all(
      (await readdir(join(project.folder, "gpus"))).map(
        async (name) => JSON.parse(await readFile(join(project.folder, "gpus", name), "utf8")).stage,
      ),
    );
    assert.deepEqual(kept.toSorted(), ["a", "b", "b", "c"]);
  });
});
