import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { levelNames, modelThing, roleNames } from "#access";
import type { Level, Role } from "#access";
import { createTestKernel } from "#kernel/testing";

import { openHouseOfUsers, userMigrations } from "./test-users.ts";
import type { HouseOfUsers, User } from "./test-users.ts";

/*
 * MLflow's routes and the product's own are two doors to the same models: with roles in the project and grants on
 * single models, both must let in and shut out the same people.
 */

const base = "/api/v1/projects/care";
// Named after the project, so they belong to it.
const [open, closed] = ["care-open", "care-closed"];

async function openModels(): Promise<HouseOfUsers> {
  const house = await openHouseOfUsers(await createTestKernel({ migrations: userMigrations }));
  const actor = "system";
  const { tracking, registry } = house;
  const experiment = await tracking.commands.ensureExperiment({ project: "care", name: "fits", actor });
  for (const name of [open, closed]) {
    const run = await tracking.commands.createRun({
      experimentId: experiment.id,
      name,
      startedAtMs: 1,
      actor,
    });
    await tracking.commands.putArtifact(run.id, "model/MLmodel", Buffer.from(`secret of ${name}`));
    const source = `mlflow-artifacts:/${experiment.id}/${run.id}/artifacts/model`;
    const made = [
      await house.as(house.admin, "POST", "registered-models/create", { name }),
      await house.as(house.admin, "POST", "model-versions/create", { name, source, run_id: run.id }),
    ];
    assert.deepEqual(
      made.map(({ status }) => status),
      [200, 200],
    );
    const [version] = await registry.listVersions("care", name);
    await registry.commands.setAlias({ versionId: version?.id ?? "", alias: "champion", actor });
  }
  return house;
}

async function hold(
  { access }: HouseOfUsers,
  { name }: User,
  { role, on, level }: { readonly role?: Role; readonly on?: string; readonly level?: Level },
): Promise<void> {
  const principal = (await access.findPrincipal(name))?.id ?? "";
  const actor = "system";
  if (role !== undefined) await access.commands.grantRole({ principal, role, project: "care", actor });
  if (on !== undefined && level !== undefined)
    await access.commands.grantThing({ principal, thing: modelThing(on), level, actor });
}

/** Every route of the product that shows something of one model, with a spelling of its name in other letters. */
function readsOf(model: string): readonly string[] {
  const spelt = `%${model.charCodeAt(0).toString(16)}${model.slice(1)}`;
  return [model, spelt].flatMap((name) => [
    `${base}/models/${name}/versions`,
    `${base}/models/${name}/versions/1`,
    `${base}/models/${name}/versions/champion`,
    `${base}/models/${name}/aliases`,
    `${base}/models/${name}/versions/1/files/MLmodel`,
  ]);
}

async function statusesOf(house: HouseOfUsers, user: User, paths: readonly string[]): Promise<number[]> {
  const found = new Set<number>();
  for (const path of paths) found.add((await house.as(user, "GET", path)).status);
  return [...found];
}

describe("the product's own routes of models", () => {
  it("shut out whom a grant on one model shuts out, though the project is open to them", async () => {
    const house = await openModels();
    const eve = await house.add("eve");
    await hold(house, eve, { role: "contributor", on: closed, level: "none" });
    assert.deepEqual(await statusesOf(house, eve, readsOf(open)), [200]);
    assert.deepEqual(await statusesOf(house, eve, readsOf(closed)), [403]);
    const list = await house.as(eve, "GET", `${base}/models`);
    assert.equal(list.status, 200);
    assert.match(JSON.stringify(list.body), /care-open/);
    assert.doesNotMatch(JSON.stringify(list.body), /care-closed/);
    const alias = await house.as(eve, "PUT", `${base}/models/${closed}/aliases/mine`, { version: "1" });
    assert.equal(alias.status, 403);
    assert.deepEqual((await house.registry.listVersions("care", closed))[0]?.aliases, ["champion"]);
  });

  it("let in who holds a grant on one model and nothing else, to that alone", async () => {
    const house = await openModels();
    const eve = await house.add("eve");
    await hold(house, eve, { on: open, level: "edit" });
    assert.deepEqual(await statusesOf(house, eve, readsOf(open)), [200]);
    assert.deepEqual(await statusesOf(house, eve, readsOf(closed)), [403]);
    const { body } = await house.as(eve, "GET", `${base}/models`);
    assert.match(JSON.stringify(body), /care-open/);
    assert.doesNotMatch(JSON.stringify(body), /care-closed/);
    const alias = (model: string) =>
      house.as(eve, "PUT", `${base}/models/${model}/aliases/mine`, { version: "1" });
    assert.deepEqual([(await alias(open)).status, (await alias(closed)).status], [200, 403]);
  });

  it("do not tell a stranger whether there is such a model", async () => {
    const house = await openModels();
    const mallory = await house.add("mallory");
    const paths = [`${base}/models`, ...readsOf(open), ...readsOf("care-absent")];
    assert.deepEqual(await statusesOf(house, mallory, paths), [403]);
  });

  it("decide as MLflow's routes do, for every role and every grant", async () => {
    const house = await openModels();
    for (const role of [undefined, ...roleNames]) {
      for (const level of [undefined, ...levelNames]) {
        const user = await house.add(`${role ?? "nobody"}-${level ?? "plain"}`);
        await hold(house, user, { ...(role && { role }), ...(level && { on: open, level }) });
        const statuses = async (asked: readonly Parameters<HouseOfUsers["as"]>[]): Promise<number[]> => {
          const all = [];
          for (const one of asked) all.push((await house.as(...one)).status);
          return all;
        };
        const mine = await statuses([
          [user, "GET", `${base}/models/${open}/versions/1`],
          [user, "PUT", `${base}/models/${open}/aliases/seen`, { version: "1" }],
        ]);
        const theirs = await statuses([
          [user, "GET", `model-versions/get?name=${open}&version=1`],
          [user, "POST", "registered-models/alias", { name: open, alias: "seen", version: "1" }],
        ]);
        assert.deepEqual(mine, theirs, user.name);
      }
    }
  });
});
