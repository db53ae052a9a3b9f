import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const base = "/api/2.0/mlflow";
const service = "/api/2.0/mlflow-artifacts/artifacts";

interface Registered extends TestServer {
  readonly runFiles: string;
  readonly address: string;
}

/** A run of the project `care` with a model of two files, registered as `care-model`. */
async function register(
  authorise?: (permission: string, project: string | undefined) => Promise<void>,
): Promise<Registered> {
  const kernel = await createTestKernel({ migrations: testMigrations });
  const house = createTestServer(kernel, {
    withRegistry: true,
    ...(authorise === undefined ? {} : { authorise }),
  });
  const { commands } = house.tracking;
  const run = await commands.createRun({
    project: "care",
    name: "fit",
    tags: [],
    actor: "usr_ada",
    startedAtMs: 0,
  });
  const runFiles = `${run.experimentId}/${run.id}/artifacts/model`;
  for (const [path, text] of [
    ["MLmodel", "flavors: {}"],
    ["data/weights.txt", "1 2 3"],
  ]) {
    const put = await house.server.inject({
      method: "PUT",
      url: `${service}/${runFiles}/${path}`,
      body: text ?? "",
    });
    assert.equal(put.status, 200);
  }
  await house.call("POST", `${base}/registered-models/create`, { name: "care-model" });
  const created = await house.call("POST", `${base}/model-versions/create`, {
    name: "care-model",
    source: `mlflow-artifacts:/${runFiles}`,
    run_id: run.id,
  });
  assert.equal(created.status, 200);
  const [version] = await house.registry.listVersions("care", "care-model");
  return { ...house, runFiles, address: `registered/${version?.id}/artifacts` };
}

describe("a registered version", () => {
  it("says where its files are, lists them and hands them out", async () => {
    const { call, server, address } = await register();
    const uri = await call("GET", `${base}/model-versions/get-download-uri?name=care-model&version=1`);
    assert.deepEqual(uri.body, { artifact_uri: `mlflow-artifacts:/${address}` });
    const list = async (path: string): Promise<unknown> =>
      (await call("GET", `${service}?path=${encodeURIComponent(path)}`)).body;
    assert.deepEqual(await list(address), {
      files: [
        { path: "MLmodel", is_dir: false, file_size: 11 },
        { path: "data", is_dir: true },
      ],
    });
    assert.deepEqual(await list(`${address}/data`), {
      files: [{ path: "weights.txt", is_dir: false, file_size: 5 }],
    });
    const file = await server.inject({ method: "GET", url: `${service}/${address}/data/weights.txt` });
    assert.equal(file.text, "1 2 3");
  });

  it("stays as it was when the run's files are changed or deleted", async () => {
    const { server, runFiles, address } = await register();
    await server.inject({ method: "PUT", url: `${service}/${runFiles}/MLmodel`, body: "changed" });
    await server.inject({ method: "DELETE", url: `${service}/${runFiles}/data` });
    for (const [path, text] of [
      ["MLmodel", "flavors: {}"],
      ["data/weights.txt", "1 2 3"],
    ]) {
      const file = await server.inject({ method: "GET", url: `${service}/${address}/${path}` });
      assert.equal(file.text, text);
    }
  });

  it("cannot be written to, deleted from or left by its address", async () => {
    const { server, address } = await register();
    for (const [method, path] of [
      ["PUT", `${address}/MLmodel`],
      ["DELETE", `${address}/MLmodel`],
      ["GET", `${address}/..%2f..%2fstate.db`],
      ["GET", `${address}/data`],
      ["GET", "registered/mv_none/artifacts/MLmodel"],
      ["GET", "registered/..%2f..%2f/artifacts/MLmodel"],
    ] as const) {
      const answer = await server.inject({
        method,
        url: `${service}/${path}`,
        ...(method === "PUT" ? { body: "x" } : {}),
      });
      assert.ok(answer.status === 400 || answer.status === 404, `${method} ${path} answers ${answer.status}`);
    }
  });

  it("can be made of another version, by name or by address", async () => {
    const { call, registry, address } = await register();
    for (const source of ["models:/care-model/1", `mlflow-artifacts:/${address}`]) {
      const copied = await call("POST", `${base}/model-versions/create`, { name: "care-model", source });
      assert.equal(copied.status, 200);
    }
    const versions = await registry.listVersions("care", "care-model");
    assert.deepEqual([versions.length, new Set(versions.map((one) => one.digest)).size], [3, 1]);
  });

  it("of a project is shown to those only who may see that project", async () => {
    const asked: (string | undefined)[] = [];
    const { server, call, address } = await register(async (_permission, project) => {
      asked.push(project);
    });
    asked.length = 0;
    await server.inject({ method: "GET", url: `${service}/${address}/MLmodel` });
    await call("GET", `${service}?path=${encodeURIComponent(address)}`);
    await call("GET", `${base}/model-versions/get?name=care-model&version=1`);
    assert.deepEqual(asked, ["care", "care", "care"]);
  });
});
