import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import { baseline, buildHouse, charterText, houseMigrations, modelFiles } from "./fixtures/house.ts";
import type { House } from "./fixtures/house.ts";
import { manifestDigest } from "./register.ts";
import { parityTolerance } from "./parity.ts";

async function openHouse(db: Database, original?: (x: number) => number): Promise<House> {
  return await buildHouse(await createTestKernel({ db, migrations: houseMigrations }), original);
}

const code = (wanted: string) => (error: unknown) => error instanceof Problem && error.code === wanted;

describeOnEveryEngine("the registration of an execution", (open) => {
  it("keeps its files by digest, the graph that agrees with the original, and what it came from", async () => {
    const house = await openHouse(await open());
    const execution = await house.addExecution();
    const { commands } = house.registry;
    const version = await commands.registerFromExecution({ executionId: execution.id, actor: "usr_ada" });
    const { files, digest, parity, runnableDigest, holdoutDigest, origin, ...rest } = version;
    assert.deepEqual(
      { model: rest.model, number: rest.number, kind: rest.kind, state: rest.state, metrics: rest.metrics },
      {
        model: "care",
        number: 1,
        kind: "onnx",
        state: "ready",
        metrics: { recall: 0.9, "evaluate.recall": 0.8 },
      },
    );
    assert.deepEqual(
      await Promise.all(files.map(async (file) => [file.path, await house.blobs.readText(file.digest)])),
      [
        ["MLmodel", modelFiles["model/MLmodel"]],
        ["data/weights.txt", modelFiles["model/data/weights.txt"]],
        ["holdout.csv", modelFiles["model/holdout.csv"]],
      ],
    );
    assert.equal(digest, manifestDigest(files));
    assert.ok(parity !== null && parity.agrees && parity.rows === 4);
    assert.ok(parity.largestDifference <= parityTolerance);
    assert.ok(runnableDigest !== null && (await house.blobs.has(runnableDigest)));
    assert.equal(holdoutDigest, files.find((file) => file.path === "holdout.csv")?.digest);
    assert.deepEqual(origin, {
      executionId: execution.id,
      runId: "a".repeat(32),
      codeDigest: execution.codeDigest,
      environmentDigest: execution.environmentDigest,
      datasetVersions: { messages: "dv_1" },
      parameters: { "train.alpha": 1 },
      holdoutPath: "model/holdout.csv",
      purpose: { kind: "requested", reason: "asked for" },
    });
    assert.deepEqual(await house.registry.getVersion(version.id), version);
    const [announced] = await house.ledger.list({ subject: version.id });
    assert.deepEqual(announced?.data, {
      model: "care",
      number: 1,
      kind: "onnx",
      digest,
      executionId: execution.id,
      purpose: "requested",
    });
  });

  it("rejects a graph that answers otherwise than the original, and keeps it with the figures", async () => {
    const house = await openHouse(await open(), (x) => 1 / (1 + Math.exp(-2 * x)) - 0.01);
    const { id: executionId } = await house.addExecution();
    const version = await house.registry.commands.registerFromExecution({ executionId, actor: "usr_ada" });
    assert.equal(version.state, "rejected");
    assert.match(version.rejection ?? "", /differs from the original by up to 0\.0100 on 4 rows/);
    assert.equal(version.parity?.agrees, false);
    const [announced] = await house.ledger.list({ subject: version.id });
    assert.equal(announced?.kind, "model_version.rejected");
  });

  it("happens once, also when two ask at the same moment", async () => {
    const house = await openHouse(await open());
    const { id: executionId } = await house.addExecution();
    const order = { executionId, actor: "usr_ada" };
    const { registerFromExecution } = house.registry.commands;
    const [first, second] = await Promise.all([registerFromExecution(order), registerFromExecution(order)]);
    const third = await registerFromExecution(order);
    assert.deepEqual([second.id, third.id], [first.id, first.id]);
    assert.equal((await house.ledger.list({ kinds: ["model_version.registered"] })).length, 1);
  });

  it("is not done again for an execution that took every step from the cache", async () => {
    const house = await openHouse(await open());
    const fresh = await house.addExecution();
    const steps = fresh.steps.map((step) => ({ ...step, state: "cached" as const }));
    const cached = await house.addExecution(modelFiles, { steps });
    const made = await house.registry.commands.registerFromExecution({
      executionId: fresh.id,
      actor: "usr_ada",
    });
    const again = await house.registry.commands.registerFromExecution({
      executionId: cached.id,
      actor: "usr_ada",
    });
    assert.deepEqual([again.id, house.conversions()], [made.id, 1]);
  });

  it("gives versions of one model numbers without a gap, however many come at once", async () => {
    const house = await openHouse(await open());
    const executions = [];
    for (const weights of ["1", "2", "3", "4"])
      executions.push(await house.addExecution({ ...modelFiles, "model/data/weights.txt": weights }));
    const { registerFromExecution } = house.registry.commands;
    await Promise.all(
      executions.map((one) => registerFromExecution({ executionId: one.id, actor: "usr_ada" })),
    );
    const versions = await house.registry.listVersions("care", "care");
    assert.deepEqual(
      versions.map((version) => version.number),
      [4, 3, 2, 1],
    );
  });

  it("follows by itself when an execution finishes that left a model, and only then", async () => {
    const house = await openHouse(await open());
    await house.ledger.start();
    const { "model/MLmodel": _, ...others } = modelFiles;
    const withModel = await house.addExecution();
    const without = await house.addExecution({ "metrics.json": "{}", "models/other.txt": "" });
    await house.finish(withModel);
    await house.finish(without);
    const purpose = { kind: "study", reason: "trial 0 of tune" } as const;
    const trial = await house.addExecution(modelFiles, { purpose });
    await house.finish(trial);
    assert.equal(await house.registry.versionOfExecution(trial.id), undefined);
    assert.notEqual(await house.registry.versionOfExecution(withModel.id), undefined);
    assert.equal(await house.registry.versionOfExecution(without.id), undefined);
    assert.deepEqual([house.conversions(), Object.keys(others).length], [1, 3]);
    assert.deepEqual(await house.jobs.list({ state: "failed" }), []);
  });
});

