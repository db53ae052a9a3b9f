import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { sql } from "kysely";

import { Problem } from "#kernel/errors";
import { temporaryFolder } from "#kernel/testing";

import { createTestLauncher } from "../../src/domain/compute/targets/far/test-launcher.ts";
import { signalWork } from "../../src/domain/compute/targets/far/test-signal.ts";
import type { Files } from "../../src/domain/pipelines/test-project.ts";
import { tracesOf } from "../sign-in/traces-of.ts";
import { openHouse as openHouseWith } from "./house.ts";

const farSettings = { name: "far", kind: "ray", url: "http://127.0.0.1:1", can_grow: false } as const;

async function openHouse(files: Files) {
  const launcher = createTestLauncher(4);
  after(() => launcher.close());
  return await openHouseWith(files, farSettings, launcher);
}

const stage = (cmd: string, more = ""): string => `{cmd: "${cmd}", meta: {gyre: {target: far${more}}}`;

describe("a stage with a compute target", () => {
  it("runs there on the files it would see here, and its outs feed the next stage", async () => {
    const { run, output } = await openHouse({
      "dvc.yaml": `stages:
  here: {cmd: "echo 5 > a && echo other > unrelated", outs: [a, unrelated]}
  there: ${stage("sh src/double.sh a > b && ls > seen && mkdir -p made && echo x > made/x")}, deps: [a, src/double.sh], outs: [b, seen, made], metrics: [m.json: {cache: false}]}
  last: {cmd: "cat b made/x > c", deps: [b, made], outs: [c]}
`.replace("echo x > made/x", `echo x > made/x && echo '{\\"n\\": 10}' > m.json`),
      "src/double.sh": "echo $(( $(cat $1) * 2 ))\necho at $GYRE_WORK_TOKEN$MLFLOW_RUN_ID >&2\n",
    });
    const execution = await run();
    const step = execution.steps.find((one) => one.stage === "there");
    assert.equal(execution.state, "succeeded", JSON.stringify(step));
    assert.equal(await output(execution, "c"), "10\nx\n");
    assert.equal(step?.metrics["n"], 10);
    // Of what others made only what the stage depends on travels.
    const seen = (await output(execution, "seen")).trim().split("\n");
    assert.deepEqual(seen.toSorted(), ["a", "b", "dvc.yaml", "seen", "src"]);
    assert.match(step?.lastLines.join("\n") ?? "", new RegExp(`^at ${step?.runId}$`, "m"));
    const again = await run();
    assert.deepEqual(
      again.steps.map(({ state }) => state),
      ["cached", "cached", "cached"],
    );
  });

  it("fails as it would fail here, with its last lines", async () => {
    const { run } = await openHouse({ "dvc.yaml": `stages:\n  there: ${stage("echo words; exit 3")}}\n` });
    const { failure, steps } = await run();
    assert.equal(failure?.code, "step_failed");
    assert.match(failure?.message ?? "", /"there" failed: "echo words; exit 3" ended with exit code 3/);
    assert.deepEqual([steps[0]?.exitCode, steps[0]?.lastLines.at(-1)], [3, "words"]);
  });

  it("names the targets there are when its own is not among them", async () => {
    const { start, pipelines } = await openHouse({
      "dvc.yaml": `stages:\n  x: {cmd: "true", meta: {gyre: {target: moon}}}\n`,
    });
    await assert.rejects(start(), {
      code: "target_unknown",
      message: 'There is no compute target "moon"; this server has local, far.',
    });
    assert.deepEqual(await pipelines.listExecutions("p", { limit: 10 }), []);
  });

  it("is refused before anything runs when it names an image and its target runs none", async () => {
    for (const target of ["far", "local"]) {
      const { start, pipelines } = await openHouse({
        "dvc.yaml": `stages:
  first: {cmd: "echo 1 > a", outs: [a]}
  second: {cmd: "cat a", deps: [a], meta: {gyre: {target: ${target}, image: "ml:1"}}}
`,
      });
      await assert.rejects(start(), (error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual([error.code, error.position?.line], ["image_unsupported", 3]);
        assert.match(error.message, /"second" names the image ml:1, and .* runs no container images\./);
        return true;
      });
      assert.deepEqual(await pipelines.listExecutions("p", { limit: 10 }), []);
    }
  });

  it("runs in its image, or its target's, is found again by it, and says when it changed", async () => {
    const launched: (string | null)[] = [];
    const launcher = createTestLauncher(4, { images: { default: "python:3.12-slim" } });
    after(() => launcher.close());
    const pipeline = (image: string): Files => ({
      "dvc.yaml": `stages:
  own: {cmd: "echo 1 > a", outs: [a], meta: {gyre: {target: far, image: "${image}"}}}
  usual: {cmd: "echo 2 > b", outs: [b], meta: {gyre: {target: far}}}
`,
    });
    const house = await openHouseWith(pipeline("ml:1"), farSettings, {
      ...launcher,
      async launch(start) {
        launched.push(start.work.spec.image);
        await launcher.launch(start);
      },
    });
    assert.equal((await house.run()).state, "succeeded");
    assert.deepEqual(launched.toSorted(), [null, "ml:1"].toSorted());
    assert.deepEqual(
      (await house.pipelines.planGraph("p")).stages.map(({ target, image }) => [target, image]),
      [
        ["far", "ml:1"],
        ["far", "python:3.12-slim"],
      ],
    );
    await house.write(pipeline("ml:2"));
    const [explained] = await house.pipelines.explainStep("p", "own");
    assert.deepEqual(
      [explained?.sentence, explained?.now?.image],
      ["The image changed from ml:1 to ml:2.", "ml:2"],
    );
    assert.deepEqual(
      (await house.run()).steps.map(({ state }) => state),
      ["succeeded", "cached"],
    );
  });

  it("that asks for more than any machine there has says so at once", async () => {
    const { run } = await openHouse({
      "dvc.yaml": `stages:\n  x: ${stage("true", ", resources: {cpu: 4000}")}}\n`,
    });
    const { failure } = await run();
    assert.equal(failure?.code, "resources_unavailable");
  });

  it("goes on from its checkpoint when its machine is taken away, which is no failure", async () => {
    const count =
      "n=$(cat keep/n 2>/dev/null || echo 0); echo from $n; trap 'exit 75' TERM; while [ $n -lt 40 ]; do n=$((n+1)); echo $n > keep/n.new; mv keep/n.new keep/n; sleep 0.1; done; echo $n > out";
    const { start, jobs, pipelines, targets, output } = await openHouse({
      "dvc.yaml": `stages:\n  x:\n    cmd: ${JSON.stringify(count)}\n    outs: [out]\n    meta: {gyre: {target: far, checkpoint: keep}}\n`,
    });
    const { id, steps } = await start();
    const settled = jobs.settle();
    const target = targets.find("far");
    let taken = false;
    while (!taken) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const { handle, status } of await target.list(steps[0]?.id ?? "")) {
        if (status.checkpoint === null) continue;
        await signalWork(handle, "SIGTERM");
        taken = true;
      }
    }
    await settled;
    const execution = await pipelines.getExecution(id);
    const [step] = execution.steps;
    assert.deepEqual([execution.state, step?.attempt], ["succeeded", 2], JSON.stringify(step));
    assert.equal(await output(execution, "out"), "40\n");
    assert.match(step?.lastLines.join("\n") ?? "", /^from [1-9]/m);
  });

  it("goes on while its server is away, and is taken over by the next one, not begun again", async () => {
    const { start, jobs, targets, reopen, db } = await openHouse({
      "dvc.yaml": `stages:\n  x: ${stage("sleep 3; echo done > out")}, outs: [out]}\n`,
    });
    const { id, steps } = await start();
    const target = targets.find("far");
    const working = jobs.settle().catch(() => {});
    while ((await target.list(steps[0]?.id ?? ""))[0]?.status.state !== "running")
      await new Promise((resolve) => setTimeout(resolve, 50));
    await jobs.stop({ graceMs: 0 });
    await working;
    const next = reopen();
    await next.jobs.settle();
    const execution = await next.pipelines.getExecution(id);
    const [step] = execution.steps;
    assert.deepEqual([execution.state, step?.attempt], ["succeeded", 2], JSON.stringify(step));
    assert.equal(await next.output(execution, "out"), "done\n");
    const works = await db.query.selectFrom("compute_work").select("state").execute();
    assert.deepEqual(
      works.map((one) => one.state),
      ["succeeded"],
    );
    // One piece of work reports into one run, which is the step's to its end.
    const { items } = await next.tracking.searchRuns({ project: "p", limit: 10 });
    assert.deepEqual(
      items.map(({ id: run, status }) => [run, status]),
      [[step?.runId, "finished"]],
    );
  });

  it("that ended while its server was away is not begun a second time", async () => {
    const aside = await temporaryFolder();
    const { start, jobs, targets, reopen } = await openHouse({
      "dvc.yaml": `stages:\n  x: ${stage(`echo x >> ${aside}/times; until [ -e ${aside}/go ]; do sleep 0.1; done; echo done > out`)}, outs: [out]}\n`,
    });
    const { id, steps } = await start();
    const target = targets.find("far");
    await jobs.start();
    await until(() => existsSync(join(aside, "times")));
    const [work] = await target.list(steps[0]?.id ?? "");
    assert.ok(work);
    await jobs.stop({ graceMs: 0 });
    await writeFile(join(aside, "go"), "");
    for (let status = work.status; status.endedAtMs === null;)
      status = await target.poll(work.handle, { waitMs: 500, known: status });
    const next = reopen();
    await next.jobs.settle();
    const execution = await next.pipelines.getExecution(id);
    assert.equal(execution.state, "succeeded", JSON.stringify(execution.steps));
    assert.equal(await next.output(execution, "out"), "done\n");
    assert.equal(await readFile(join(aside, "times"), "utf8"), "x\n");
  });

  it("is told to stop when its execution was cancelled while nobody worked on it", async () => {
    const { start, jobs, targets, reopen } = await openHouse({
      "dvc.yaml": `stages:\n  x: ${stage("sleep 300")}}\n`,
    });
    const { id, steps } = await start();
    const target = targets.find("far");
    await jobs.start();
    while ((await target.list(steps[0]?.id ?? ""))[0]?.status.state !== "running") await sleep(50);
    const [work] = await target.list(steps[0]?.id ?? "");
    assert.ok(work);
    await jobs.stop({ graceMs: 0 });
    const next = reopen();
    await next.pipelines.commands.cancelExecution(id, "usr_a");
    await next.jobs.settle();
    assert.equal((await next.pipelines.getExecution(id)).state, "cancelled");
    let status = await target.poll(work.handle);
    for (let tries = 0; status.endedAtMs === null && tries < 60; tries++)
      status = await target.poll(work.handle, { waitMs: 500, known: status });
    assert.equal(status.state, "cancelled");
  });

  it("is cancelled with its execution", async () => {
    const { start, jobs, pipelines, targets } = await openHouse({
      "dvc.yaml": `stages:\n  x: ${stage("sleep 300")}}\n`,
    });
    const { id, steps } = await start();
    const settled = jobs.settle();
    const target = targets.find("far");
    const step = steps[0]?.id ?? "";
    while ((await target.list(step))[0]?.status.state !== "running")
      await new Promise((resolve) => setTimeout(resolve, 50));
    await pipelines.commands.cancelExecution(id, "usr_a");
    await settled;
    const execution = await pipelines.getExecution(id);
    assert.deepEqual([execution.state, execution.steps[0]?.state], ["cancelled", "cancelled"]);
    assert.deepEqual(await target.list(step), []);
  });
});

