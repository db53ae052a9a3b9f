import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { dayMs, hourMs, minuteMs } from "#kernel/clock";
import type { Events } from "#kernel/events";
import { Problem, defineProblems } from "#kernel/errors";
import { createTestKernel } from "#kernel/testing";
import type { TestKernel } from "#kernel/testing";
import { migrations } from "#objectives";

import {
  buildWorld,
  exampleData,
  exampleIncident,
  exampleRelease,
  exampleVersion,
} from "./fixtures/world.ts";
import type { World } from "./fixtures/world.ts";

// A Friday, at midnight.
const startMs = Date.UTC(2027, 0, 1);

async function open(): Promise<{ kernel: TestKernel; world: World }> {
  const kernel = await createTestKernel({ migrations, startMs });
  return { kernel, world: await buildWorld(kernel) };
}

const retrainWhen = (...triggers: string[]): string =>
  `retrain: { when: { any: [ ${triggers.join(", ")} ] }, cooldown: 1d }`;

describe("schedules retrain", () => {
  const everyMonday = 'schedule: "0 3 * * 1"';
  const mondayMs = Date.UTC(2027, 0, 4, 3);

  it("at the time the charter names, in UTC, and again the next time", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen(`{ ${everyMonday} }`));
    await world.pass(mondayMs - startMs - 1);
    assert.deepEqual(world.purposes(), []);
    await world.pass(1);
    assert.deepEqual(world.purposes(), ["schedule: retrained on schedule (0 3 * * 1)"]);
    await world.pass(7 * dayMs);
    assert.equal(world.executions.length, 2);
  });

  it("makes up for one turn, not for all that passed unseen", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen(`{ ${everyMonday} }`));
    await world.pass(30 * dayMs);
    assert.equal(world.executions.length, 1);
  });

  it("leaves a turn out during the cooldown and while one is under way", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen('{ schedule: "0 * * * *" }'));
    await world.pass(hourMs);
    await world.pass(hourMs);
    assert.equal(world.executions.length, 1);
    await world.pass(dayMs - hourMs);
    assert.equal(world.executions.length, 2);
    world.executions.splice(
      1,
      1,
      ...world.executions.slice(1).map((one) => ({ ...one, state: "running" as const })),
    );
    await world.pass(2 * dayMs);
    assert.equal(world.executions.length, 2);
  });

  it("follows the charter: an old schedule ends, applying one twice is once", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen(`{ ${everyMonday} }`));
    await world.applyCharter(retrainWhen('{ schedule: "0 4 * * 1" }'));
    await world.applyCharter(`# the same\n${retrainWhen('{ schedule: "0 4 * * 1" }')}`);
    await world.pass(mondayMs - startMs + hourMs);
    assert.deepEqual(world.purposes(), ["schedule: retrained on schedule (0 4 * * 1)"]);
  });
});

describe("a performance incident", () => {
  const opened = {
    kind: "incident.opened",
    subject: "inc_1",
    project: "care",
    actor: "system",
    data: {
      kind: "performance",
      monitor: "performance:recall",
      title: "recall fell",
      modelVersionId: "mv_1",
      releaseId: "rel_1",
    },
  } as const;

  it("retrains, and again after the cooldown while it is open", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen("performance"));
    world.incidents.push(exampleIncident({ openedAtMs: startMs }));
    await world.tell(opened);
    assert.deepEqual(world.executions.at(0)?.purpose, {
      kind: "retrain",
      reason: "retrained because of a performance incident",
      incident: "inc_1",
    });
    await world.pass(dayMs);
    assert.equal(world.executions.length, 2);
    world.incidents.splice(0, 1, exampleIncident({ state: "resolved" }));
    await world.pass(10 * dayMs);
    assert.equal(world.executions.length, 2);
  });

  it("retrains nothing where the charter does not ask for it, or no more", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen("{ new_labels: 100 }"));
    world.incidents.push(exampleIncident({}));
    await world.tell(opened);
    assert.deepEqual(world.purposes(), []);
    await world.applyCharter(retrainWhen("performance"));
    await world.tell(opened);
    await world.applyCharter(retrainWhen("{ new_labels: 200 }"));
    await world.pass(3 * dayMs);
    assert.equal(world.executions.length, 1);
  });

  it("waits while a release is on its way, or has just gone live", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen("performance"));
    world.incidents.push(exampleIncident({ openedAtMs: startMs }));
    world.releases.push(exampleRelease({ state: "awaiting_approval" }));
    await world.tell(opened);
    await world.pass(dayMs);
    assert.deepEqual(world.purposes(), []);
    world.releases.splice(0, 1, exampleRelease({ state: "live", liveAtMs: startMs + dayMs }));
    await world.pass(dayMs);
    assert.deepEqual(world.purposes(), []);
    // One day for outcomes to arrive, the charter's default, and three to judge by.
    await world.pass(3 * dayMs);
    assert.equal(world.executions.length, 1);
  });
});

