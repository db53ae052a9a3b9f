import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { z } from "zod";

import { createAccess, levelNames, migrations as accessMigrations, modelThing, roleNames } from "#access";
import type { Level, Role } from "#access";
import { createCompute } from "#compute";
import type { Principal } from "#kernel/auth";
import type { Database } from "#kernel/db";
import type { EventKind, NewEvent } from "#kernel/events";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import { createObjectives, migrations as objectiveMigrations } from "#objectives";
import { createRegistry, migrations as registryMigrations } from "#registry";

import { exampleDeployment, exampleIncident, exampleRelease, nothing } from "./fixtures/facts.ts";
import { createInsights } from "./index.ts";

/*
 * The ledger of a project with two models, `care-open` and `care-secret`: whoever is shut out of one of them reads
 * nothing of it, in no page, in no stream, under no filter.
 */

const guarded = [...accessMigrations, ...objectiveMigrations, ...registryMigrations];
const charter = `project: care\nobjective: { decision: Which come first?, task: classification, target: mood }\n`;
const actor = "system";
/** What nobody who is shut out may find in an answer. */
const secrets = /secret|rel_2|inc_2|Never told/;

interface Holding {
  /** In the project. */
  readonly role?: Role;
  readonly everywhere?: Role;
  readonly secret?: Level;
  readonly open?: Level;
}

