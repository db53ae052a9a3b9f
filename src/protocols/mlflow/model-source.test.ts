import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { digestOf } from "#kernel/digest";
import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";

const api = "/api/2.0/mlflow";
const service = "/api/2.0/mlflow-artifacts/artifacts";
const loggedModel = z.object({
  model: z.object({
    info: z.object({
      model_id: z.string(),
      artifact_uri: z.string(),
      tags: z.array(z.object({ key: z.string(), value: z.string() })),
    }),
  }),
});
const oneVersion = z.object({ model_version: z.looseObject({ version: z.string(), run_id: z.string() }) });

/** A run and a logged model of one file, with a name to register it under. */
async function open() {
  const kernel = await createTestKernel({ migrations: testMigrations });
  const house = createTestServer(kernel, { withRegistry: true });
  const { commands } = house.tracking;
  await house.call("POST", `${api}/experiments/create`, { name: "fits" });
  const run = await commands.createRun({ experimentId: "1", tags: [], actor: "usr_ada", startedAtMs: 0 });
  const { body } = await house.call("POST", `${api}/logged-models`, {
    experiment_id: "1",
    source_run_id: run.id,
  });
  const { model_id: modelId } = loggedModel.parse(body).model.info;
  await commands.putArtifact({ model: modelId }, "MLmodel", Buffer.from("flavors: {}"));
  await commands.putArtifact(run.id, "model/MLmodel", Buffer.from("flavors: {}"));
  await house.call("POST", `${api}/registered-models/create`, { name: "spam" });
  return {
    ...house,
    runId: run.id,
    modelId,
    async register(source: string, more: object = {}) {
      const made = await house.call("POST", `${api}/model-versions/create`, {
        name: "spam",
        source,
        ...more,
      });
      assert.equal(made.status, 200, source);
      return oneVersion.parse(made.body).model_version;
    },
    async downloadAddress(version: string): Promise<unknown> {
      return (await house.call("GET", `${api}/model-versions/get-download-uri?name=spam&version=${version}`))
        .body;
    },
  };
}

describe("the source of a version", () => {
  it("keeps every file by its digest, and nothing done to run, model or experiment takes it away", async () => {
    const { register, registry, server, call, tracking, runId, modelId } = await open();
    const sources = [
      `runs:/${runId}/model`,
      `models:/${modelId}`,
      `mlflow-artifacts:/1/${runId}/artifacts/model`,
    ];
    for (const source of sources) await register(source);
    await register("models:/spam/1");
    await tracking.commands.putArtifact(runId, "model/MLmodel", Buffer.from("changed"));
    for (const owner of [{ run: runId }, { model: modelId }]) {
      await tracking.commands.deleteArtifacts({ owner, path: "", actor: "usr_ada" });
    }
    for (const [method, path, body] of [
      ["DELETE", `${api}/logged-models/${modelId}`, {}],
      ["POST", `${api}/runs/delete`, { run_id: runId }],
      ["POST", `${api}/experiments/delete`, { experiment_id: "1" }],
    ] as const) {
      assert.equal((await call(method, path, body)).status, 200, path);
    }
    const versions = await registry.listVersions("", "spam");
    assert.equal(versions.length, 4);
    for (const { id, files } of versions) {
      const expected = { path: "MLmodel", digest: digestOf("flavors: {}"), sizeBytes: 11 };
      assert.deepEqual(files, [expected]);
      const file = await server.inject({
        method: "GET",
        url: `${service}/registered/${id}/artifacts/MLmodel`,
      });
      assert.deepEqual([file.status, file.text], [200, "flavors: {}"]);
    }
  });

  it("may be elsewhere, with a run of another server: the address stays a text for clients", async () => {
    const { register, downloadAddress, registry } = await open();
    const { run_id: runId } = await register("s3://bucket/models/1", { run_id: "of-another-server" });
    await register("models:/spam/1");
    assert.deepEqual(
      [runId, await downloadAddress("1"), await downloadAddress("2")],
      [
        "of-another-server",
        { artifact_uri: "s3://bucket/models/1" },
        { artifact_uri: "s3://bucket/models/1" },
      ],
    );
    assert.deepEqual(
      (await registry.listVersions("", "spam")).map(({ files }) => files),
      [[], []],
    );
  });

  it("that is a logged model brings its run, and the model is told of its versions once", async () => {
    const { register, call, runId, modelId } = await open();
    const { run_id: first } = await register(`models:/${modelId}`, { model_id: modelId });
    await register(`models:/${modelId}`, { model_id: modelId });
    const { tags } = loggedModel.parse((await call("GET", `${api}/logged-models/${modelId}`)).body).model
      .info;
    assert.equal(first, runId);
    assert.deepEqual(tags, [
      {
        key: "mlflow.modelVersions",
        value: '[{"name": "spam", "version": 1}, {"name": "spam", "version": 2}]',
      },
    ]);
  });

  it("that is absent here is refused in the words that clients know", async () => {
    const { call } = await open();
    for (const source of ["models:/absent/1", "models:/m-absent", "models:/spam@champion"]) {
      const { status, body } = await call("POST", `${api}/model-versions/create`, { name: "spam", source });
      assert.ok(status === 404 || status === 400, source);
      assert.match(
        JSON.stringify(body),
        /Unable to fetch model from model URI|alias champion not found/,
        source,
      );
    }
  });
});
