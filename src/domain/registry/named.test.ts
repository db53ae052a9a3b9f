import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import { buildHouse, charterText, houseMigrations } from "./fixtures/house.ts";
import type { House } from "./fixtures/house.ts";
import type { NamedVersion } from "./index.ts";
import { isLike } from "./named-search.ts";

const actor = "usr_ada";
const code = (wanted: string) => (error: unknown) => error instanceof Problem && error.code === wanted;

interface NamedHouse extends House {
  createModel(name: string, tags?: Record<string, string>): Promise<unknown>;
  /** A version of one file that a client logged to a run; a run of `a…` is one of the project `care`. */
  createVersion(name: string, runId?: string): Promise<NamedVersion>;
}

async function openHouse(db: Database): Promise<NamedHouse> {
  const house = await buildHouse(await createTestKernel({ db, migrations: houseMigrations }));
  const { named } = house.registry.commands;
  return {
    ...house,
    createModel: (name, tags = {}) => named.createModel({ name, description: "", tags, actor }),
    async createVersion(name, runId) {
      const { digest, sizeBytes } = await house.blobs.put(Buffer.from("flavors: {}"));
      return await named.createVersion({
        name,
        source: "models:/m-1",
        files: [{ path: "MLmodel", digest, sizeBytes }],
        runId,
        loggedModelId: "m-1",
        runLink: "",
        description: "",
        tags: {},
        actor,
      });
    },
  };
}