describe("outcomes", () => {
  const recorded = {
    kind: "outcomes.recorded",
    subject: "care",
    project: "care",
    actor: "system",
    data: { count: 1, corrected: 0, unknown: 0, fromMs: null, untilMs: null },
  } as const;

  it("retrain once there are as many new labels as the charter asks for", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen("{ new_labels: 100 }"));
    world.newest = exampleData(startMs - 1);
    world.newLabels = 99;
    await world.tell(recorded);
    await world.pass(minuteMs);
    assert.deepEqual(world.purposes(), []);
    world.newLabels = 100;
    await world.tell(recorded);
    await world.pass(minuteMs);
    assert.deepEqual(world.purposes(), ["retrain: retrained because 100 new labels arrived"]);
  });

  it("that keep coming wait for the cooldown, and are not forgotten", async () => {
    const { world } = await open();
    await world.applyCharter(retrainWhen("{ new_labels: 100 }"));
    world.newest = exampleData(startMs - 1);
    world.newLabels = 100;
    for (let batch = 0; batch < 3; batch += 1) {
      await world.tell(recorded);
      await world.pass(minuteMs);
    }
    assert.equal(world.executions.length, 1);
    await world.pass(dayMs);
    assert.equal(world.executions.length, 2);
  });

  it("retrain nothing where the charter names no number of labels", async () => {
    const { world, kernel } = await open();
    await world.applyCharter(retrainWhen("performance"));
    world.newest = exampleData(startMs - 1);
    world.newLabels = 1_000;
    await world.tell(recorded);
    assert.deepEqual([world.purposes(), await kernel.jobs.list({})], [[], []]);
  });
});

describe("a version", () => {
  const registered = (subject: string, purpose: string) =>
    ({
      kind: "model_version.registered",
      subject,
      project: "care",
      actor: "system",
      data: { model: "care", number: 1, kind: "onnx", digest: "0", executionId: null, purpose },
    }) as const;
  const ended = {
    kind: "release.rolled_back",
    subject: "rel_0",
    project: "care",
    actor: "system",
    data: { reason: "worse", restores: null },
  } as const;

  it("that a retraining made asks for its release in the last environment, once", async () => {
    const { world } = await open();
    await world.applyCharter("", "delivery: { environments: [staging, shop] }");
    world.versions.push(exampleVersion({}, "retrain"));
    await world.tell(registered("mv_1", "retrain"));
    await world.tell(registered("mv_1", "retrain"));
    assert.deepEqual(world.requests, [
      {
        project: "care",
        modelVersionId: "mv_1",
        environment: "shop",
        actor: "system",
        reason: "because of a test",
      },
    ]);
  });

  it("that somebody asked for stays where it is", async () => {
    const { world } = await open();
    await world.applyCharter("");
    world.versions.push(exampleVersion({}, "requested"));
    await world.tell(registered("mv_1", "requested"));
    await world.tell(ended);
    assert.deepEqual(world.requests, []);
  });

  it("that finds a rollout under way asks once that has ended, and only the newest does", async () => {
    const { world } = await open();
    await world.applyCharter("");
    world.releases.push(exampleRelease({ id: "rel_0", modelVersionId: "mv_0", state: "rolling_out" }));
    for (const number of [1, 2]) {
      const id = `mv_${number}`;
      world.versions.push(exampleVersion({ id, number }, number === 1 ? "retrain" : "schedule"));
      await world.tell(registered(id, "retrain"));
    }
    assert.equal(world.requests.length, 0);
    world.releases.splice(
      0,
      1,
      exampleRelease({ id: "rel_0", modelVersionId: "mv_0", state: "rolled_back" }),
    );
    await world.tell(ended);
    assert.deepEqual(
      world.requests.map((one) => one.modelVersionId),
      ["mv_2"],
    );
  });
});