describeOnEveryEngine("the rule without ML", (open) => {
  it("is registered once for each text, also when two ask at the same moment", async () => {
    const house = await openHouse(await open());
    const order = { project: "care", actor: "usr_ada" };
    const { registerBaseline } = house.registry.commands;
    const [first, second] = await Promise.all([registerBaseline(order), registerBaseline(order)]);
    assert.deepEqual([first.id, first.kind, first.number], [second.id, "rule", 1]);
    await writeFile(join(house.projectFolder, "baseline.yaml"), baseline.replace("0.8", "0.9"));
    const changed = await registerBaseline(order);
    await writeFile(join(house.projectFolder, "baseline.yaml"), baseline);
    const changedBack = await registerBaseline(order);
    assert.deepEqual([changed.number, changedBack.id], [2, first.id]);
  });

  it("says where the rule has a mistake, and when its file is not there", async () => {
    const house = await openHouse(await open());
    const order = { project: "care", actor: "usr_ada" };
    const { registerBaseline } = house.registry.commands;
    const file = join(house.projectFolder, "baseline.yaml");
    await writeFile(file, baseline.replace("contains_any", "contains_some"));
    await assert.rejects(
      registerBaseline(order),
      (error) => code("baseline_invalid")(error) && error instanceof Problem && error.position?.line === 5,
    );
    await house.objectives.commands.applyCharter({
      text: charterText("care").replace("baseline.yaml", "other.yaml"),
      folder: house.projectFolder,
      actor: "usr_ada",
    });
    await assert.rejects(registerBaseline(order), code("baseline_missing"));
  });
});