describeOnEveryEngine("a model that a client registers", (open) => {
  it("keeps its files by content, and cannot be run here", async () => {
    const house = await openHouse(await open());
    await house.createModel("care-urgency");
    const { runId, state, source, downloadAddress, number } = await house.createVersion("care-urgency", "a1");
    const [version] = await house.registry.listVersions("care", "care-urgency");
    assert.deepEqual(
      { runId, state, source, downloadAddress, number, kind: version?.kind },
      {
        runId: "a1",
        state: "ready",
        source: "models:/m-1",
        downloadAddress: `mlflow-artifacts:/registered/${version?.id}/artifacts`,
        number: 1,
        kind: "python",
      },
    );
    const { files, project } = await house.registry.named.filesOf(version?.id ?? "");
    assert.deepEqual([project, files], ["care", version?.files]);
  });

  it("belongs to the project it is called after, or to that of its first run, or to none", async () => {
    const house = await openHouse(await open());
    const { named } = house.registry;
    const projects = async (...names: string[]): Promise<(string | null)[]> =>
      await Promise.all(names.map((name) => named.projectOfModel(name)));
    assert.deepEqual(await projects("care", "care-urgency", "careful", "spam"), ["care", "care", null, null]);
    for (const name of ["spam", "ham", "eggs"]) await house.createModel(name);
    await house.createVersion("spam", "a1");
    await house.createVersion("ham", "b1");
    await house.createVersion("eggs");
    assert.deepEqual(await projects("spam", "ham", "eggs"), ["care", null, null]);
    assert.equal((await named.getVersion("spam", 1)).project, "care");
    const [created] = await house.ledger.list({ kinds: ["registered_model.created"], subject: "ham" });
    assert.equal(created?.project, null);
  });

  it("has a name that nobody else has", async () => {
    const house = await openHouse(await open());
    await house.createModel("spam");
    await assert.rejects(house.createModel("spam"), code("model_exists"));
    await assert.rejects(house.registry.named.getModel("ham"), /Registered Model with name=ham not found/);
    await assert.rejects(
      house.registry.named.getVersion("spam", 7),
      /Model Version \(name=spam, version=7\) not found/,
    );
  });

  it("is described, tagged, staged and aliased, and the ledger has it all", async () => {
    const house = await openHouse(await open());
    const { named } = house.registry.commands;
    await house.createModel("spam", { team: "mail" });
    for (let number = 1; number <= 3; number += 1) await house.createVersion("spam");
    const at = (number: number) => ({ name: "spam", number, actor });
    await named.describeModel({ name: "spam", description: "finds spam", actor });
    await named.setModelTag({ name: "spam", key: "tier", value: "1", actor });
    await named.setModelTag({ name: "spam", key: "team", value: undefined, actor });
    await named.describeVersion({ ...at(1), description: "the first" });
    await named.setVersionTag({ ...at(1), key: "checked", value: "yes" });
    await named.setStage({ ...at(1), stage: "Production", archiveExisting: false });
    await named.setStage({ ...at(2), stage: "production", archiveExisting: true, reason: "it is better" });
    await assert.rejects(
      named.setStage({ ...at(2), stage: "Live", archiveExisting: false }),
      code("model_stage_invalid"),
    );
    await assert.rejects(
      named.setStage({ ...at(2), stage: "Archived", archiveExisting: true }),
      code("model_stage_invalid"),
    );
    await named.setAlias({ name: "spam", alias: "champion", number: 2, actor });
    await named.setAlias({ name: "spam", alias: "old", number: 2, actor });
    await named.setAlias({ name: "spam", alias: "old", number: 1, actor, reason: "wrong one" });
    await named.setAlias({ name: "spam", alias: "old", number: undefined, actor, reason: "done" });

    const model = await house.registry.named.getModel("spam");
    assert.deepEqual(
      {
        description: model.description,
        tags: model.tags,
        aliases: model.aliases,
        latest: Object.fromEntries(model.latestVersions.map((one) => [one.stage, one.number])),
      },
      {
        description: "finds spam",
        tags: { tier: "1" },
        aliases: { champion: 2 },
        latest: { Archived: 1, Production: 2, None: 3 },
      },
    );
    const first = await house.registry.named.getVersion("spam", 1);
    assert.deepEqual([first.description, first.tags, first.aliases], ["the first", { checked: "yes" }, []]);
    const byAlias = async (alias: string): Promise<number> =>
      (await house.registry.named.findByAlias("spam", alias)).number;
    assert.deepEqual([await byAlias("champion"), await byAlias("latest")], [2, 3]);
    await assert.rejects(byAlias("old"), /Registered model alias old not found/);
    const changes = await house.ledger.list({
      kinds: ["registered_model.changed", "model_version.labelled", "model_alias.set", "model_alias.removed"],
    });
    const staged = (number: number, reason: string | null) => ({
      model: "spam",
      number,
      change: "stage",
      reason,
    });
    assert.deepEqual(
      changes.map(({ data }) => data),
      [
        { change: "description" },
        { change: "tag tier", tag: { key: "tier", value: "1" } },
        { change: "tag team", tag: { key: "team", value: null } },
        { model: "spam", number: 1, change: "description" },
        { model: "spam", number: 1, change: "tag checked", tag: { key: "checked", value: "yes" } },
        { ...staged(1, null), stage: { from: "None", to: "Production" } },
        { ...staged(1, "it is better"), stage: { from: "Production", to: "Archived" } },
        { ...staged(2, "it is better"), stage: { from: "None", to: "Production" } },
        { model: "spam", alias: "champion", number: 2, before: null, reason: null },
        { model: "spam", alias: "old", number: 2, before: null, reason: null },
        { model: "spam", alias: "old", number: 1, before: 2, reason: "wrong one" },
        { model: "spam", alias: "old", number: 1, reason: "done" },
      ],
    );
    assert.ok(changes.every((change) => change.actor === actor));
  });

  it("can be renamed and deleted with its versions, whose numbers are not given again", async () => {
    const house = await openHouse(await open());
    const { named } = house.registry.commands;
    await house.createModel("spam");
    await house.createModel("ham");
    for (let number = 1; number <= 2; number += 1) await house.createVersion("spam");
    await named.setAlias({ name: "spam", alias: "champion", number: 1, actor });
    await assert.rejects(named.renameModel({ name: "spam", newName: "ham", actor }), code("model_exists"));
    await named.renameModel({ name: "spam", newName: "junk", actor });
    assert.equal((await house.registry.named.findByAlias("junk", "champion")).number, 1);
    await assert.rejects(house.registry.named.getModel("spam"), code("model_not_found"));
    await named.deleteVersion({ name: "junk", number: 2, actor });
    assert.equal((await house.createVersion("junk")).number, 3);
    await named.deleteModel({ name: "junk", actor });
    assert.deepEqual((await house.registry.named.searchVersions(everything)).items, []);
    await house.createModel("junk");
    assert.equal((await house.createVersion("junk")).number, 1);
  });
});

const everything = { filter: "", orderBy: [], limit: 100, pageToken: undefined };

describeOnEveryEngine("a model that a project made", (open) => {
  it("has a flat name too, and stays when a client would delete or rename it", async () => {
    const house = await openHouse(await open());
    const { commands, named } = house.registry;
    const version = await commands.registerBaseline({ project: "care", actor });
    assert.deepEqual(
      (await named.searchVersions(everything)).items.map(({ name, number, source }) => [
        name,
        number,
        source,
      ]),
      [["care", 1, `mlflow-artifacts:/registered/${version.id}/artifacts`]],
    );
    const order = { name: "care", number: 1, actor };
    await assert.rejects(commands.named.deleteVersion(order), code("model_kept"));
    await assert.rejects(commands.named.deleteModel(order), code("model_kept"));
    await assert.rejects(commands.named.renameModel({ ...order, newName: "x" }), code("model_kept"));
    assert.deepEqual(await house.registry.getVersion(version.id), version);
  });

  it("is called after its project where another one took the name first", async () => {
    const house = await openHouse(await open());
    await house.objectives.commands.applyCharter({
      text: charterText("shop"),
      folder: house.projectFolder,
      actor,
    });
    const { commands, named } = house.registry;
    for (const project of ["care", "shop"]) await commands.registerBaseline({ project, actor });
    assert.deepEqual(
      (await named.searchModels(everything)).items.map(({ name, project }) => [name, project]),
      [
        ["care", "care"],
        ["shop.care", "shop"],
      ],
    );
  });
});

