import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createAccess, migrations as accessMigrations, modelThing } from "#access";
import type { Level, Role } from "#access";
import type { Principal } from "#kernel/auth";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel } from "#kernel/testing";

import { buildHouse, houseMigrations } from "./fixtures/house.ts";

type Asked = readonly [method: "GET" | "POST", path: string, body?: object];

/** Releases behind the real gate: visitors hold a role in the project, a grant on the model `care`, or both. */
async function openGuardedReleases() {
  const kernel = await createTestKernel({ migrations: [...accessMigrations, ...houseMigrations] });
  const house = await buildHouse(kernel);
  const access = createAccess({ ...kernel, mode: "required" });
  const visitor: { principal?: Principal } = {};
  const server = createServer({
    routes: house.delivery.routes,
    authenticate: async () => visitor.principal,
    authorise: access.authorise,
    clock: house.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  return {
    house,
    async come(name: string, { role, level }: { readonly role?: Role; readonly level?: Level }) {
      const actor = "system";
      const { id: principal } = await access.commands.addPrincipal({ name, kind: "person", actor });
      if (role !== undefined) await access.commands.grantRole({ principal, role, project: "care", actor });
      if (level !== undefined)
        await access.commands.grantThing({ principal, thing: modelThing("care"), level, actor });
      visitor.principal = { id: principal, name, kind: "person", via: "token" };
    },
    async ask([method, path, body]: Asked) {
      const sent = body === undefined ? {} : { body, headers: { "content-type": "application/json" } };
      const answer = await server.inject({ method, url: `/api/v1/projects/care/${path}`, ...sent });
      return { status: answer.status, text: answer.text };
    },
  };
}

describe("a grant on one model", () => {
  it("shuts out of every release of the model, whatever the role", async () => {
    const { house, come, ask } = await openGuardedReleases();
    const { id } = await house.released();
    const judged = await house.judged();
    await come("eve", { role: "contributor", level: "none" });
    const orders: readonly Asked[] = [
      ["GET", `releases/${id}`],
      ["POST", "releases", { model: "care", version: "1" }],
      ["POST", "roll-back", { reason: "mine" }],
    ];
    for (const order of orders) assert.equal((await ask(order)).status, 403, order.join(" "));
    assert.deepEqual(await ask(["GET", "releases"]), { status: 200, text: '{"releases":[]}' });
    await come("mallory", { role: "approver", level: "none" });
    const decisions: readonly Asked[] = [
      ["POST", `releases/${judged.id}/approve`, {}],
      ["POST", `releases/${judged.id}/decline`, { reason: "mine" }],
      ["POST", "roll-back", { reason: "mine" }],
    ];
    for (const order of decisions) assert.equal((await ask(order)).status, 403, order.join(" "));
    assert.equal((await house.delivery.getRelease(judged.id)).state, "awaiting_approval");
    assert.equal((await house.delivery.liveRelease("care", "production"))?.id, id);
  });

  it("shows its releases to who holds nothing else, and lets them decide about none", async () => {
    const { house, come, ask } = await openGuardedReleases();
    const { id } = await house.judged();
    await come("rita", { level: "manage" });
    assert.equal((await ask(["GET", `releases/${id}`])).status, 200);
    assert.match((await ask(["GET", "releases"])).text, new RegExp(id));
    const orders: readonly Asked[] = [
      ["POST", "releases", { model: "care", version: "1" }],
      ["POST", `releases/${id}/approve`, {}],
      ["POST", `releases/${id}/decline`, { reason: "mine" }],
      ["POST", "roll-back", { reason: "mine" }],
    ];
    for (const order of orders) assert.equal((await ask(order)).status, 403, order.join(" "));
    assert.equal((await house.delivery.listReleases("care")).length, 1);
  });

  it("leaves the deeds of a role to who may only read the model", async () => {
    const { house, come, ask } = await openGuardedReleases();
    const { id } = await house.judged();
    await come("ann", { role: "approver", level: "read" });
    assert.equal((await ask(["POST", `releases/${id}/approve`, {}])).status, 200);
    await come("cora", { role: "contributor", level: "read" });
    house.addVersion();
    assert.equal((await ask(["POST", "releases", { model: "care", version: "2" }])).status, 200);
  });

  it("is what a stranger lacks, who is not told whether there is such a release", async () => {
    const { house, come, ask } = await openGuardedReleases();
    const { id } = await house.judged();
    await come("mallory", {});
    const asked = ["releases", `releases/${id}`, "releases/rel_absent"];
    for (const path of asked) assert.equal((await ask(["GET", path])).status, 403, path);
    const [there, absent] = [await ask(["GET", `releases/${id}`]), await ask(["GET", "releases/rel_absent"])];
    assert.equal(JSON.parse(there.text).message, JSON.parse(absent.text).message);
  });
});
