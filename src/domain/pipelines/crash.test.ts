import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import type { Database, DatabaseOptions } from "#kernel/db";
import { createLedger } from "#kernel/events";
import { createJobQueue } from "#kernel/jobs";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "./index.ts";
import type { Execution } from "./index.ts";
import { openTestProject } from "./test-project.ts";

/** A server that works on what is queued, until it is killed. */
const server = `
  import { createDiskBlobs } from "#kernel/blobs";
  import { systemClock } from "#kernel/clock";
  import { openDatabase } from "#kernel/db";
  import { createLedger } from "#kernel/events";
  import { createJobQueue } from "#kernel/jobs";
  import { openTestProject } from "./test-project.ts";
  const [options, folder, projectFolder] = JSON.parse(process.argv[1]);
  const db = openDatabase(options);
  const clock = systemClock;
  const jobs = createJobQueue({ db, clock, retryDelayMs: 1 });
  openTestProject(
    { db, clock, jobs, folder, ledger: createLedger({ db, clock }), blobs: createDiskBlobs({ folder: folder + "/blobs" }) },
    projectFolder,
  );
  await jobs.start();`;

// However long a server takes to start: what was killed in it is still at work then.
const untilTold = "until [ -e $NOTES/go ]; do sleep 0.05; done";

// Each stage writes down that it began and that it ended, outside of what the platform keeps.
const stage = (name: string, work: string, after: readonly string[]): string => `
  ${name}:
    cmd: echo began >> $NOTES/${name}; ${work}; echo ended >> $NOTES/${name}; cat code ${after.map((dep) => `${dep}.txt`).join(" ")} > ${name}.txt
    deps: [${["code", ...after.map((dep) => `${dep}.txt`)].join(", ")}]
    outs: [${name}.txt]`;

async function prepare(db: Database, options: DatabaseOptions, stages: (notes: string) => string) {
  const kernel = await createTestKernel({ db, migrations: [...trackingMigrations, ...migrations] });
  const [projectFolder, notes] = [await temporaryFolder(), await temporaryFolder()];
  const jobs = createJobQueue({ db, clock: systemClock, retryDelayMs: 1 });
  const blobs = createDiskBlobs({ folder: join(kernel.folder, "blobs") });
  const ledger = createLedger({ db, clock: systemClock });
  const parts = { db, clock: systemClock, jobs, ledger, blobs, folder: kernel.folder };
  const project = openTestProject(parts, projectFolder);
  await project.write({ "dvc.yaml": `stages:${stages(notes)}`, code: "x" });

  /** Runs a server until `moment`, then kills it. */
  const killAt = async (moment: () => Promise<void>): Promise<void> => {
    const state = JSON.stringify([options, kernel.folder, projectFolder]);
    const program = ["--input-type=module", "-e", server, state];
    const child = spawn(process.execPath, program, { cwd: import.meta.dirname, stdio: "inherit" });
    await moment();
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
  };
  const note = async (name: string): Promise<string> =>
    (await readFile(join(notes, name), "utf8").catch(() => "")).replaceAll("\n", " ").trim();
  const timesFinished = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const event of await ledger.list({
      kinds: ["execution.started", "step.finished", "execution.finished"],
    })) {
      const name = event.kind === "step.finished" ? event.data.stage : event.kind;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  /** Starts a server here and waits for the end of the execution. */
  const goOn = async (id: string): Promise<Execution> => {
    await jobs.start();
    let execution = await project.pipelines.getExecution(id);
    for (; execution.endedAtMs === null; execution = await project.pipelines.getExecution(id))
      await sleep(20);
    await jobs.stop();
    return execution;
  };
  const tell = async (): Promise<void> => await writeFile(join(notes, "go"), "");
  const untell = async (): Promise<void> => await rm(join(notes, "go"));
  return { ...project, jobs, killAt, goOn, tell, untell, note, timesFinished };
}