describeOnEveryEngine("a search of models", (open) => {
  it("hides prompts from who does not ask for them", async () => {
    const house = await openHouse(await open());
    const promptTag = "mlflow.prompt.is_prompt";
    await house.createModel("model");
    await house.createModel("prompt", { [promptTag]: "true" });
    const find = async (filter: string): Promise<string[]> =>
      (await house.registry.named.searchModels({ ...everything, filter })).items.map((one) => one.name);
    assert.deepEqual(
      [
        await find(""),
        await find(`tags.\`${promptTag}\` != 'true'`),
        await find(`name LIKE '%o%' AND tags.\`${promptTag}\` = 'false'`),
        await find(`tags.\`${promptTag}\` = 'true'`),
        await find(`tags.\`${promptTag}\` != 'false' AND name = 'prompt'`),
      ],
      [["model"], ["model"], ["model"], ["prompt"], ["prompt"]],
    );
  });

  it("is ordered by each field at most once, and filtered by what a model has", async () => {
    const { registry } = await openHouse(await open());
    const { named } = registry;
    await assert.rejects(
      named.searchModels({ ...everything, orderBy: ["name ASC", "name DESC"] }),
      code("model_search_invalid"),
    );
    await assert.rejects(
      named.searchModels({ ...everything, filter: "creation_timestamp > 5" }),
      code("run_filter_invalid"),
    );
    await assert.rejects(
      named.searchVersions({ ...everything, filter: "source_path IN ('a')" }),
      code("run_filter_invalid"),
    );
  });

  it("filters, orders and pages as MLflow's grammar says", async () => {
    const house = await openHouse(await open());
    for (const name of ["alpha", "beta", "gamma"]) await house.createModel(name, { team: name.slice(0, 1) });
    for (let number = 1; number <= 3; number += 1)
      await house.createVersion("beta", number === 2 ? "b2" : "b1");
    const { named } = house.registry;
    const models = async (filter: string, orderBy: string[] = []): Promise<string[]> =>
      (await named.searchModels({ ...everything, filter, orderBy })).items.map((one) => one.name);
    const versions = async (filter: string, orderBy: string[] = []): Promise<number[]> =>
      (await named.searchVersions({ ...everything, filter, orderBy })).items.map((one) => one.number);
    assert.deepEqual(
      {
        all: await models("", ["name DESC"]),
        named: await models("name = 'beta'"),
        like: await models("name LIKE '%a%' AND name != 'gamma'"),
        ilike: await models("name ILIKE 'B%'"),
        tagged: await models("tags.team = 'g'"),
        ofModel: await versions("name = 'beta'", ["version_number ASC"]),
        ofRun: await versions("run_id = 'b2'"),
        ofRuns: await versions("run_id IN ('b2', 'b9')"),
        late: await versions("version_number >= 2", ["version_number DESC"]),
      },
      {
        all: ["gamma", "beta", "alpha"],
        named: ["beta"],
        like: ["alpha", "beta"],
        ilike: ["beta"],
        tagged: ["gamma"],
        ofModel: [1, 2, 3],
        ofRun: [2],
        ofRuns: [2],
        late: [3, 2],
      },
    );
    const first = await named.searchModels({ ...everything, limit: 2 });
    const second = await named.searchModels({ ...everything, limit: 2, pageToken: first.nextPageToken });
    assert.deepEqual(
      [...first.items, ...second.items].map((one) => one.name),
      ["alpha", "beta", "gamma"],
    );
    assert.equal(second.nextPageToken, undefined);
    await assert.rejects(
      named.searchModels({ ...everything, pageToken: "no token" }),
      code("model_page_unknown"),
    );
  });
});

describe("the pattern of a like", () => {
  const cases: readonly [string, string, boolean][] = [
    ["care", "care", true],
    ["care", "c%", true],
    ["care", "%r%", true],
    ["care", "c_re", true],
    ["care", "c_e", false],
    ["care", "", false],
    ["", "%", true],
    ["abcabd", "%ab_", true],
    ["a.c", "a.c", true],
    ["abc", "a.c", false],
  ];
  for (const [text, pattern, expected] of cases) {
    it(`${JSON.stringify(pattern)} ${expected ? "fits" : "does not fit"} ${JSON.stringify(text)}`, () => {
      assert.equal(isLike(text, pattern), expected);
    });
  }

  it("takes no longer for an evil one", () => {
    const startedMs = performance.now();
    assert.equal(isLike("a".repeat(5_000), `${"%a".repeat(200)}b`), false);
    assert.ok(performance.now() - startedMs < 1_000);
  });
});
