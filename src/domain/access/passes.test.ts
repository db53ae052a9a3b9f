import assert from "node:assert/strict";
import { it } from "node:test";

import { z } from "zod";

import { permissions } from "#kernel/auth";
import type { Permission } from "#kernel/auth";
import { hourMs } from "#kernel/clock";
import { createServer, defineRoute } from "#kernel/http";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import { createAccess, migrations } from "./index.ts";

declare module "#kernel/events" {
  interface Events {
    "lamp.passed": { readonly by: string };
  }
}

const lent: readonly Permission[] = ["project:read", "run:read", "run:write", "model:create", "model:write"];

describeOnEveryEngine("a pass", (open) => {
  async function build() {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const access = createAccess({ ...kernel, mode: "required", userName: "ada" });
    // A route that changes something, as any module's would.
    const lamp = defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/lamp",
      permission: "run:write",
      summary: "Lights the lamp",
      response: z.void(),
      handler: async ({ principal, params: { project } }) =>
        await kernel.db.transaction(async () => {
          const event = {
            kind: "lamp.passed",
            subject: "lamp",
            project,
            data: { by: principal.name },
          } as const;
          await kernel.ledger.append({ ...event, actor: principal.id });
        }),
    });
    const server = createServer({
      ...kernel,
      routes: [...access.routes, lamp],
      authenticate: access.authenticate,
      authorise: access.authorise,
      requiresSignIn: true,
      host: "127.0.0.1",
      port: 4761,
    });
    const grant = { role: "owner", project: null } as const;
    const ada = await access.commands.addPrincipal({ name: "ada", kind: "person", grant, actor: "system" });
    const lend = async (principal: string, holder = "stp_1", project = "shop") =>
      await access.commands.lendPass({
        holder,
        principal,
        project,
        permissions: lent,
        through: "step train of execution exe_1",
        expiresAtMs: kernel.clock.nowMs() + hourMs,
      });
    const as = async (secret: string, method: "GET" | "POST" | "DELETE", url: string, body?: object) => {
      const headers = { authorization: `Bearer ${secret}` };
      const answer = await server.inject({ method, url, headers, ...(body === undefined ? {} : { body }) });
      return { status: answer.status, text: answer.text };
    };
    return { ...kernel, access, ada, lend, as };
  }

  it("reaches what it was lent for, in its project, even where its principal may do everything", async () => {
    const { access, ada, lend } = await build();
    const secret = await lend(ada.id);
    const principal = await access.authenticate({
      authorization: `Bearer ${secret}`,
      cookie: undefined,
      remoteAddress: "10.0.0.1",
      forwarded: false,
    });
    assert.equal(principal?.id, ada.id);
    const may = async (...what: [Permission, string?, string?]): Promise<boolean> =>
      await access.authorise(principal, ...what).then(
        () => true,
        () => false,
      );
    for (const permission of permissions) {
      assert.equal(await may(permission, "shop"), lent.includes(permission), permission);
      for (const project of ["bank", undefined])
        assert.equal(await may(permission, project), false, permission);
    }
    // What belongs to no project: models may be registered there, and nothing else be seen.
    assert.deepEqual(
      [
        await may("model:create", "-"),
        await may("model:write", "-", "model:spam"),
        await may("run:read", "-", "model:spam"),
        await may("run:read", "-", "experiment:1"),
        await may("run:write", "-"),
      ],
      [true, true, true, false, false],
    );
  });

  it("is worth what its principal may at that moment, and nothing more", async () => {
    const { access, lend, as } = await build();
    const grant = { role: "contributor", project: "shop" } as const;
    const bob = await access.commands.addPrincipal({ name: "bob", kind: "person", grant, actor: "system" });
    const secret = await lend(bob.id);
    const light = async () => (await as(secret, "POST", "/api/v1/projects/shop/lamp")).status;
    assert.equal(await light(), 204);
    await access.commands.revokeRole({
      principal: bob.id,
      role: "contributor",
      project: "shop",
      actor: "system",
    });
    assert.equal(await light(), 403);
  });

  it("stands in the ledger beside its principal, and the chain holds", async () => {
    const { ada, lend, as, ledger } = await build();
    const secret = await lend(ada.id);
    assert.equal((await as(secret, "POST", "/api/v1/projects/shop/lamp")).status, 204);
    const [event] = await ledger.list({ kinds: ["lamp.passed"] });
    assert.deepEqual([event?.actor, event?.through], [ada.id, "step train of execution exe_1"]);
    assert.equal((await ledger.verify()).broken, undefined);
    const own = await ledger.list({ kinds: ["principal.added"] });
    assert.deepEqual(
      own.map(({ through }) => through),
      [null],
    );
  });

  it("ends by order, by time, and by the next one of its holder", async () => {
    const { access, ada, lend, as, clock } = await build();
    const status = async (secret: string) => (await as(secret, "GET", "/api/v1/me")).status;
    const [first, other] = [await lend(ada.id), await lend(ada.id, "stp_2")];
    assert.deepEqual([await status(first), await status(other)], [200, 200]);
    const second = await lend(ada.id);
    assert.deepEqual([await status(first), await status(second), await status(other)], [401, 200, 200]);
    await access.commands.limitPass({ holder: "stp_1", expiresAtMs: clock.nowMs() + 1_000 });
    clock.advanceMs(1_000);
    assert.deepEqual([await status(second), await status(other)], [401, 200]);
    await access.commands.endPasses("stp_2");
    assert.equal(await status(other), 401);
  });

  it("opens no session, issues no token, grants nothing, and says of itself only what it may", async () => {
    const { access, ada, lend, as } = await build();
    const secret = await lend(ada.id);
    assert.equal((await as(secret, "POST", "/api/v1/session", { token: secret })).status, 401);
    const grant = { principal: ada.id, role: "owner" };
    const refused = [
      await as(secret, "POST", `/api/v1/principals/${ada.id}/tokens`, { label: "mine" }),
      await as(secret, "POST", "/api/v1/principals", { name: "eve", kind: "person", role: "owner" }),
      await as(secret, "GET", "/api/v1/principals"),
      await as(secret, "POST", "/api/v1/projects/shop/grants", grant),
      await as(secret, "POST", "/api/v1/projects/bank/lamp"),
    ];
    assert.deepEqual(
      refused.map(({ status }) => status),
      [403, 403, 403, 403, 403],
    );
    assert.match(refused[4]?.text ?? "", /"pass_out_of_bounds".*step train of execution exe_1/s);
    const me = JSON.parse((await as(secret, "GET", "/api/v1/me")).text);
    assert.deepEqual([me.grants, me.permissions], [[], { everywhere: [], projects: { shop: lent } }]);
    assert.deepEqual((await access.grantsOf(ada.id)).length, 1);
  });

  it("serves the system's own rules too, and nobody who was removed", async () => {
    const { access, lend, as } = await build();
    const grant = { role: "contributor", project: "shop" } as const;
    const bob = await access.commands.addPrincipal({ name: "bob", kind: "person", grant, actor: "system" });
    const [ofSystem, ofBob] = [await lend("system", "stp_3"), await lend(bob.id, "stp_4")];
    await access.commands.removePrincipal({ principal: bob.id, actor: "system" });
    const light = async (secret: string, project: string) =>
      (await as(secret, "POST", `/api/v1/projects/${project}/lamp`)).status;
    assert.deepEqual(
      [await light(ofSystem, "shop"), await light(ofSystem, "bank"), await light(ofBob, "shop")],
      [204, 403, 403],
    );
  });

  it("is kept as a digest, and not at all after its end", async () => {
    const { access, ada, lend, db } = await build();
    const secret = await lend(ada.id);
    const rows = async () => await db.query.selectFrom("access_passes").selectAll().execute();
    assert.equal((await rows()).length, 1);
    assert.ok(!JSON.stringify(await rows()).includes(secret));
    await access.commands.endPasses("stp_1");
    assert.deepEqual(await rows(), []);
  });
});
