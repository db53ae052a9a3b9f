import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { createAccess, migrations as accessMigrations } from "#access";
import { actThrough } from "#kernel/events";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel } from "#kernel/testing";
import { createObjectives, migrations as objectiveMigrations } from "#objectives";
import { createModelGate } from "#registry";

import { exampleRelease, nothing } from "./fixtures/facts.ts";
import { createInsights } from "./index.ts";

const charter = `project: care
objective:
  decision: Which messages come first?
  task: classification
  target: mood
  positive: bad
  ready_when: [ { recall: ">= 0.85" } ]
  time_box: 2027-03-31
`;

/** The ledger of a project whose charter was applied by Ada, and nothing else has happened. */
async function openRoutes() {
  const kernel = await createTestKernel({
    migrations: [...accessMigrations, ...objectiveMigrations],
    startMs: Date.UTC(2027, 0, 1),
  });
  const access = createAccess({ ...kernel, mode: "local", userName: "ada" });
  const ada = await access.localPrincipal();
  const objectives = createObjectives(kernel);
  await objectives.commands.applyCharter({ text: charter, actor: ada.id });
  const { routes } = createInsights({
    ...kernel,
    access,
    objectives,
    data: { listDatasets: async () => [] },
    pipelines: { listExecutions: async () => [] },
    registry: {
      listModels: async () => [],
      listNames: async () => [],
      modelsOfVersions: async () => new Map(),
      gate: createModelGate(async () => new Map()),
    },
    delivery: {
      listReleases: async () => [exampleRelease({ state: "awaiting_approval" })],
      modelsOfReleases: async () => new Map(),
    },
    serving: { listDeployments: async () => [], seen: async () => [] },
    monitoring: {
      listIncidents: async () => [],
      overview: async () => nothing.monitoring,
      releasesOfIncidents: async () => new Map(),
      sightOf: async () => undefined,
    },
  });
  const server = createServer({
    routes,
    authenticate: access.authenticate,
    authorise: access.authorise,
    clock: kernel.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  const note = async (subject: string, project: string | null = "care"): Promise<void> =>
    await kernel.db.transaction(() =>
      kernel.ledger.append({
        kind: "release.superseded",
        subject,
        project,
        actor: "system",
        data: { by: "rel_9" },
      }),
    );
  return { kernel, server, note };
}

const listed = z.object({
  events: z.array(
    z.object({ seq: z.number(), kind: z.string(), subject: z.string(), actorName: z.string() }),
  ),
});

describe("the overview of a project", () => {
  it("is one answer: charter, stations, needs and the newest events", async () => {
    const { server } = await openRoutes();
    const answer = await server.inject({ method: "GET", url: "/api/v1/projects/care/overview" });
    const { charter, stations, needs, events } = z
      .object({
        charter: z.object({ decision: z.string(), timeBoxMs: z.number() }),
        stations: z.array(z.object({ key: z.string() })),
        needs: z.array(z.object({ title: z.string() })),
        events: listed.shape.events,
      })
      .parse(answer.json());
    assert.deepEqual(charter, {
      decision: "Which messages come first?",
      timeBoxMs: Date.UTC(2027, 2, 31),
    });
    assert.equal(stations.length, 9);
    assert.deepEqual(needs, [{ title: "Version 2 of care waits for an approval" }]);
    assert.deepEqual(
      events.map(({ kind, actorName }) => [kind, actorName]),
      [
        ["charter.applied", "ada"],
        ["project.created", "ada"],
      ],
    );
  });

  it("of a project that is not there is not found", async () => {
    const { server } = await openRoutes();
    const answer = await server.inject({ method: "GET", url: "/api/v1/projects/nobody/overview" });
    assert.equal(answer.status, 404);
  });
});

describe("the audit trail", () => {
  it("says who acted for whom", async () => {
    const { server, note } = await openRoutes();
    await actThrough("step train of execution exe_1", async () => await note("rel_1"));
    await note("rel_2");
    const answer = await server.inject({
      method: "GET",
      url: "/api/v1/projects/care/events?kinds=release.superseded",
    });
    assert.deepEqual(
      listed.parse(answer.json()).events.map(({ subject, actorName }) => [subject, actorName]),
      [
        ["rel_2", "Gyre"],
        ["rel_1", "step train of execution exe_1 for Gyre"],
      ],
    );
  });

  it("is filtered by kind, subject and actor, and paged back", async () => {
    const { server, note } = await openRoutes();
    for (const subject of ["rel_1", "rel_2", "rel_1"]) await note(subject);
    await note("rel_3", "other");
    const subjects = async (query: string): Promise<string[]> => {
      const answer = await server.inject({ method: "GET", url: `/api/v1/projects/care/events?${query}` });
      return listed.parse(answer.json()).events.map((event) => event.subject);
    };
    const newest = await server.inject({ method: "GET", url: "/api/v1/projects/care/events?limit=1" });
    const seq = listed.parse(newest.json()).events[0]?.seq ?? 0;
    assert.deepEqual(
      {
        kind: await subjects("kinds=release.superseded"),
        kinds: await subjects("kinds=charter.applied,%20project.created,nothing.such"),
        subject: await subjects("subject=rel_1"),
        actor: await subjects("actor=system"),
        earlier: await subjects(`before=${seq}&limit=2`),
      },
      {
        kind: ["rel_1", "rel_2", "rel_1"],
        kinds: ["care", "care"],
        subject: ["rel_1", "rel_1"],
        actor: ["rel_1", "rel_2", "rel_1"],
        earlier: ["rel_2", "rel_1"],
      },
    );
  });

  it("is verified, and names the first event that was altered", async () => {
    const { kernel, server, note } = await openRoutes();
    await note("rel_1");
    const verify = async (): Promise<unknown> =>
      (await server.inject({ method: "GET", url: "/api/v1/audit/verify" })).json();
    const { events, headHash } = await kernel.ledger.verify();
    assert.deepEqual(await verify(), { intact: true, events, headHash, firstBroken: null });
    await kernel.db.query.updateTable("events").set({ subject: "rel_2" }).where("seq", "=", events).execute();
    const { intact, firstBroken } = z
      .object({ intact: z.boolean(), firstBroken: z.number() })
      .parse(await verify());
    assert.deepEqual([intact, firstBroken], [false, events]);
  });

  it("shows deliveries that were given up and sends them back to work", async () => {
    const { kernel, server, note } = await openRoutes();
    let isBroken = true;
    kernel.ledger.on("fragile", ["release.superseded"], async () => {
      if (isBroken) throw new Error("broken");
    });
    await kernel.ledger.start();
    await note("rel_1");
    await kernel.ledger.settle();
    const failures = async (): Promise<unknown> =>
      (await server.inject({ method: "GET", url: "/api/v1/audit/failures" })).json();
    const [failed] = await kernel.ledger.failures();
    assert.deepEqual(await failures(), { failures: [failed] });
    isBroken = false;
    const retry = (seq: number) =>
      server.inject({ method: "POST", url: `/api/v1/audit/failures/fragile/${seq}/retry`, body: {} });
    assert.deepEqual((await retry(failed?.seq ?? 0)).json(), { retried: true });
    await kernel.ledger.settle();
    assert.deepEqual(await failures(), { failures: [] });
    assert.equal((await retry(failed?.seq ?? 0)).status, 404);
  });
});

describe("the stream of events", () => {
  /** Reads messages until `wanted` have come. */
  async function read(url: string, wanted: number, lastEventId?: string): Promise<string[]> {
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const controller = new AbortController();
    const answer = await fetch(url, { headers, signal: controller.signal });
    const ids: string[] = [];
    const decoder = new TextDecoder();
    try {
      for await (const piece of answer.body ?? []) {
        ids.push(...[...decoder.decode(piece).matchAll(/^id: ?(\d+)$/gm)].map((match) => match[1] ?? ""));
        if (ids.length >= wanted) return ids;
      }
    } finally {
      controller.abort();
    }
    return ids;
  }

  it("tells what happens in the project, and on coming back what was missed, once", async () => {
    const { kernel, server, note } = await openRoutes();
    const { url } = await server.listen();
    try {
      const stream = `${url}/api/v1/projects/care/events/stream`;
      const start = (await kernel.ledger.verify()).events;
      const live = read(stream, 2);
      // The stream is open once it is watched; nothing tells so from outside, so events come until two are seen.
      let isDone = false;
      void live.finally(() => (isDone = true));
      while (!isDone) {
        await note("rel_0", "other");
        await note("rel_1");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const [first = "", second = ""] = await live;
      assert.equal(Number(second) - Number(first), 2, "the event of another project is left out");
      // Two of the project's were seen, so at least two have happened since the start.
      const missed = await read(stream, 2, String(start));
      assert.deepEqual(missed.slice(0, 2), [start + 2, start + 4].map(String));
    } finally {
      await server.close();
    }
  });
});
