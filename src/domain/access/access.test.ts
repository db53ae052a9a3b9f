import assert from "node:assert/strict";
import { it } from "node:test";

import { z } from "zod";

import { dayMs } from "#kernel/clock";
import { createServer } from "#kernel/http";
import type { Server } from "#kernel/http";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { TestKernel } from "#kernel/testing";

import { createAccess, migrations } from "./index.ts";
import type { Access } from "./index.ts";

interface World extends TestKernel {
  readonly access: Access;
  readonly server: Server;
}

const issued = z.object({ token: z.looseObject({ id: z.string() }), secret: z.string() });
const code = z.looseObject({ code: z.string() });

describeOnEveryEngine("access", (open) => {
  async function build(mode: "local" | "required" = "local"): Promise<World> {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const access = createAccess({ ...kernel, mode, userName: "ada" });
    const server = createServer({
      ...kernel,
      routes: access.routes,
      authenticate: access.authenticate,
      authorise: access.authorise,
      requiresSignIn: access.requiresSignIn,
      host: "127.0.0.1",
      port: 4761,
    });
    return { ...kernel, access, server };
  }

  /** Adds a principal with a role and gives a token's secret. */
  async function member(
    world: World,
    name: string,
    role: "viewer" | "contributor" | "approver" | "owner",
    project: string | null,
  ) {
    const { commands } = world.access;
    const { id } = await commands.addPrincipal({ name, kind: "person", actor: "system" });
    await commands.grantRole({ principal: id, role, project, actor: "system" });
    const { secret, token } = await commands.issueToken({
      principal: id,
      label: "laptop",
      expiresAtMs: null,
      actor: "system",
    });
    return { id, secret, token: token.id, headers: { authorization: `Bearer ${secret}` } };
  }

  it("makes the user of this machine an owner everywhere, once, and writes both into the ledger", async () => {
    const { access, ledger, server } = await build();
    await access.start();
    await access.start();
    const { id } = await access.localPrincipal();
    assert.deepEqual(await access.grantsOf(id), [{ role: "owner", project: null }]);
    assert.deepEqual(
      (await ledger.list({})).map(({ kind, subject, actor, data }) => ({ kind, subject, actor, data })),
      [
        { kind: "principal.added", subject: id, actor: "system", data: { name: "ada", kind: "person" } },
        { kind: "role.granted", subject: id, actor: "system", data: { role: "owner" } },
      ],
    );
    const me = z
      .looseObject({ principal: z.unknown() })
      .parse((await server.inject({ url: "/api/v1/me" })).json());
    assert.deepEqual(me.principal, { id, name: "ada", kind: "person", via: "local" });
  });

  it("lets nobody be the local user from another address, behind a proxy, or where signing in is required", async () => {
    const local = await build();
    const required = await build("required");
    const answers = await Promise.all([
      local.server.inject({ url: "/api/v1/me", remoteAddress: "192.0.2.7" }),
      local.server.inject({ url: "/api/v1/me", headers: { "x-forwarded-for": "192.0.2.7" } }),
      required.server.inject({ url: "/api/v1/me" }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401, 401],
    );
    await assert.rejects(required.access.start(), { code: "no_owner_token" });
  });

  it("knows a token as Bearer and as the password of Basic, and never takes a wrong one for none", async () => {
    const world = await build();
    const bob = await member(world, "bob", "viewer", "shop");
    const basic = `Basic ${Buffer.from(`anything:${bob.secret}`).toString("base64")}`;
    const names = await Promise.all(
      [`Bearer ${bob.secret}`, basic].map(async (authorization) => {
        const response = await world.server.inject({ url: "/api/v1/me", headers: { authorization } });
        return z.looseObject({ principal: z.looseObject({ name: z.string() }) }).parse(response.json())
          .principal.name;
      }),
    );
    assert.deepEqual(names, ["bob", "bob"]);
    const wrong = await world.server.inject({
      url: "/api/v1/me",
      headers: { authorization: "Bearer gyre_wrong" },
    });
    assert.deepEqual([wrong.status, code.parse(wrong.json()).code], [401, "token_invalid"]);
  });

  it("refuses what a role does not hold, and names the roles that do", async () => {
    const world = await build();
    const bob = await member(world, "bob", "contributor", "shop");
    const { authorise } = world.access;
    const principal = { id: bob.id, name: "bob", kind: "person", via: "token" } as const;
    await authorise(principal, "run:write", "shop");
    await assert.rejects(authorise(principal, "run:write", "bank"), { code: "permission_denied" });
    await assert.rejects(authorise(principal, "run:write"), { code: "permission_denied" });
    await assert.rejects(authorise(principal, "release:approve", "shop"), {
      message: "bob does not hold release:approve in the project shop.",
      next: "Ask an owner for one of the roles that hold it: approver, owner.",
    });
  });

  it("grants and revokes a role over HTTP, with effect on the next request", async () => {
    const world = await build();
    const bob = await member(world, "bob", "viewer", "shop");
    const url = "/api/v1/projects/shop/grants";
    const asked = async () => (await world.server.inject({ url, headers: bob.headers })).status;
    assert.equal(await asked(), 200);
    await world.server.inject({ method: "DELETE", url: `${url}?principal=${bob.id}&role=viewer` });
    assert.equal(await asked(), 403);
    const granted = await world.server.inject({
      method: "POST",
      url,
      body: { principal: bob.id, role: "viewer" },
    });
    assert.deepEqual([granted.status, await asked()], [204, 200]);
    const escalation = {
      method: "POST",
      url,
      headers: bob.headers,
      body: { principal: bob.id, role: "owner" },
    } as const;
    assert.equal((await world.server.inject(escalation)).status, 403);
  });

  it("keeps the last owner", async () => {
    const world = await build();
    const { id } = await world.access.localPrincipal();
    const revoke = () =>
      world.access.commands.revokeRole({ principal: id, role: "owner", project: null, actor: id });
    await assert.rejects(revoke(), { code: "last_owner" });
    await member(world, "bob", "owner", null);
    await revoke();
    assert.deepEqual(await world.access.grantsOf(id), []);
  });

  it("shows a token's secret once and keeps it out of the database and the ledger", async () => {
    const world = await build();
    const { id } = await world.access.localPrincipal();
    const response = await world.server.inject({
      method: "POST",
      url: `/api/v1/principals/${id}/tokens`,
      body: { label: "notebook" },
    });
    assert.equal(response.status, 201);
    const { secret } = issued.parse(response.json());
    assert.match(secret, /^gyre_[\w-]{43}$/);
    const kept = JSON.stringify([
      await world.ledger.list({}),
      await world.db.query.selectFrom("tokens").selectAll().execute(),
      (await world.server.inject({ url: "/api/v1/principals" })).json(),
    ]);
    assert.ok(kept.includes("notebook") && !kept.includes(secret));
  });

  it("ends a token when it is revoked and when it expires, and notes its last use", async () => {
    const world = await build();
    const bob = await member(world, "bob", "viewer", null);
    const expiresAtMs = world.clock.nowMs() + dayMs;
    const brief = await world.access.commands.issueToken({
      principal: bob.id,
      label: "brief",
      expiresAtMs,
      actor: bob.id,
    });
    const status = async (secret: string) =>
      (await world.server.inject({ url: "/api/v1/me", headers: { authorization: `Bearer ${secret}` } }))
        .status;
    assert.deepEqual([await status(bob.secret), await status(brief.secret)], [200, 200]);
    const used = await world.db.query
      .selectFrom("tokens")
      .select("last_used_at_ms")
      .where("id", "=", bob.token)
      .execute();
    assert.deepEqual(
      used.map((row) => row.last_used_at_ms),
      [world.clock.nowMs()],
    );
    world.clock.advanceMs(dayMs);
    assert.deepEqual([await status(bob.secret), await status(brief.secret)], [200, 401]);
    await world.server.inject({ method: "DELETE", url: `/api/v1/tokens/${bob.token}` });
    assert.equal(await status(bob.secret), 401);
  });

  it("signs a browser in with a token, out again, and ends the session with the token", async () => {
    const world = await build("required");
    const ada = await member(world, "eve", "owner", null);
    await world.access.start();
    const signIn = async () => {
      const response = await world.server.inject({
        method: "POST",
        url: "/api/v1/session",
        body: { token: ada.secret },
      });
      const setCookie = String(response.headers["set-cookie"]);
      assert.match(
        setCookie,
        /^gyre_session=gyres_[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
      );
      return setCookie.split(";")[0] ?? "";
    };
    const status = async (cookie: string) =>
      (await world.server.inject({ url: "/api/v1/me", headers: { cookie } })).status;
    const first = await signIn();
    const second = await signIn();
    assert.deepEqual([await status(first), await status(second)], [200, 200]);
    await world.server.inject({ method: "DELETE", url: "/api/v1/session", headers: { cookie: first } });
    assert.deepEqual([await status(first), await status(second)], [401, 200]);
    await world.access.commands.revokeToken({ token: ada.token, actor: ada.id });
    assert.equal(await status(second), 401);
  });

  it("says who could approve", async () => {
    const world = await build();
    await member(world, "bob", "approver", "shop");
    await member(world, "eve", "contributor", "shop");
    await member(world, "joe", "approver", "bank");
    const names = (await world.access.principalsWith("release:approve", "shop")).map(({ name }) => name);
    assert.deepEqual(names, ["bob"]);
  });

  it("refuses a second principal of the same name", async () => {
    const world = await build();
    await member(world, "bob", "viewer", null);
    const body = { name: "bob", kind: "service" };
    const response = await world.server.inject({ method: "POST", url: "/api/v1/principals", body });
    assert.deepEqual([response.status, code.parse(response.json()).code], [409, "principal_exists"]);
  });
});
