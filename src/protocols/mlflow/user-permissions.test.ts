import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { createTestKernel } from "#kernel/testing";

import { openHouseOfUsers, userMigrations } from "./test-users.ts";
import type { HouseOfUsers, User } from "./test-users.ts";

const base = "/api/3.0/mlflow/users/permissions";

interface Asked {
  readonly username: string;
  readonly type?: string;
  readonly id: string;
  readonly permission?: string;
}

/** An experiment of a project and a model of none, with what clients since 3.12 send about them. */
async function openThings() {
  const house = await openHouseOfUsers(await createTestKernel({ migrations: userMigrations }));
  const experiment = await house.tracking.commands.ensureExperiment({
    project: "care",
    name: "fits",
    actor: "system",
  });
  await house.as(house.admin, "POST", "registered-models/create", { name: "ranker" });
  const send = async (as: User | undefined, verb: "grant" | "revoke" | "get", asked: Asked) => {
    const { username, type = "experiment", id, permission } = asked;
    const sent = { username, resource_type: type, resource_id: id, ...(permission && { permission }) };
    return verb === "get"
      ? await house.as(as, "GET", `${base}/get?${new URLSearchParams(sent)}`)
      : await house.as(as, "POST", `${base}/${verb}`, sent);
  };
  const effective = async (username: string, id: string, type = "experiment"): Promise<unknown> =>
    (await send(house.admin, "get", { username, type, id })).body;
  return { ...house, id: experiment.id, send, effective };
}

async function mayRead(house: HouseOfUsers, user: User, id: string): Promise<number> {
  return (await house.as(user, "GET", `experiments/get?experiment_id=${id}`)).status;
}

describe("MLflow's grants on single resources", () => {
  it("are given, changed, seen and taken back, and are those of the older calls", async () => {
    const house = await openThings();
    const { id, send, effective, admin, add } = house;
    const eve = await add("eve");
    assert.deepEqual(await effective("eve", id), { allowed: false, permission: "NO_PERMISSIONS" });
    assert.equal(await mayRead(house, eve, id), 403);
    for (const [permission, allowed] of [
      ["READ", false],
      ["USE", true],
      ["EDIT", true],
      ["MANAGE", true],
    ] as const) {
      const given = await send(admin, "grant", { username: "eve", id, permission });
      assert.deepEqual([given.status, given.body], [200, {}]);
      assert.deepEqual(await effective("eve", id), { allowed, permission });
      assert.equal(await mayRead(house, eve, id), 200);
    }
    const older = `experiments/permissions/get?experiment_id=${id}&username=eve`;
    assert.match(JSON.stringify((await house.as(admin, "GET", older)).body), /"permission":"MANAGE"/);
    assert.equal((await send(admin, "revoke", { username: "eve", id })).status, 200);
    assert.equal(await mayRead(house, eve, id), 403);
    const again = await send(admin, "revoke", { username: "eve", id });
    assert.equal(again.status, 404);
    assert.match(JSON.stringify(again.body), /RESOURCE_DOES_NOT_EXIST.*Permission for user=eve.* not found/);
  });

  it("shut out by DENY whom a role lets in, models and prompts too", async () => {
    const house = await openThings();
    const { id, send, effective, admin, add, access } = house;
    const bob = await add("bob");
    const principal = (await access.findPrincipal("bob"))?.id ?? "";
    await access.commands.grantRole({ principal, role: "contributor", project: "care", actor: "system" });
    assert.deepEqual(await effective("bob", id), { allowed: true, permission: "EDIT" });
    await send(admin, "grant", { username: "bob", id, permission: "DENY" });
    assert.deepEqual(await effective("bob", id), { allowed: false, permission: "DENY" });
    assert.equal(await mayRead(house, bob, id), 403);
    // A new user reads what belongs to no project.
    assert.deepEqual(await effective("bob", "ranker", "registered_model"), {
      allowed: false,
      permission: "READ",
    });
    await send(admin, "grant", { username: "bob", type: "prompt", id: "ranker", permission: "DENY" });
    assert.equal((await house.as(bob, "GET", "registered-models/get?name=ranker")).status, 403);
  });

  it("are given by who manages the resource, and by nobody else to anybody, themselves least", async () => {
    const house = await openThings();
    const { id, send, admin, add } = house;
    const [eve, mia] = [await add("eve"), await add("mia")];
    await send(admin, "grant", { username: "eve", id, permission: "EDIT" });
    await send(admin, "grant", { username: "mia", id, permission: "MANAGE" });
    const attacks = [
      await send(undefined, "grant", { username: "eve", id, permission: "MANAGE" }),
      await send(eve, "grant", { username: "eve", id, permission: "MANAGE" }),
      await send(eve, "revoke", { username: "mia", id }),
      await send(eve, "get", { username: "mia", id }),
      await send(mia, "grant", {
        username: "mia",
        type: "registered_model",
        id: "ranker",
        permission: "MANAGE",
      }),
      await send(mia, "grant", { username: "mia", id: "999999", permission: "MANAGE" }),
      await house.as(eve, "POST", `/ajax-api/3.0/mlflow/users/permissions/grant`, {
        username: "eve",
        resource_type: "experiment",
        resource_id: id,
        permission: "MANAGE",
      }),
    ];
    assert.deepEqual(
      attacks.map(({ status }) => status),
      [401, 403, 403, 403, 403, 403, 403],
    );
    assert.equal((await send(undefined, "get", { username: "eve", id })).status, 401);
    assert.equal((await send(eve, "get", { username: "eve", id })).status, 200);
    assert.equal((await send(mia, "get", { username: "eve", id })).status, 200);
    assert.equal((await send(mia, "revoke", { username: "eve", id })).status, 200);
    assert.equal(await mayRead(house, eve, id), 403);
  });

  it("are refused for what there is not, and for more than one resource at once", async () => {
    const { id, send, admin, add } = await openThings();
    await add("eve");
    const errors = [
      await send(admin, "grant", { username: "eve", id, permission: "NO_PERMISSIONS" }),
      await send(admin, "grant", { username: "eve", id, permission: "constructor" }),
      await send(admin, "grant", { username: "eve", id: "*", permission: "READ" }),
      await send(admin, "grant", { username: "eve", type: "gateway_secret", id: "a", permission: "READ" }),
      await send(admin, "grant", { username: "eve", type: "workspace", id: "*", permission: "MANAGE" }),
      await send(admin, "grant", { username: "nobody", id, permission: "READ" }),
      await send(admin, "get", { username: "nobody", id }),
    ].map(({ body }) => z.object({ error_code: z.string() }).parse(body).error_code);
    assert.deepEqual(errors, [
      ...Array.from({ length: 5 }, () => "INVALID_PARAMETER_VALUE"),
      "RESOURCE_DOES_NOT_EXIST",
      "RESOURCE_DOES_NOT_EXIST",
    ]);
  });
});
