import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { createAccess, levelNames, migrations as accessMigrations, modelThing, roleNames } from "#access";
import type { Level, Role } from "#access";
import type { Principal } from "#kernel/auth";
import type { Database } from "#kernel/db";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import { createWorld, exampleRelease, startMs } from "./fixtures/world.ts";
import type { MadePrediction } from "./fixtures/world.ts";
import { migrations } from "./index.ts";
import type { Incident } from "./index.ts";
import { saveIncident } from "./store.ts";

/*
 * Two models of one project answered one after the other: `care`, then `secret`. Whoever is shut out of one of them
 * must be told what they would be told had it never been.
 */

interface Holding {
  readonly role?: Role;
  /** On `secret`. */
  readonly secret?: Level;
  /** On `care`. */
  readonly care?: Level;
}

const guarded = [...accessMigrations, ...migrations];

async function openHouse({ db, hasSecret = true }: { db?: Database; hasSecret?: boolean } = {}) {
  // Closed before its folder is removed.
  let close = async (): Promise<void> => {};
  after(async () => await close());
  const kernel = await createTestKernel({
    migrations: guarded,
    startMs,
    ...(db === undefined ? {} : { db }),
  });
  const world = await createWorld(kernel);
  close = world.close;
  const access = createAccess({ ...kernel, mode: "required" });
  const visitor: { principal?: Principal } = {};
  const server = createServer({
    routes: world.monitoring.routes,
    authenticate: async () => visitor.principal,
    authorise: access.authorise,
    clock: kernel.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });

  const made: MadePrediction[][] = [await world.predictDay({ releaseId: "rel_1", rows: 90, recall: 0.9 })];
  await world.nextDay();
  if (hasSecret) {
    await saveIncident(kernel.db, incidentOf("inc_care", "rel_1"));
    world.releases[0] = exampleRelease({ id: "rel_1", number: 1, liveAtMs: startMs, state: "superseded" });
    world.releases.push(
      exampleRelease({ id: "rel_2", number: 2, liveAtMs: kernel.clock.nowMs(), model: "secret" }),
    );
    made.push(await world.predictDay({ releaseId: "rel_2", rows: 60, recall: 0.5 }));
    await saveIncident(kernel.db, incidentOf("inc_secret", "rel_2"));
    await saveIncident(kernel.db, {
      ...incidentOf("inc_beside", "rel_1"),
      kind: "guardrail",
      onsetMs: kernel.clock.nowMs(),
    });
  } else {
    await saveIncident(kernel.db, { ...incidentOf("inc_care", "rel_1"), timeline: [] });
    world.releases[0] = exampleRelease({ id: "rel_1", number: 1, liveAtMs: startMs, state: "superseded" });
  }
  await world.nextDay();
  await world.tell(made.flat());
  for (let day = 0; day < 3; day++) await world.nextDay();

  const ask = async (path: string, body?: object) => {
    const answer = await server.inject({
      method: body === undefined ? "GET" : "POST",
      url: `/api/v1/projects/care/${path}`,
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, text: answer.text };
  };
  let visitors = 0;
  return {
    ...world,
    db: kernel.db,
    made,
    ask,
    async come({ role, ...levels }: Holding): Promise<void> {
      const [name, actor] = [`visitor ${++visitors}`, "system"];
      const { id: principal } = await access.commands.addPrincipal({ name, kind: "person", actor });
      if (role !== undefined) await access.commands.grantRole({ principal, role, project: "care", actor });
      for (const [model, level] of Object.entries(levels)) {
        await access.commands.grantThing({ principal, thing: modelThing(model), level, actor });
      }
      visitor.principal = { id: principal, name, kind: "person", via: "token" };
    },
  };
}

/** With a timeline that tells of the release after it too. */
function incidentOf(id: string, releaseId: string): Incident {
  const number = releaseId.slice(4);
  return {
    id,
    project: "care",
    kind: "performance",
    severity: "page",
    monitor: "recall",
    title: `Recall fell for ${releaseId}`,
    state: "open",
    openedAtMs: startMs,
    onsetMs: startMs,
    environment: "production",
    modelVersionId: `mv_${number}`,
    releaseId,
    evidence: {
      metric: "recall",
      value: 0.5,
      expected: 0.8,
      interval: null,
      n: 90,
      eValue: null,
      windowStartMs: startMs,
      windowEndMs: startMs,
    },
    cause: { ranked: [], sentence: "Nobody knows." },
    timeline: [
      { atMs: startMs, text: "rel_2 is live", link: "/projects/care/releases/rel_2", seq: 7 },
      { atMs: startMs, text: "Version 9 of secret", link: null, seq: 8 },
    ],
    resolvedAtMs: null,
    resolution: null,
  };
}

const lists = [
  "monitoring",
  "monitoring/quality",
  "monitoring/quality?metric=latency_p95_ms",
  "monitoring/quality?metric=recall&segment=airline%3DAlba",
  "monitoring/quality?metric=recall&version=mv_1",
  "monitoring/quality?metric=recall&version=mv_2",
  "monitoring/drift",
  "monitoring/coverage",
  "incidents",
];
const secrets = /secret|rel_2|mv_2|inc_beside/;

describeOnEveryEngine("monitoring, for whom a grant shuts out of one model", (open) => {
  it("answers as if that model had never been", async () => {
    const house = await openHouse({ db: await open(guarded) });
    const without = await openHouse({ hasSecret: false });
    await without.come({ role: "owner" });
    for (const role of ["viewer", "member", "contributor", "approver"] as const) {
      await house.come({ role, secret: "none" });
      for (const path of lists) {
        const [mine, theirs] = [await house.ask(path), await without.ask(path)];
        assert.equal(mine.status, 200, path);
        assert.deepEqual(JSON.parse(mine.text), JSON.parse(theirs.text), `${role} ${path}`);
        assert.doesNotMatch(mine.text, secrets);
      }
      assert.match((await house.ask("monitoring")).text, /"predictions":90,"outcomes":90/);
    }
  });

  it("tells everything to whoever is not shut out, and to owners whatever the grant", async () => {
    const house = await openHouse({ db: await open(guarded) });
    await house.come({ role: "viewer" });
    const whole = new Map<string, string>();
    for (const path of lists) whole.set(path, (await house.ask(path)).text);
    assert.match(whole.get("incidents") ?? "", /inc_secret/);
    assert.match(whole.get("monitoring") ?? "", /"predictions":150/);
    for (const role of [undefined, ...roleNames]) {
      for (const level of levelNames) {
        if (level === "none" && role !== "owner") continue;
        await house.come({ ...(role && { role }), secret: level, care: level });
        for (const path of lists)
          assert.deepEqual((await house.ask(path)).text, whole.get(path), `${role} ${level} ${path}`);
      }
    }
  });

  it("tells of one model alone to who holds nothing but that", async () => {
    const house = await openHouse({ db: await open(guarded) });
    const without = await openHouse({ hasSecret: false });
    await without.come({ role: "owner" });
    for (const level of ["read", "use", "edit", "manage"] as const) {
      await house.come({ care: level });
      for (const path of lists)
        assert.deepEqual(
          JSON.parse((await house.ask(path)).text),
          JSON.parse((await without.ask(path)).text),
        );
    }
  });
});

describe("single things that monitoring tells of a model", () => {
  it("are forbidden to whom a grant shuts out, whatever the role", async () => {
    const house = await openHouse();
    const [care, secret] = house.made.map((day) => day[0]?.id ?? "");
    for (const role of [undefined, "viewer", "member", "contributor", "approver"] as const) {
      await house.come({ ...(role && { role }), secret: "none", care: "read" });
      const statuses = async (paths: readonly string[]) =>
        await Promise.all(paths.map(async (path) => (await house.ask(path)).status));
      assert.deepEqual(
        await statuses(["incidents/inc_care", `predictions/${care}/trace`, "releases/rel_1/rollout"]),
        [200, 200, 200],
      );
      assert.deepEqual(
        await statuses([
          "incidents/inc_secret",
          "incidents/inc_beside",
          `predictions/${secret}/trace`,
          "releases/rel_2/rollout",
        ]),
        [403, 403, 403, 403],
      );
      assert.doesNotMatch((await house.ask("incidents/inc_care")).text, secrets);
    }
  });

  it("are changed by nobody who is shut out: incidents stay open, outcomes untold", async () => {
    const house = await openHouse();
    const outcome = (made: MadePrediction | undefined) => ({
      predictionId: made?.id ?? "",
      value: "other",
      observedAtMs: house.clock.nowMs(),
    });
    const [care, secret] = house.made.map((day) => outcome(day[0]));
    await house.come({ role: "contributor", secret: "none" });
    assert.equal((await house.ask("outcomes", { outcomes: [care, secret] })).status, 403);
    const before = await house.monitoring.trace("care", secret?.predictionId ?? "");
    assert.deepEqual([before.outcome?.value === "other", before.earlierOutcomes], [false, []]);
    assert.equal((await house.ask("outcomes", { outcomes: [care] })).status, 200);
    await house.come({ role: "approver", secret: "none" });
    const verdict = { verdict: "noise" };
    assert.equal((await house.ask("incidents/inc_secret/resolve", verdict)).status, 403);
    assert.equal((await house.monitoring.getIncident("inc_secret")).state, "open");
    assert.equal((await house.ask("incidents/inc_care/resolve", verdict)).status, 200);
  });

  it("are not told apart from what is not there by a stranger", async () => {
    const house = await openHouse();
    const [id] = house.made.map((day) => day[0]?.id ?? "");
    await house.come({});
    const messages = new Set<string>();
    for (const path of [...lists, "incidents/inc_care", "incidents/inc_absent", `predictions/${id}/trace`]) {
      const { status, text } = await house.ask(path);
      assert.equal(status, 403, path);
      messages.add(JSON.parse(text).message);
    }
    assert.equal(messages.size, 1);
    assert.equal((await house.ask("predictions/prd_absent/trace")).status, 403);
    assert.equal((await house.ask("releases/rel_1/rollout")).status, 403);
  });
});
