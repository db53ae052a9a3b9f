import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { dayMs, hourMs } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { partitionValues } from "./backfills.ts";
import { migrations } from "./index.ts";
import { nextTurn, turnsToTake } from "./schedules.ts";
import type { Schedule } from "./schedules.ts";
import { openTestProject } from "./test-project.ts";

async function createProject(db: Database) {
  const kernel = await createTestKernel({ db, migrations: [...trackingMigrations, ...migrations] });
  const project = openTestProject(kernel, await temporaryFolder());
  await project.write({
    "dvc.yaml": "stages: {make: {cmd: 'echo ${day} > out', params: [day], outs: [out]}}",
    "params.yaml": "day: none\n",
  });
  const settle = async (): Promise<void> => {
    for (let before = -1, now = 0; before !== now;) {
      before = now;
      await kernel.ledger.settle();
      await kernel.jobs.settle();
      now = (await kernel.ledger.list({ newestFirst: true, limit: 1 }))[0]?.seq ?? 0;
    }
  };
  await kernel.ledger.start();
  return {
    ...kernel,
    ...project,
    settle,
    executions: () => project.pipelines.listExecutions("p", { limit: 100 }),
  };
}

const daily = {
  project: "p",
  name: "nightly",
  cron: "0 3 * * *",
  timezone: "Europe/Berlin",
  targets: [],
  parameters: { day: "today" },
  missed: "once",
  overlap: "skip",
  actor: "usr_ada",
} as const;

describe("the turns of a schedule", () => {
  it("come by the clock of its own time zone, also on the night it is put forward", () => {
    // 2026-03-29: at 2:00 the clocks of Berlin go to 3:00.
    const after = (text: string): string =>
      new Date(
        nextTurn({ cron: "30 3 * * *", timezone: "Europe/Berlin" }, Date.parse(text)) ?? 0,
      ).toISOString();
    assert.deepEqual(
      [after("2026-03-28T00:00:00Z"), after("2026-03-28T12:00:00Z"), after("2026-03-30T00:00:00Z")],
      ["2026-03-28T02:30:00.000Z", "2026-03-29T01:30:00.000Z", "2026-03-30T01:30:00.000Z"],
    );
  });

  it("that were missed are made up for as the schedule says", () => {
    const schedule: Schedule = {
      ...daily,
      timezone: "UTC",
      id: "sch_1",
      isPaused: false,
      createdAtMs: 0,
      nextAtMs: null,
      lastAtMs: null,
      lastExecution: null,
      lastOutcome: null,
    };
    const due = Date.parse("2026-01-01T03:00:00Z");
    const now = due + 3 * dayMs + hourMs;
    const turns = (missed: Schedule["missed"], atMs: number) =>
      turnsToTake({ ...schedule, missed }, due, atMs).map((ms) => (ms - due) / dayMs);
    assert.deepEqual(
      [turns("once", now), turns("all", now), turns("skip", now), turns("skip", due + 1_000)],
      [[3], [0, 1, 2, 3], [], [0]],
    );
  });
});

