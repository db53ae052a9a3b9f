import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { dayMs } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import { createWorld, exampleRelease, startMs } from "./fixtures/world.ts";
import type { MadePrediction } from "./fixtures/world.ts";
import { migrations } from "./index.ts";
import type { MonitoringParts } from "./index.ts";

/** A world that is closed before its folder is removed. */
async function openWorld(options: { db?: Database; traffic?: MonitoringParts["traffic"] } = {}) {
  const closers: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closers) await close();
  });
  const { db, traffic } = options;
  const kernel = await createTestKernel({ migrations, startMs, ...(db === undefined ? {} : { db }) });
  const world = await createWorld(kernel, traffic === undefined ? {} : { traffic });
  closers.push(world.close);
  return world;
}

describe("outcomes", () => {
  it("are counted as new, corrected, repeated or unknown, and told once", async () => {
    const { monitoring, predictDay, ledger, clock } = await openWorld();
    const [first, second] = await predictDay({ releaseId: "rel_1", rows: 2, recall: 1 });
    assert.ok(first && second);
    const record = (outcomes: { predictionId: string; value: string; observedAtMs: number }[]) =>
      monitoring.commands.recordOutcomes({ project: "care", outcomes, actor: "usr_desk" });
    const batch = [
      { predictionId: first.id, value: "negative", observedAtMs: 10 },
      { predictionId: second.id, value: "positive", observedAtMs: 10 },
      { predictionId: "prd_nobody", value: "positive", observedAtMs: 10 },
    ];

    assert.deepEqual(
      [
        await record(batch),
        await record(batch),
        await record([{ predictionId: first.id, value: "positive", observedAtMs: 20 }]),
        await record([{ predictionId: first.id, value: "neutral", observedAtMs: 15 }]),
      ],
      [
        { accepted: 2, corrected: 0, repeated: 0, unknown: 1 },
        { accepted: 0, corrected: 0, repeated: 3, unknown: 0 },
        { accepted: 0, corrected: 1, repeated: 0, unknown: 0 },
        { accepted: 0, corrected: 0, repeated: 1, unknown: 0 },
      ],
    );
    const told = await ledger.list({ kinds: ["outcomes.recorded"] });
    assert.deepEqual(
      told.map(({ data }) => data),
      [
        { count: 2, corrected: 0, unknown: 1, fromMs: first.atMs, untilMs: second.atMs },
        { count: 1, corrected: 1, unknown: 0, fromMs: first.atMs, untilMs: first.atMs },
        { count: 0, corrected: 0, unknown: 0, fromMs: null, untilMs: null },
      ],
    );
    const trace = await monitoring.trace("care", first.id);
    assert.deepEqual(
      [trace.outcome, trace.earlierOutcomes.map(({ value }) => value)],
      [
        { value: "positive", observedAtMs: 20, receivedAtMs: clock.nowMs(), actor: "usr_desk" },
        ["negative", "neutral"],
      ],
    );
  });
});

describeOnEveryEngine("windows", (open) => {
  it("are provisional, then final, and restated by a late outcome", async () => {
    const world = await openWorld({ db: await open(migrations) });
    const { monitoring, predictDay, tell, nextDay } = world;
    const made = await predictDay({ releaseId: "rel_1", rows: 40, recall: 1 });
    const late = made.slice(30);
    const quality = async () => {
      const [window] = await monitoring.quality("care", { metric: "coverage" });
      assert.ok(window);
      const { startMs: start, state, value, n, outcomes, restated } = window;
      return { start, state, value, n, outcomes, restated };
    };

    await nextDay();
    await tell(made.slice(0, 30));
    await world.jobs.settle();
    const early = await quality();
    await nextDay();
    await nextDay();
    const matured = await quality();
    await tell(late);
    await world.jobs.settle();

    assert.deepEqual(
      [early, matured, await quality()],
      [
        { start: startMs, state: "provisional", value: 0.75, n: 40, outcomes: 30, restated: 0 },
        { start: startMs, state: "final", value: 0.75, n: 40, outcomes: 30, restated: 0 },
        { start: startMs, state: "final", value: 1, n: 40, outcomes: 40, restated: 1 },
      ],
    );
  });

  it("know a shadow's quality from the outcomes of the answers it listened to", async () => {
    const world = await openWorld({ db: await open(migrations) });
    world.releases.push(exampleRelease({ id: "rel_2", number: 2, state: "rolling_out" }));
    const answered = await world.predictDay({ releaseId: "rel_1", rows: 60, recall: 1 });
    await world.predictDay({ releaseId: "rel_2", role: "shadow", rows: 60, recall: 0, of: answered });
    await world.nextDay();
    await world.tell(answered);
    await world.jobs.settle();
    const recall = async (role: "answered" | "shadow", modelVersionId: string) =>
      (await world.monitoring.quality("care", { metric: "recall", role, modelVersionId }))[0]?.value;
    assert.deepEqual([await recall("answered", "mv_1"), await recall("shadow", "mv_2")], [1, 0]);
  });
});

describe("the whole course of an incident", () => {
  it("opens one with its cause when quality falls, and closes it when another release has recovered", async () => {
    const world = await openWorld();
    const { monitoring, predictDay, tell, nextDay, ledger, releases } = world;
    let waiting: MadePrediction[] = [];
    const day = async (traffic: Parameters<typeof predictDay>[0]): Promise<void> => {
      const made = await predictDay(traffic);
      await nextDay();
      // Outcomes arrive a day late and for nine of ten messages.
      await tell(waiting.filter((_, index) => index % 10 !== 0));
      waiting = made;
      await world.jobs.settle();
    };
    for (let count = 0; count < 10; count++) await day({ releaseId: "rel_1", rows: 100, recall: 0.9 });
    assert.deepEqual(await monitoring.listIncidents("care"), []);

    for (let count = 0; count < 7; count++) {
      await day({ releaseId: "rel_1", rows: 100, recall: 0.9, newWord: "rebookbot" });
    }
    const [incident, ...others] = await monitoring.listIncidents("care");
    assert.ok(incident);
    assert.deepEqual(others, []);
    assert.equal(incident.kind, "performance");
    assert.equal(incident.releaseId, "rel_1");
    assert.ok(Math.abs(incident.onsetMs - (startMs + 10 * dayMs)) <= dayMs, "the onset is within a day");
    assert.equal(incident.cause.ranked[0]?.kind, "vocabulary");
    assert.ok(incident.cause.ranked[0]?.name.includes("rebookbot"));
    assert.match(incident.cause.sentence, /rebookbot/);

    releases[0] = { ...exampleRelease({ id: "rel_1", number: 1, liveAtMs: startMs }), state: "superseded" };
    releases.push(exampleRelease({ id: "rel_2", number: 2, liveAtMs: world.clock.nowMs() }));
    for (let count = 0; count < 5; count++) {
      await day({ releaseId: "rel_2", rows: 100, recall: 0.95 });
    }
    const [closed, ...more] = await monitoring.listIncidents("care");
    assert.deepEqual([closed?.state, closed?.resolution?.verdict, more], ["resolved", "recovered", []]);
    const kinds = await ledger.list({ kinds: ["incident.opened", "incident.resolved"] });
    assert.deepEqual(
      kinds.map(({ kind, subject }) => [kind, subject]),
      [
        ["incident.opened", incident.id],
        ["incident.resolved", incident.id],
      ],
    );
  });
});