async function openHouse(db?: Database) {
  const kernel = await createTestKernel({ migrations: guarded, ...(db === undefined ? {} : { db }) });
  const { ledger } = kernel;
  const access = createAccess({ ...kernel, mode: "required" });
  const objectives = createObjectives(kernel);
  await objectives.commands.applyCharter({ text: charter, actor });
  const registry = createRegistry({
    ...kernel,
    objectives,
    compute: createCompute(kernel),
    data: { getVersion: notAsked },
    pipelines: { getExecution: notAsked, outputs: notAsked },
    tracking: { projectOfRun: notAsked },
  });
  const releases = [
    exampleRelease({ id: "rel_2", model: "care-secret", state: "awaiting_approval", reason: "Never told" }),
    exampleRelease({ id: "rel_1", model: "care-open", state: "awaiting_approval" }),
  ];
  const deployments = [
    { ...exampleDeployment(2), id: "dep_2", model: "care-secret" },
    { ...exampleDeployment(1), id: "dep_1", model: "care-open" },
  ];
  const incidents = ["rel_2", "rel_1"].map((releaseId) =>
    exampleIncident({ id: releaseId.replace("rel", "inc"), releaseId, title: `About ${releaseId}` }),
  );
  const { routes } = createInsights({
    ...kernel,
    access,
    objectives,
    data: { listDatasets: async () => [] },
    pipelines: { listExecutions: async () => [] },
    registry,
    delivery: {
      listReleases: async () => releases,
      modelsOfReleases: async () => new Map(releases.map(({ id, model }) => [id, model])),
    },
    serving: {
      listDeployments: async () => deployments,
      seen: (project, all, asking) => registry.gate.only(project, all, asking),
    },
    monitoring: {
      listIncidents: async (_, sight) => incidents.filter(({ releaseId }) => sight?.has(releaseId) ?? true),
      overview: async () => nothing.monitoring,
      releasesOfIncidents: async () => new Map(incidents.map(({ id, releaseId }) => [id, [releaseId]])),
      async sightOf(project, asking) {
        const seen = await registry.gate.only(project, releases, asking);
        return seen.length === releases.length ? undefined : new Set(seen.map(({ id }) => id));
      },
    },
  });
  const visitor: { principal?: Principal } = {};
  const server = createServer({
    routes,
    authenticate: async () => visitor.principal,
    authorise: access.authorise,
    clock: kernel.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  const append = async <Kind extends EventKind>(event: Omit<NewEvent<Kind>, "project" | "actor">) =>
    await kernel.db.transaction(() => ledger.append({ ...event, project: "care", actor }));

  /** Everything that modules tell of one model, and what only hints at it. */
  async function live(model: string, release: string): Promise<void> {
    const { named, imports } = registry.commands;
    await named.createModel({ name: model, description: "", tags: {}, actor });
    await named.setModelTag({ name: model, key: "kept", value: `for ${model}`, actor });
    const version = {
      name: model,
      number: 1,
      description: "",
      tags: {},
      stage: "None",
      source: "",
      runLink: "",
      runId: "",
      loggedModelId: "",
      createdAtMs: 1,
      updatedAtMs: 1,
      files: [],
    };
    await imports.importVersion({ version, source: "elsewhere", actor });
    await named.setAlias({ name: model, alias: "champion", number: 1, actor });
    const [{ id: modelVersionId = "" } = {}] = await registry.listVersions("care", model);
    const number = 1;
    const incident = release.replace("rel", "inc");
    await append({
      kind: "deployment.updated",
      subject: "dep_1",
      data: { environment: "production", variants: [{ role: "live", modelVersionId, share: 1 }] },
    });
    await append({ kind: "release.live", subject: release, data: { model, number, replaces: null } });
    await append({ kind: "release.declined", subject: release, data: { reason: `no ${release}` } });
    await append({ kind: "candidate.not_measured", subject: release, data: { release, reason: "slow" } });
    await append({
      kind: "drift.noticed",
      subject: release,
      data: { feature: "text", cell: "long", direction: "more", onsetMs: 1 },
    });
    await append({
      kind: "incident.resolved",
      subject: incident,
      data: { kind: "performance", verdict: "noise", note: "" },
    });
    await append({
      kind: "execution.started",
      subject: "exe_1",
      data: { purpose: { kind: "retrain", reason: "it fell", incident }, stages: [] },
    });
  }
  await live("care-secret", "rel_2");
  await live("care-open", "rel_1");

  let visitors = 0;
  return {
    kernel,
    registry,
    server,
    append,
    async come({ role, everywhere, secret, open }: Holding): Promise<string> {
      const name = `visitor ${++visitors}`;
      const { id: principal } = await access.commands.addPrincipal({ name, kind: "person", actor });
      if (role !== undefined) await access.commands.grantRole({ principal, role, project: "care", actor });
      if (everywhere !== undefined)
        await access.commands.grantRole({ principal, role: everywhere, project: null, actor });
      for (const [model, level] of [["care-secret", secret] as const, ["care-open", open] as const]) {
        if (level !== undefined)
          await access.commands.grantThing({ principal, thing: modelThing(model), level, actor });
      }
      visitor.principal = { id: principal, name, kind: "person", via: "token" };
      return principal;
    },
    shutOut: (principal: string, model: string) =>
      access.commands.grantThing({ principal, thing: modelThing(model), level: "none", actor }),
    async ask(path: string) {
      const { status, text } = await server.inject({ url: `/api/v1/projects/care/${path}` });
      return { status, text };
    },
  };
}

const page = z.object({ events: z.array(z.object({ seq: z.number(), kind: z.string() })) });

describeOnEveryEngine("the events of a model", (open) => {
  it("are read by whoever reads the trail, whatever the grant, unless it shuts out", async () => {
    const house = await openHouse(await open(guarded));
    for (const role of [undefined, ...roleNames]) {
      for (const secret of [undefined, ...levelNames]) {
        await house.come({ ...(role && { role }), ...(secret && { secret }) });
        const { status, text } = await house.ask("events");
        const readsTrail = role === "contributor" || role === "approver" || role === "owner";
        const isShutOut = secret === "none" && role !== "owner";
        assert.equal(status, readsTrail ? 200 : 403, `${role} ${secret}`);
        assert.equal(secrets.test(text), readsTrail && !isShutOut, `${role} ${secret}`);
        if (readsTrail) assert.equal(page.parse(JSON.parse(text)).events.length > 10, true);
      }
    }
  });

  it("are left out of every page, and leave no gap in it", async () => {
    const house = await openHouse(await open(guarded));
    await house.come({ role: "contributor", secret: "none" });
    const whole = page.parse(JSON.parse((await house.ask("events?limit=500")).text)).events;
    const paged: number[] = [];
    for (let before = ""; ;) {
      const { text } = await house.ask(`events?limit=3${before}`);
      const { events } = page.parse(JSON.parse(text));
      assert.doesNotMatch(text, secrets);
      paged.push(...events.map(({ seq }) => seq));
      if (events.length < 3) break;
      before = `&before=${paged.at(-1)}`;
    }
    assert.deepEqual(
      paged,
      whole.map(({ seq }) => seq),
    );
    const filters = ["subject=rel_2", "subject=care-secret", "subject=inc_2", "kinds=release.live"];
    for (const filter of filters)
      assert.doesNotMatch((await house.ask(`events?${filter}`)).text, secrets, filter);
  });

  it("stay hidden under a name that the model has no more", async () => {
    const house = await openHouse(await open(guarded));
    const principal = await house.come({ role: "contributor" });
    await house.registry.commands.named.renameModel({ name: "care-secret", newName: "care-other", actor });
    assert.match((await house.ask("events")).text, secrets);
    await house.shutOut(principal, "care-other");
    const { status, text } = await house.ask("events");
    assert.equal(status, 200);
    // What has been released was made by its project, and cannot be renamed: of this one there is no release.
    assert.doesNotMatch(text, /secret|care-other/);
    assert.match(text, /rel_1/);
  });

  it("count no outcomes for whom a released model is closed", async () => {
    const house = await openHouse(await open(guarded));
    const data = { count: 5, corrected: 0, unknown: 0, fromMs: 1, untilMs: 2 };
    await house.append({ kind: "outcomes.recorded", subject: "care", data });
    await house.come({ role: "contributor" });
    assert.match((await house.ask("events")).text, /outcomes.recorded/);
    await house.come({ role: "contributor", secret: "none" });
    assert.doesNotMatch((await house.ask("events")).text, /outcomes.recorded/);
  });
});

describe("deliveries that failed", () => {
  it("tell nothing of a closed model, of a project or of none", async () => {
    const house = await openHouse();
    const { ledger } = house.kernel;
    const { named } = house.registry.commands;
    ledger.on("fragile", ["release.declined", "registered_model.created"], async ({ subject }) => {
      throw new Error(`broken by ${subject}`);
    });
    await ledger.start();
    await named.createModel({ name: "hermit", description: "", tags: {}, actor });
    await house.append({ kind: "release.declined", subject: "rel_1", data: { reason: "no" } });
    await ledger.settle();
    const ask = async () => (await house.server.inject({ url: "/api/v1/audit/failures" })).text;
    const principal = await house.come({ everywhere: "contributor" });
    const told = await ask();
    for (const subject of ["rel_1", "rel_2", "care-secret", "hermit"])
      assert.match(told, new RegExp(`broken by ${subject}`));
    await house.shutOut(principal, "care-secret");
    await house.shutOut(principal, "hermit");
    const left = await ask();
    assert.doesNotMatch(left, /secret|rel_2|hermit/);
    assert.match(left, /broken by rel_1/);
  });
});

describe("the stream of events", () => {
  it("tells nothing of a closed model, missed or live, from the moment it is closed", async () => {
    const house = await openHouse();
    const { url } = await house.server.listen();
    after(() => house.server.close());
    const principal = await house.come({ role: "contributor" });
    const controller = new AbortController();
    const headers = { "last-event-id": "0" };
    const { signal } = controller;
    const answer = await fetch(`${url}/api/v1/projects/care/events/stream`, { headers, signal });
    const decoder = new TextDecoder();
    let text = "";
    const until = async (mark: string): Promise<string> => {
      for await (const piece of answer.body?.values({ preventCancel: true }) ?? []) {
        text += decoder.decode(piece);
        if (text.includes(mark)) break;
      }
      const told = text;
      text = "";
      return told;
    };
    assert.match(await until(`"exe_1"`), secrets);
    await house.shutOut(principal, "care-secret");
    await house.append({ kind: "release.declined", subject: "rel_2", data: { reason: "Never told" } });
    await house.append({ kind: "release.declined", subject: "rel_1", data: { reason: "told" } });
    const told = await until(`"rel_1"`);
    assert.match(told, /rel_1/);
    assert.doesNotMatch(told, secrets);
    controller.abort();
  });
});

describe("the overview of a project", () => {
  it("is that of the models which the visitor may see", async () => {
    const house = await openHouse();
    for (const role of ["viewer", "member", "contributor", "approver"] as const) {
      await house.come({ role });
      assert.match((await house.ask("overview")).text, secrets, role);
      await house.come({ role, secret: "none" });
      const { status, text } = await house.ask("overview");
      assert.equal(status, 200, role);
      assert.doesNotMatch(text, secrets, role);
      assert.match(text, /About rel_1/, role);
    }
  });

  it("is a whole project's, so one model alone does not open it", async () => {
    const house = await openHouse();
    await house.come({ open: "manage" });
    assert.equal((await house.ask("overview")).status, 403);
    assert.equal((await house.ask("events")).status, 403);
    assert.equal((await house.ask("events/stream")).status, 403);
  });
});

function notAsked(): never {
  throw new Error("the test does not come here");
}