describeOnEveryEngine("an alias", (open) => {
  it("finds the version it points at, and moves", async () => {
    const house = await openHouse(await open());
    const { commands } = house.registry;
    const order = { project: "care", actor: "usr_ada" };
    const first = await commands.registerBaseline(order);
    await writeFile(join(house.projectFolder, "baseline.yaml"), baseline.replace("0.8", "0.9"));
    const second = await commands.registerBaseline(order);
    for (const { id } of [first, second])
      await commands.setAlias({ versionId: id, alias: "champion", actor: "usr_bo" });
    assert.equal((await house.registry.findVersion("care", "care", "champion")).id, second.id);
    assert.deepEqual((await house.registry.getVersion(first.id)).aliases, []);
    const moves = await house.ledger.list({ kinds: ["model_alias.set"] });
    assert.deepEqual(
      moves.map(({ subject, data }) => [subject, data]),
      [
        [first.id, { model: "care", alias: "champion", number: 1, before: null, reason: null }],
        [second.id, { model: "care", alias: "champion", number: 2, before: 1, reason: null }],
      ],
    );
  });

  it("does not look like a number or the newest", async () => {
    const house = await openHouse(await open());
    const { commands } = house.registry;
    const { id: versionId } = await commands.registerBaseline({ project: "care", actor: "usr_ada" });
    for (const alias of ["1", "v2", "latest", "", "a b", "../x"]) {
      await assert.rejects(
        commands.setAlias({ versionId, alias, actor: "usr_ada" }),
        code("model_alias_invalid"),
      );
    }
    await assert.rejects(
      house.registry.findVersion("care", "care", "nobody"),
      code("model_version_not_found"),
    );
  });
});

describe("the routes of models", () => {
  async function openRoutes() {
    const house = await buildHouse(await createTestKernel({ migrations: houseMigrations }));
    const server = createServer({
      routes: house.registry.routes,
      authenticate: async () => ({ id: "usr_ada", name: "Ada", kind: "person", via: "local" }),
      authorise: async () => {},
      clock: house.clock,
      log: silentLog,
      host: "127.0.0.1",
      port: 0,
    });
    const { id: executionId } = await house.addExecution();
    const version = await house.registry.commands.registerFromExecution({ executionId, actor: "usr_ada" });
    const get = (path: string) =>
      server.inject({ method: "GET", url: `/api/v1/projects/care/models${path}` });
    return { house, server, version, get };
  }

  it("show a version by number and by alias, with what it came from as a graph", async () => {
    const { house, server, version, get } = await openRoutes();
    const put = await server.inject({
      method: "PUT",
      url: "/api/v1/projects/care/models/care/aliases/champion",
      body: { version: "1" },
      headers: { "content-type": "application/json" },
    });
    assert.equal(put.status, 200);
    const lineage = await house.registry.lineage(version.id);
    const shown = { version: { ...version, aliases: ["champion"] }, lineage };
    assert.deepEqual((await get("/care/versions/1")).json(), shown);
    assert.deepEqual((await get("/care/versions/champion")).json(), shown);
    assert.deepEqual(
      lineage.nodes.map((node) => [node.kind, node.label]),
      [
        ["dataset_version", "messages 4"],
        ["code", "code cccccccc"],
        ["environment", "environment eeeeeeee"],
        ["execution", "execution"],
        ["run", "run aaaaaaaa"],
        ["model_version", "care 1"],
      ],
    );
    const ids = new Set(lineage.nodes.map((node) => node.id));
    assert.ok(lineage.edges.every((edge) => ids.has(edge.from) && ids.has(edge.to)));
    assert.equal((await get("/care/versions/2")).status, 404);
  });

  it("list models with their newest version", async () => {
    const { version, get } = await openRoutes();
    assert.deepEqual((await get("")).json(), { models: [{ model: "care", versions: 1, newest: version }] });
    assert.deepEqual((await get("/care/versions")).json(), { versions: [version] });
  });

  it("hand out the files of a version and nothing else, however the path is written", async () => {
    const { get } = await openRoutes();
    const file = await get("/care/versions/1/files/data/weights.txt");
    assert.deepEqual(
      [file.status, file.text, String(file.headers["content-disposition"]).startsWith("attachment")],
      [200, "2\n", true],
    );
    for (const path of [
      "../holdout.csv",
      "data%2f..%2fMLmodel",
      "..%2f..%2fstate.db",
      "%2e%2e/%2e%2e/etc/passwd",
      "data%5cweights.txt",
      "/etc/passwd",
      "MLmodel%00.txt",
      "data",
      "",
      "C:/Windows",
      "metrics.json",
    ]) {
      const { status } = await get(`/care/versions/1/files/${path}`);
      assert.ok(status === 400 || status === 404, `${path} answers ${status}`);
    }
  });
});