describeOnEveryEngine("a server killed in the middle of an execution", (open, engine) => {
  it("is followed by one that ends what was left and goes on; nothing finished runs again", async () => {
    const db = await open();
    const server = await prepare(db, engine.optionsOf(db), (notes) =>
      [
        stage("a", "true", []),
        stage("b", untilTold, ["a"]),
        stage("c", "true", ["b"]),
        stage("d", untilTold, ["a"]),
      ]
        .join("")
        .replaceAll("$NOTES", notes),
    );
    const { id } = await server.start();
    const bothBegan = async (times: number): Promise<void> => {
      for (const name of ["b", "d"])
        while ((await server.note(name)).split("began").length <= times) await sleep(20);
    };
    for (let kill = 1; kill <= 2; kill++) await server.killAt(() => bothBegan(kill));
    const goneOn = server.goOn(id);
    await bothBegan(3);
    await server.tell();
    const execution = await goneOn;
    assert.deepEqual(
      [execution.state, ...execution.steps.map((step) => `${step.stage} ${step.state} ${step.attempt}`)],
      ["succeeded", "a succeeded 1", "b succeeded 3", "c succeeded 1", "d succeeded 3"],
    );
    assert.deepEqual(await Promise.all(["a", "b", "c"].map(server.note)), [
      "began ended",
      "began began began ended",
      "began ended",
    ]);
    assert.deepEqual(await server.timesFinished(), {
      "execution.started": 1,
      a: 1,
      b: 1,
      c: 1,
      d: 1,
      "execution.finished": 1,
    });
    const runs = await server.tracking.searchRuns({ project: "p", limit: 100 });
    assert.deepEqual(runs.items.map((run) => `${run.name} ${run.status}`).toSorted(), [
      "a finished",
      "b finished",
      "b killed",
      "b killed",
      "c finished",
      "d finished",
      "d killed",
      "d killed",
    ]);
    assert.equal(await server.output(execution, "c.txt"), "xxx");
  });

  it("at any moment, again and again, loses no step and counts none twice", async () => {
    const db = await open();
    const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
    const server = await prepare(db, engine.optionsOf(db), (notes) =>
      names
        .map((name, index) => stage(name, "sleep 0.05", index === 0 ? [] : [`s${index - 1}`]))
        .join("")
        .replaceAll("$NOTES", notes),
    );
    const { id } = await server.start();
    // From before the server has opened its database to the middle of a step.
    for (const delayMs of [150, 420, 560, 610, 470, 530]) await server.killAt(() => sleep(delayMs));
    const execution = await server.goOn(id);
    assert.deepEqual([execution.state, await server.output(execution, "s7.txt")], ["succeeded", "xxxxxxxx"]);
    assert.deepEqual(await server.timesFinished(), {
      "execution.started": 1,
      ...Object.fromEntries(names.map((name) => [name, 1])),
      "execution.finished": 1,
    });
    const runs = await server.tracking.searchRuns({ project: "p", limit: 100 });
    assert.deepEqual(
      runs.items.filter((run) => run.status === "running"),
      [],
    );
    assert.equal(runs.items.filter((run) => run.status === "finished").length, names.length);
  });

  it("in the middle of a verification is followed by one that goes on with it, and does nothing of it twice", async () => {
    const db = await open();
    const server = await prepare(db, engine.optionsOf(db), (notes) =>
      [stage("a", "true", []), stage("b", untilTold, ["a"])].join("").replaceAll("$NOTES", notes),
    );
    await server.tell();
    assert.equal((await server.goOn((await server.start()).id)).state, "succeeded");
    await server.untell();

    const { verifications } = server.pipelines;
    const { id } = await verifications.start({ project: "p", targets: [], actor: "usr_a" });
    const began = async (times: number): Promise<void> => {
      while ((await server.note("b")).split("began").length <= times) await sleep(20);
    };
    await server.killAt(() => began(2));
    await server.jobs.start();
    await began(3);
    await server.tell();
    let one = await verifications.get("p", id);
    for (; one.state === "running"; one = await verifications.get("p", id)) await sleep(20);
    await server.jobs.stop();
    assert.deepEqual(
      [one.state, one.stages.map(({ stage: name, verdict }) => [name, verdict])],
      [
        "finished",
        [
          ["a", "reproducible"],
          ["b", "reproducible"],
        ],
      ],
    );
    // What the killed server had left running was ended before it could go on.
    assert.deepEqual(
      [await server.note("a"), await server.note("b")],
      ["began ended began ended", "began ended began began ended"],
    );
  });
});