describe("an incident", () => {
  const opened = (kind: Events["incident.opened"]["kind"]) =>
    ({
      kind: "incident.opened",
      subject: "inc_1",
      project: "care",
      actor: "system",
      data: {
        kind,
        monitor: "guardrail:errors",
        title: "it fails",
        modelVersionId: "mv_1",
        releaseId: "rel_1",
      },
    }) as const;

  it("of a guardrail rolls its release back", async () => {
    const { world } = await open();
    await world.applyCharter("");
    world.releases.push(exampleRelease({ state: "rolling_out" }));
    await world.tell(opened("guardrail"));
    assert.deepEqual(world.ordered, ["rolled back rel_1"]);
  });

  it("of a guardrail rolls back what went live while it was told", async () => {
    const { world, kernel } = await open();
    await world.applyCharter("");
    world.releases.push(exampleRelease({ state: "live", liveAtMs: kernel.clock.nowMs() }));
    await world.tell(opened("guardrail"));
    assert.deepEqual(world.ordered, ["rolled back rel_1"]);
  });

  it("rolls nothing back that was live long before, is over, or where the charter says never", async () => {
    const { world } = await open();
    await world.applyCharter("");
    world.releases.push(exampleRelease({ state: "live", liveAtMs: startMs - 1 }));
    await world.tell(opened("guardrail"));
    world.releases.splice(0, 1, exampleRelease({ state: "rolled_back" }));
    await world.tell(opened("guardrail"));
    world.releases.splice(0, 1, exampleRelease({ state: "rolling_out" }));
    await world.tell(opened("performance"));
    await world.applyCharter("", "delivery: { roll_back_when: never }");
    await world.tell(opened("guardrail"));
    assert.deepEqual(world.ordered, []);
  });
});

describe("a measured candidate", () => {
  const problems = defineProblems({ unusable_in_tests: { kind: "failed", when: "", next: "" } });
  const evidence = {
    candidate: [],
    baseline: null,
    load: { requests: 0, errors: 0, requestsPerSecond: 0, latenciesMs: [] },
    measuredAtMs: 0,
  };

  async function measure(judgingFails?: Error): Promise<{ kernel: TestKernel; world: World }> {
    const { kernel, world } = await open();
    world.releases.push(exampleRelease({}));
    world.judgingFails = judgingFails;
    const { digest } = await kernel.blobs.put(Buffer.from(JSON.stringify(evidence)));
    await world.tell({
      kind: "candidate.measured",
      subject: "rel_1",
      project: "care",
      actor: "system",
      data: { release: "rel_1", evidenceDigest: digest },
    });
    return { kernel, world };
  }

  it("is judged", async () => {
    const { world } = await measure();
    assert.deepEqual(world.ordered, ["judged rel_1"]);
  });

  it("that cannot be judged is declined with the reason", async () => {
    const unusable = new Problem(problems.unusable_in_tests, { message: "The rows lack the target." });
    const { world } = await measure(unusable);
    assert.deepEqual(world.ordered, ["declined (it could not be judged: The rows lack the target.) rel_1"]);
  });

  it("is tried again when something else went wrong", async () => {
    const { kernel, world } = await measure(new Error("the connection broke"));
    assert.deepEqual([world.ordered, (await kernel.ledger.failures()).length], [[], 1]);
  });

  it("that staging could not measure is declined with the first line of the reason", async () => {
    const { world } = await open();
    world.releases.push(exampleRelease({}));
    await world.tell({
      kind: "candidate.not_measured",
      subject: "rel_1",
      project: "care",
      actor: "system",
      data: { release: "rel_1", reason: "no answer\n    at somewhere" },
    });
    assert.deepEqual(world.ordered, ["declined (staging could not measure it: no answer) rel_1"]);
  });
});
