import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";

import { createLedger } from "#kernel/events";
import { createJobQueue } from "#kernel/jobs";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";
import type { TestKernel } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "../index.ts";
import { openTestProject } from "../test-project.ts";
import type { TestProject } from "../test-project.ts";
import type { NewVerification, Verification } from "./entities.ts";

describeOnEveryEngine("a verification", (open) => {
  async function build(stages: string) {
    const kernel = await createTestKernel({
      db: await open(),
      migrations: [...trackingMigrations, ...migrations],
    });
    const folder = await temporaryFolder();
    const aside = await temporaryFolder();
    const project = openTestProject(kernel, folder);
    await project.write({ "dvc.yaml": `stages:\n${stages.replaceAll("$ASIDE", aside)}`, in: "1" });
    return { ...kernel, project, folder, aside };
  }

  const begin = async (project: TestProject, order: Partial<NewVerification> = {}): Promise<Verification> =>
    await project.pipelines.verifications.start({ project: "p", targets: [], actor: "usr_a", ...order });

  async function verify(
    kernel: Pick<TestKernel, "jobs">,
    project: TestProject,
    order: Partial<NewVerification> = {},
  ): Promise<Verification> {
    const { id } = await begin(project, order);
    await kernel.jobs.settle();
    return await project.pipelines.verifications.get("p", id);
  }

  const verdicts = ({ stages }: Verification) =>
    stages.map(({ stage, verdict, message }) => [stage, verdict, message]);

  it("names the outs that are not reproducible, runs the rest from cached inputs, and keeps nothing", async () => {
    // The seed that nobody fixed: each run finds another number where it keeps its count.
    const house = await build(`  split: {cmd: 'cp in train.txt', deps: [in], outs: [train.txt]}
  train:
    cmd: mkdir -p model && cp train.txt model/weights && echo x >> $ASIDE/count && wc -l < $ASIDE/count > model/seed
    deps: [train.txt]
    outs: [model]
  evaluate: {cmd: 'cat model/weights > report', deps: [model], outs: [report]}
  fresh: {cmd: 'echo 1 > never', deps: [in], outs: [never]}
`);
    const { project, folder } = house;
    const made = await project.run({ targets: ["evaluate"] });
    const verified = await verify(house, project);
    assert.deepEqual(
      verified.stages.map(({ execution }) => execution),
      [made.id, made.id, made.id, null],
    );
    assert.equal(verified.state, "finished");
    assert.deepEqual(verdicts(verified), [
      ["split", "reproducible", null],
      ["train", "differs", "It gave other bytes for model from the same inputs."],
      ["evaluate", "reproducible", null],
      ["fresh", "not_cached", "It has no result as the project stood."],
    ]);
    const again = await project.run({ targets: ["evaluate"] });
    assert.deepEqual(
      again.steps.map(({ state }) => state),
      ["cached", "cached", "cached"],
    );
    assert.deepEqual(await readdir(join(house.folder, "executions")).catch(() => []), []);
    assert.deepEqual(await readdir(join(folder)), ["dvc.yaml", "in"]);
    const events = await house.ledger.list({ subject: verified.id });
    assert.deepEqual(
      events.map(({ kind, actor, data }) => [kind, actor, data]),
      [
        ["verification.started", "usr_a", { stages: 4 }],
        ...[
          ["split", "reproducible"],
          ["train", "differs"],
          ["evaluate", "reproducible"],
          ["fresh", "not_cached"],
        ].flatMap(([stage, verdict]) => [
          ["verification.stage_started", "usr_a", { stage }],
          ["verification.stage_verified", "usr_a", { stage, verdict }],
        ]),
        ["verification.finished", "system", { state: "finished", differing: ["train"] }],
      ],
    );
  });

  it("runs the named stage alone when asked to, from the results before it, and is found by it", async () => {
    const house = await build(`  split: {cmd: 'cp in train.txt', deps: [in], outs: [train.txt]}
  train: {cmd: 'cp train.txt model', deps: [train.txt], outs: [model]}
`);
    const { project } = house;
    await project.run();
    const alone = await verify(house, project, { targets: ["train"], alone: true });
    assert.deepEqual(verdicts(alone), [["train", "reproducible", null]]);
    house.clock.advanceMs(1_000);
    const both = await verify(house, project, { targets: ["train"] });
    const { list } = project.pipelines.verifications;
    assert.deepEqual(
      (await list("p", "split")).map(({ id, counts, stage }) => [id, counts, stage]),
      [[both.id, { reproducible: 2 }, both.stages[0]]],
    );
    assert.deepEqual(
      (await list("p", "train")).map(({ id }) => id),
      [both.id, alone.id],
    );
    assert.deepEqual(
      (await list("p")).map(({ stage }) => stage),
      [null, null],
    );
  });

  it("takes a sample by its seed", async () => {
    const stages = Array.from(
      { length: 9 },
      (_, index) => `  s${index}: {cmd: 'cp in o${index}', deps: [in], outs: [o${index}]}`,
    );
    const { project } = await build(`${stages.join("\n")}\n`);
    const sampled = async (seed: number) =>
      (await begin(project, { sample: 3, seed })).stages.map(({ stage }) => stage);
    const first = await sampled(1);
    assert.deepEqual([first.length, await sampled(1)], [3, first]);
    assert.notDeepEqual(await sampled(5), first);
    await assert.rejects(begin(project, { sample: 0 }), { code: "verification_invalid" });
    await assert.rejects(begin(project, { targets: ["s10"] }), { code: "stage_unknown" });
  });

  /** Runs once for its result; the second time it waits, as a training would take long. */
  const slow = `  first: {cmd: 'cp in a; echo x >> $ASIDE/first', deps: [in], outs: [a]}
  second:
    cmd: cp a b; if [ -e $ASIDE/cached ]; then echo $$ > $ASIDE/pid; until [ -e $ASIDE/done ]; do sleep 0.05; done; fi
    deps: [a]
    outs: [b]
`;

  async function half(stages: string) {
    const house = await build(stages);
    await house.project.run();
    await writeFile(join(house.aside, "cached"), "");
    const { id } = await begin(house.project);
    await house.jobs.start();
    await until(() => existsSync(join(house.aside, "pid")));
    return { ...house, id };
  }

  async function ended({ pipelines }: TestProject, id: string): Promise<Verification> {
    for (const deadline = performance.now() + 30_000; ;) {
      const one = await pipelines.verifications.get("p", id);
      if (one.state !== "running") return one;
      assert.ok(performance.now() < deadline, "it did not end");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it("tells how far it is, and is found again by whoever left", async () => {
    const { project, aside, id } = await half(slow);
    const one = await project.pipelines.verifications.get("p", id);
    assert.deepEqual(
      [one.state, one.stages.map(({ stage, state, verdict }) => [stage, state, verdict])],
      [
        "running",
        [
          ["first", "done", "reproducible"],
          ["second", "running", null],
        ],
      ],
    );
    assert.deepEqual(
      (await project.pipelines.verifications.list("p")).map((each) => each.id),
      [id],
    );
    await assert.rejects(project.pipelines.verifications.get("q", id), { code: "verification_not_found" });
    await writeFile(join(aside, "done"), "");
    assert.equal((await ended(project, id)).state, "finished");
  });

  it("ends what runs when it is cancelled, and stays cancelled", async () => {
    const { project, aside, id, ledger } = await half(slow);
    await project.pipelines.verifications.cancel({ project: "p", id, actor: "usr_b" });
    const pid = Number(await readFile(join(aside, "pid"), "utf8"));
    await until(() => !isAlive(pid));
    const one = await project.pipelines.verifications.cancel({ project: "p", id, actor: "usr_c" });
    assert.deepEqual([one.state, one.stages[1]?.verdict], ["cancelled", null]);
    const ends = await ledger.list({ subject: id, kinds: ["verification.finished"] });
    assert.deepEqual(
      ends.map(({ actor }) => actor),
      ["usr_b"],
    );
  });

  it("goes on where it was when its server stopped, of the code it began with", async () => {
    const house = await half(slow);
    await house.jobs.stop({ graceMs: 0 });
    const pid = Number(await readFile(join(house.aside, "pid"), "utf8"));
    await until(() => !isAlive(pid));
    // What somebody writes meanwhile is another pipeline.
    await house.project.write({ "dvc.yaml": "stages: {other: {cmd: 'echo', outs: [x]}}\n", in: "2" });
    await writeFile(join(house.aside, "done"), "");
    const jobs = createJobQueue({ db: house.db, clock: house.clock, retryDelayMs: 1 });
    const ledger = createLedger({ db: house.db, clock: house.clock });
    const next = openTestProject({ ...house, jobs, ledger }, house.folder);
    await jobs.settle();
    const one = await next.pipelines.verifications.get("p", house.id);
    assert.deepEqual(
      [one.state, verdicts(one)],
      [
        "finished",
        [
          ["first", "reproducible", null],
          ["second", "reproducible", null],
        ],
      ],
    );
    // Once for its result and once for the verification: what was done was not done again.
    assert.equal((await readFile(join(house.aside, "first"), "utf8")).split("x").length - 1, 2);
    await jobs.stop({ graceMs: 0 });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(isDone: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 30_000; !isDone();) {
    assert.ok(performance.now() < deadline, "it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