describeOnEveryEngine("what runs pipelines by itself", (open) => {
  it("is a schedule: once at each turn, with its parameters, until it is paused or removed", async () => {
    const project = await createProject(await open());
    const { schedules } = project.pipelines;
    const { nextAtMs } = await schedules.set(daily);
    assert.ok(nextAtMs !== null);
    project.clock.setMs(nextAtMs - 1);
    await project.settle();
    assert.equal((await project.executions()).length, 0);
    project.clock.setMs(nextAtMs + 1);
    await project.settle();
    const [first] = await project.executions();
    assert.deepEqual(
      [first?.state, first?.purpose, first?.parameters],
      [
        "succeeded",
        {
          kind: "trigger",
          reason: "schedule nightly (0 3 * * *, Europe/Berlin)",
          source: (await schedules.list("p"))[0]?.id,
          nominalAtMs: nextAtMs,
        },
        { day: "today" },
      ],
    );
    await schedules.pause({ project: "p", name: "nightly", isPaused: true, actor: "usr_ada" });
    project.clock.advanceMs(3 * dayMs);
    await project.settle();
    assert.equal((await project.executions()).length, 1);
    await schedules.pause({ project: "p", name: "nightly", isPaused: false, actor: "usr_ada" });
    project.clock.advanceMs(dayMs);
    await project.settle();
    assert.equal((await project.executions()).length, 2);
    await schedules.remove({ project: "p", name: "nightly", actor: "usr_ada" });
    project.clock.advanceMs(3 * dayMs);
    await project.settle();
    assert.equal((await project.executions()).length, 2);
  });

  it("tells at the schedule what kept a turn from beginning, and takes the next one", async () => {
    const project = await createProject(await open());
    const { schedules } = project.pipelines;
    await schedules.set({ ...daily, parameters: { dya: 1 } });
    project.clock.advanceMs(dayMs);
    await project.settle();
    const [broken] = await schedules.list("p");
    assert.equal(broken?.lastOutcome, 'params.yaml has no parameter "dya".');
    assert.ok((broken?.nextAtMs ?? 0) > project.clock.nowMs());
    await assert.rejects(schedules.set({ ...daily, cron: "0 3 * *" }), { code: "schedule_invalid" });
    await assert.rejects(schedules.set({ ...daily, timezone: "Europe/Atlantis" }), {
      code: "schedule_invalid",
    });
  });

  it("is a webhook, for whoever has its token, once for each key", async () => {
    const project = await createProject(await open());
    const { triggers } = project.pipelines;
    const hook = {
      project: "p",
      name: "from-ci",
      kind: "webhook",
      dataset: null,
      targets: [],
      parameters: {},
    } as const;
    const { trigger, token } = await triggers.set({ ...hook, actor: "usr_ada" });
    const call = {
      trigger: trigger.id,
      token: token ?? "",
      parameters: { day: "monday" },
      idempotencyKey: "build-7",
    };
    const first = await triggers.call(call);
    assert.deepEqual([first.id, first.parameters], [(await triggers.call(call)).id, { day: "monday" }]);
    await assert.rejects(triggers.call({ ...call, token: "x" }), { code: "trigger_refused" });
    const renewed = await triggers.set({ ...hook, actor: "usr_ada" });
    assert.notEqual(renewed.token, token);
    await assert.rejects(triggers.call({ ...call, trigger: renewed.trigger.id }), {
      code: "trigger_refused",
    });
  });

  it("is new data, once for each version", async () => {
    const project = await createProject(await open());
    const { triggers } = project.pipelines;
    const trigger = {
      project: "p",
      name: "messages",
      kind: "data",
      dataset: "messages",
      targets: [],
      parameters: {},
    } as const;
    await triggers.set({ ...trigger, actor: "usr_ada" });
    for (const version of ["dv_1", "dv_1", "dv_2"])
      await triggers.dataArrived({ project: "p", dataset: "messages", version });
    await triggers.dataArrived({ project: "p", dataset: "others", version: "dv_3" });
    assert.equal((await project.executions()).length, 2);
    await assert.rejects(triggers.set({ ...trigger, dataset: null, actor: "usr_ada" }), {
      code: "trigger_invalid",
    });
  });

  it("is a backfill: each partition once, only so many at once, and what fails keeps none from running", async () => {
    const project = await createProject(await open());
    await project.write({
      "dvc.yaml":
        "stages: {make: {cmd: 'test ${day} != 2026-01-03 && echo ${day} > out', params: [day], outs: [out]}}",
    });
    const { backfills } = project.pipelines;
    const partitions = { from: "2026-01-01", to: "2026-01-05", step: "day" } as const;
    const order = { project: "p", parameter: "day", partitions, targets: [], parameters: {}, concurrency: 2 };
    const { id } = await backfills.start({ ...order, actor: "usr_ada" });
    await project.settle();
    const done = await backfills.get("p", id);
    assert.deepEqual([done.state, done.counts], ["failed", { succeeded: 4, failed: 1 }]);
    assert.deepEqual(
      done.partitions.map(({ value, state }) => `${value} ${state}`),
      [
        "2026-01-01 succeeded",
        "2026-01-02 succeeded",
        "2026-01-03 failed",
        "2026-01-04 succeeded",
        "2026-01-05 succeeded",
      ],
    );
    assert.equal((await project.executions()).length, 5);
    const last = await project.pipelines.getExecution(done.partitions[4]?.execution ?? "");
    assert.equal(await project.output(last, "out"), "2026-01-05\n");
    const events = await project.ledger.list({ kinds: ["execution.started", "execution.finished"] });
    let underWay = 0;
    let most = 0;
    for (const event of events) {
      underWay += event.kind === "execution.started" ? 1 : -1;
      most = Math.max(most, underWay);
    }
    assert.ok(most <= 2, `${most} ran at once`);
  });

  it("stops a backfill that is cancelled", async () => {
    const project = await createProject(await open());
    const { backfills } = project.pipelines;
    const order = {
      project: "p",
      parameter: "day",
      partitions: ["a", "b"],
      targets: [],
      parameters: {},
      concurrency: 1,
    };
    const { id } = await backfills.start({ ...order, actor: "usr_ada" });
    const cancelled = await backfills.cancel({ project: "p", id, actor: "usr_ada" });
    await project.settle();
    assert.deepEqual([cancelled.state, cancelled.counts], ["cancelled", { cancelled: 2 }]);
    assert.equal((await project.executions()).length, 0);
  });
});

describe("the partitions of a backfill", () => {
  it("are the values of a list, each once, or the steps of a range", () => {
    const range = (from: string, to: string, step: "hour" | "day" | "week" | "month") =>
      partitionValues({ from, to, step });
    assert.deepEqual(partitionValues(["b", "a", "b"]), ["b", "a"]);
    assert.deepEqual(range("2026-02-27", "2026-03-01", "day"), ["2026-02-27", "2026-02-28", "2026-03-01"]);
    assert.deepEqual(range("2025-11", "2026-01", "month"), ["2025-11", "2025-12", "2026-01"]);
    assert.deepEqual(range("2026-01-01T22", "2026-01-02T00", "hour"), [
      "2026-01-01T22",
      "2026-01-01T23",
      "2026-01-02T00",
    ]);
    assert.throws(() => range("2026-02-02", "2026-02-01", "day"), { code: "backfill_invalid" });
    assert.throws(() => range("tomorrow", "2026-02-01", "day"), { code: "backfill_invalid" });
  });
});
