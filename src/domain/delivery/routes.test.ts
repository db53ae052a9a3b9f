import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel } from "#kernel/testing";

import { buildHouse, houseMigrations } from "./fixtures/house.ts";
import type { House } from "./fixtures/house.ts";

interface Asked {
  readonly house: House;
  /** As Bo, whom the permissions let do everything. */
  ask(method: "GET" | "POST", path: string, body?: object): Promise<{ status: number; body: unknown }>;
}

async function openRoutes(): Promise<Asked> {
  const house = await buildHouse(await createTestKernel({ migrations: houseMigrations }));
  const server = createServer({
    routes: house.delivery.routes,
    authenticate: async () => ({ id: "usr_bo", name: "Bo", kind: "person", via: "local" }),
    authorise: async () => {},
    clock: house.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  return {
    house,
    async ask(method, path, body) {
      const url = `/api/v1/projects/${path}`;
      const sent = body === undefined ? {} : { body, headers: { "content-type": "application/json" } };
      const answer = await server.inject({ method, url, ...sent });
      return { status: answer.status, body: answer.json() };
    },
  };
}

describe("the routes of releases", () => {
  it("ask for a release by model and version, and show it", async () => {
    const { house, ask } = await openRoutes();
    const version = house.addVersion();
    const asked = await ask("POST", "care/releases", { model: "care", version: "1", reason: "it is better" });
    const [release] = await house.delivery.listReleases("care");
    assert.deepEqual(
      [release?.modelVersionId, release?.requestedBy, release?.reason],
      [version.id, "usr_bo", "it is better"],
    );
    assert.deepEqual(asked, { status: 200, body: { release } });
    assert.deepEqual(await ask("GET", "care/releases"), { status: 200, body: { releases: [release] } });
    assert.deepEqual(await ask("GET", `care/releases/${release?.id}`), asked);
  });

  it("approve, decline and roll back", async () => {
    const { house, ask } = await openRoutes();
    const [first, second] = [await house.judged(), await house.judged()];
    const declined = await ask("POST", `care/releases/${first.id}/decline`, { reason: "not now" });
    const approved = await ask("POST", `care/releases/${second.id}/approve`, { note: "go" });
    assert.deepEqual([declined.status, approved.status], [200, 200]);
    await house.released();
    const rolledBack = await ask("POST", "care/roll-back", { reason: "complaints" });
    assert.equal(rolledBack.status, 200);
    assert.equal((await house.delivery.liveRelease("care", "production"))?.id, second.id);
  });

  it("do not find a release through the path of another project", async () => {
    const { house, ask } = await openRoutes();
    const { id } = await house.judged();
    const answers = await Promise.all([
      ask("GET", `other/releases/${id}`),
      ask("POST", `other/releases/${id}/approve`, {}),
      ask("POST", `other/releases/${id}/decline`, { reason: "mine" }),
    ]);
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [404, 404, 404],
    );
    assert.equal((await house.delivery.getRelease(id)).state, "awaiting_approval");
  });

  it("refuse what is not allowed with 403 and what comes too late with 409", async () => {
    const { house, ask } = await openRoutes();
    const own = await house.judged(undefined, { actor: "usr_bo" });
    assert.equal((await ask("POST", `care/releases/${own.id}/approve`, {})).status, 403);
    assert.equal((await ask("POST", `care/releases/${own.id}/decline`, { reason: "mine" })).status, 200);
    assert.equal((await ask("POST", `care/releases/${own.id}/approve`, {})).status, 409);
    assert.equal((await ask("POST", "care/roll-back", { reason: "?" })).status, 409);
  });

  it("want an exception to be named", async () => {
    const { house, ask } = await openRoutes();
    house.addVersion();
    const body = { model: "care", version: "1", exception: " " };
    assert.equal((await ask("POST", "care/releases", body)).status, 400);
  });
});