describe("the token of a step elsewhere", () => {
  it("stays good for work that the next server takes over, and ends with it", async () => {
    const aside = await temporaryFolder();
    const command = `printf %s "$MLFLOW_TRACKING_TOKEN" > ${aside}/part && mv ${aside}/part ${aside}/token; until [ -e ${aside}/go ]; do sleep 0.1; done`;
    const house = await openHouse({
      "dvc.yaml": `stages:\n  x:\n    cmd: ${JSON.stringify(command)}\n    meta: {gyre: {target: far, timeout: 10m}}\n`,
    });
    const { access, db, jobs, reopen } = house;
    const ada = await access.commands.addPrincipal({ name: "ada", kind: "person", actor: "system" });
    const { id } = await house.start({ actor: ada.id });
    await jobs.start();
    await until(() => existsSync(join(aside, "token")));
    const token = await readFile(join(aside, "token"), "utf8");
    const holder = async (): Promise<string | undefined> =>
      await access
        .authenticate({
          authorization: `Bearer ${token}`,
          cookie: undefined,
          remoteAddress: "10.0.0.1",
          forwarded: false,
        })
        .then(
          (principal) => principal?.bounds?.through,
          () => undefined,
        );
    const through = `step x of execution ${id}`;
    assert.equal(await holder(), through);
    await jobs.stop({ graceMs: 0 });
    assert.equal(await holder(), through);
    const next = reopen();
    const settled = next.jobs.settle();
    // From the start of its command on its own time counts, and its grace, and not the time in line.
    const expiry = async (): Promise<number> =>
      (await db.query.selectFrom("access_passes").select("expires_at_ms").execute())[0]?.expires_at_ms ?? 0;
    const started = async (): Promise<number> =>
      (await db.query.selectFrom("compute_work").select("started_at_ms").execute())[0]?.started_at_ms ?? 0;
    for (let tries = 0; (await expiry()) !== (await started()) + 15 * 60_000; tries++) {
      assert.ok(tries < 200, `it ends at ${await expiry()}, and began at ${await started()}`);
      await sleep(50);
    }
    await writeFile(join(aside, "go"), "");
    await settled;
    assert.equal((await next.pipelines.getExecution(id)).state, "succeeded");
    assert.equal(await holder(), undefined);
    assert.deepEqual(await db.query.selectFrom("access_passes").selectAll().execute(), []);
  });
});

describe("a secret of a stage", () => {
  for (const target of ["far", "local"])
    it(`lies nowhere in the state of the server, while its work runs and after (${target})`, async () => {
      const aside = await temporaryFolder();
      const house = await openHouse({
        "dvc.yaml": `stages:
  call:
    cmd: test $(printf %s "$TOKEN" | wc -c) = 11 && touch ${aside}/begun && until [ -e ${aside}/done ]; do sleep 0.1; done && echo ok > out
    outs: [out]
    meta: {gyre: {target: ${target}, secrets: [TOKEN]}}
`,
      });
      const traces = async (): Promise<readonly string[]> => {
        const before = await tracesOf("8d1f-hushed", house.folder);
        // What went through the write-ahead log into the file, too.
        await sql`pragma wal_checkpoint(truncate)`.execute(house.db.query);
        return [...before, ...(await tracesOf("8d1f-hushed", house.folder))];
      };
      await house.secrets.set({ project: "p", name: "TOKEN", value: "8d1f-hushed", actor: "usr_ada" });
      // Otherwise it proved nothing to find nothing.
      await writeFile(join(house.folder, "in-clear"), "8d1f-hushed");
      assert.equal((await traces()).length, 2);
      await rm(join(house.folder, "in-clear"));

      const { id } = await house.start();
      const settled = house.jobs.settle();
      await until(() => existsSync(join(aside, "begun")));
      assert.deepEqual(await traces(), []);
      await writeFile(join(aside, "done"), "");
      await settled;
      assert.equal((await house.pipelines.getExecution(id)).state, "succeeded");
      assert.deepEqual(await traces(), []);
    });
});

async function until(isDone: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 60_000; !isDone();) {
    assert.ok(performance.now() < deadline, "it did not begin");
    await sleep(50);
  }
}
