import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { createTestKernel } from "#kernel/testing";

import { openHouseOfUsers, userMigrations } from "./test-users.ts";
import type { HouseOfUsers, User } from "./test-users.ts";
import type { TestMethod } from "./test-server.ts";

/*
 * Who may do what with somebody else's experiments and models: the published ways around authorization on
 * servers of this protocol, each replayed at both prefixes and in encoded spellings.
 */

interface Shop extends HouseOfUsers {
  /** Made the experiment and the model, and may manage both. */
  readonly ada: User;
  /** Reads what is not closed to her. */
  readonly eve: User;
  readonly experimentId: string;
  readonly runId: string;
  readonly loggedModelId: string;
  readonly traceId: string;
  /** Lets somebody do this with the experiment and the model. */
  grant(user: User, permission: string): Promise<void>;
}

async function open(): Promise<Shop> {
  const house = await openHouseOfUsers(await createTestKernel({ migrations: userMigrations }));
  const [ada, eve] = [await house.add("ada"), await house.add("eve")];
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await house.as(ada, "POST", path, body);
    assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const { experiment_id: experimentId } = z
    .object({ experiment_id: z.string() })
    .parse(await post("experiments/create", { name: "secrets" }));
  const { run } = z
    .object({ run: z.object({ info: z.looseObject({ run_id: z.string() }) }) })
    .parse(await post("runs/create", { experiment_id: experimentId }));
  const runId = run.info.run_id;
  const { model } = z
    .object({ model: z.object({ info: z.looseObject({ model_id: z.string() }) }) })
    .parse(await post("logged-models", { experiment_id: experimentId, name: "m", source_run_id: runId }));
  await house.tracking.commands.putArtifact(runId, "model/MLmodel", Buffer.from("flavors: {}"));
  await house.tracking.commands.putArtifact({ model: model.info.model_id }, "MLmodel", Buffer.from("secret"));
  const traceId = `tr-${"a".repeat(32)}`;
  await post("/api/3.0/mlflow/traces", {
    trace: {
      trace_info: {
        trace_id: traceId,
        trace_location: inExperiment(experimentId),
        request_time: "2027-01-01T00:00:00Z",
        state: "OK",
      },
    },
  });
  await post("registered-models/create", { name: "vault" });
  await post("model-versions/create", { name: "vault", source: `runs:/${runId}/model`, run_id: runId });
  return {
    ...house,
    ada,
    eve,
    experimentId,
    runId,
    loggedModelId: model.info.model_id,
    traceId,
    async grant({ name: username }, permission) {
      await post("experiments/permissions/create", { experiment_id: experimentId, username, permission });
      await post("registered-models/permissions/create", { name: "vault", username, permission });
    },
  };
}

/** Where a trace is, as MLflow says it. */
function inExperiment(experimentId: string): object {
  return { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } };
}

type Request = readonly [TestMethod, string, object?];

function readsOf({ experimentId, runId, loggedModelId, traceId }: Shop): Request[] {
  return [
    ["GET", `/2.0/mlflow/experiments/get?experiment_id=${experimentId}`],
    ["GET", `/2.0/mlflow/experiments/get-by-name?experiment_name=secrets`],
    ["GET", `/2.0/mlflow/runs/get?run_id=${runId}`],
    ["GET", `/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=a&max_results=10`],
    ["GET", `/2.0/mlflow/artifacts/list?run_id=${runId}`],
    ["GET", `/2.0/mlflow/logged-models/${loggedModelId}`],
    ["GET", `/2.0/mlflow/logged-models/${loggedModelId}/artifacts/directories`],
    ["GET", `/2.0/mlflow-artifacts/artifacts?path=${experimentId}/${runId}/artifacts`],
    ["GET", `/2.0/mlflow-artifacts/artifacts?path=${experimentId}%2F${runId}%2Fartifacts`],
    ["GET", `/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts/model/MLmodel`],
    ["GET", `/2.0/mlflow-artifacts/artifacts/${experimentId}%2F${runId}/artifacts/model%2FMLmodel`],
    ["GET", `/2.0/mlflow-artifacts/artifacts/${experimentId}/models/${loggedModelId}/artifacts/MLmodel`],
    ["GET", `/3.0/mlflow/traces/${traceId}`],
    ["GET", `/3.0/mlflow/traces/%74r-${"a".repeat(32)}`],
    ["GET", `/2.0/mlflow/registered-models/get?name=vault`],
    ["GET", `/2.0/mlflow/registered-models/get?name=%76ault`],
    ["GET", `/2.0/mlflow/registered-models/get-latest-versions?name=vault`],
    ["GET", `/2.0/mlflow/registered-models/alias?name=vault&alias=latest`],
    ["GET", `/2.0/mlflow/model-versions/get?name=vault&version=1`],
    ["GET", `/2.0/mlflow/model-versions/get-download-uri?name=vault&version=1`],
  ];
}

function writesOf({ experimentId, runId, loggedModelId, traceId }: Shop): Request[] {
  const artifact = `/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts`;
  const upload = { path: "x.bin", num_parts: 1 };
  const ends = { ...upload, upload_id: "x", parts: [] };
  return [
    ["POST", "/2.0/mlflow/experiments/update", { experiment_id: experimentId, new_name: "mine" }],
    [
      "POST",
      "/2.0/mlflow/experiments/set-experiment-tag",
      { experiment_id: experimentId, key: "a", value: "b" },
    ],
    ["POST", "/2.0/mlflow/runs/create", { experiment_id: experimentId }],
    ["POST", "/2.0/mlflow/runs/update", { run_id: runId, status: "FAILED" }],
    ["POST", "/2.0/mlflow/runs/log-metric", { run_id: runId, key: "a", value: 1, timestamp: 1 }],
    ["POST", "/2.0/mlflow/runs/log-batch", { run_id: runId, tags: [{ key: "a", value: "b" }] }],
    ["POST", "/2.0/mlflow/logged-models", { experiment_id: experimentId, name: "x" }],
    ["PATCH", `/2.0/mlflow/logged-models/${loggedModelId}`, { status: "LOGGED_MODEL_READY" }],
    ["PUT", `${artifact}/model/MLmodel`, {}],
    ["PUT", `${artifact}/model%2FMLmodel`, {}],
    ["POST", `/2.0/mlflow-artifacts/mpu/create/${experimentId}/${runId}/artifacts/model`, upload],
    ["POST", `/2.0/mlflow-artifacts/mpu/complete/${experimentId}/${runId}/artifacts/model`, ends],
    ["POST", `/2.0/mlflow-artifacts/mpu/abort/${experimentId}/${runId}/artifacts/model`, ends],
    ["PATCH", `/2.0/mlflow/traces/${traceId}/tags`, { key: "a", value: "b" }],
    ["PATCH", `/3.0/mlflow/traces/${traceId}/tags`, { key: "a", value: "b" }],
    ["PATCH", "/2.0/mlflow/registered-models/update", { name: "vault", description: "mine" }],
    ["POST", "/2.0/mlflow/registered-models/set-tag", { name: "vault", key: "a", value: "b" }],
    ["POST", "/2.0/mlflow/registered-models/alias", { name: "vault", alias: "live", version: "1" }],
    ["POST", "/2.0/mlflow/model-versions/create", { name: "vault", source: "s3://b/x" }],
    [
      "POST",
      "/2.0/mlflow/model-versions/transition-stage",
      { name: "vault", version: "1", stage: "Production" },
    ],
  ];
}

/** What EDIT does not allow: it ends things, or opens them to others. */
function endsOf({ experimentId, runId, loggedModelId, eve }: Shop): Request[] {
  const artifact = `/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts`;
  const more = { username: eve.name, permission: "MANAGE" };
  return [
    ["DELETE", `${artifact}/model/MLmodel`],
    ["DELETE", `${artifact}/model%2FMLmodel`],
    ["DELETE", `${artifact}/model`],
    ["POST", "/2.0/mlflow/experiments/delete", { experiment_id: experimentId }],
    ["POST", "/2.0/mlflow/runs/delete", { run_id: runId }],
    ["DELETE", `/2.0/mlflow/logged-models/${loggedModelId}`, {}],
    ["POST", "/2.0/mlflow/traces/delete-traces", { experiment_id: experimentId, max_traces: 9 }],
    ["POST", "/3.0/mlflow/traces/delete-traces", { experiment_id: experimentId, max_traces: 9 }],
    ["DELETE", "/2.0/mlflow/model-versions/delete", { name: "vault", version: "1" }],
    ["DELETE", "/2.0/mlflow/registered-models/delete", { name: "vault" }],
    ["POST", "/2.0/mlflow/experiments/permissions/create", { experiment_id: experimentId, ...more }],
    ["PATCH", "/2.0/mlflow/experiments/permissions/update", { experiment_id: experimentId, ...more }],
    ["GET", `/2.0/mlflow/experiments/permissions/get?experiment_id=${experimentId}&username=ada`],
    [
      "DELETE",
      "/2.0/mlflow/experiments/permissions/delete",
      { experiment_id: experimentId, username: "ada" },
    ],
    ["PATCH", "/2.0/mlflow/registered-models/permissions/update", { name: "vault", ...more }],
    ["DELETE", "/2.0/mlflow/registered-models/permissions/delete", { name: "vault", username: "ada" }],
  ];
}

/** The statuses of all requests at both prefixes, each with what gave it. */
async function statusesOf(
  shop: Shop,
  user: User | undefined,
  requests: readonly Request[],
): Promise<string[]> {
  const found: string[] = [];
  for (const prefix of ["/api", "/ajax-api"]) {
    for (const [method, path, body] of requests) {
      const { status } = await shop.as(user, method, prefix + path, body);
      found.push(`${status} ${method} ${prefix}${path}`);
    }
  }
  return found;
}

const without = (statuses: readonly string[], wanted: string): string[] =>
  statuses.filter((one) => !one.startsWith(wanted));

describe("authorization on MLflow's routes", () => {
  it("asks everybody who they are, on every route that is not about the server itself", async () => {
    const shop = await open();
    const all = [...readsOf(shop), ...writesOf(shop), ...endsOf(shop)];
    assert.deepEqual(without(await statusesOf(shop, undefined, all), "401"), []);
    for (const path of [
      "/get-artifact?run_id=x&path=y",
      "/model-versions/get-artifact?name=vault&version=1&path=MLmodel",
    ])
      assert.equal((await shop.as(undefined, "GET", path)).status, 401, path);
  });

  it("lets a user read what others made, and neither change nor end it", async () => {
    const shop = await open();
    assert.deepEqual(without(await statusesOf(shop, shop.eve, readsOf(shop)), "200"), []);
    assert.deepEqual(without(await statusesOf(shop, shop.eve, writesOf(shop)), "403"), []);
    assert.deepEqual(without(await statusesOf(shop, shop.eve, endsOf(shop)), "403"), []);
    assert.equal((await shop.tracking.getRun(shop.runId)).tags["a"], undefined);
  });

  it("shuts out whom NO_PERMISSIONS was given, in every spelling and in searches", async () => {
    const shop = await open();
    await shop.grant(shop.eve, "NO_PERMISSIONS");
    const all = [...readsOf(shop), ...writesOf(shop), ...endsOf(shop)];
    assert.deepEqual(without(await statusesOf(shop, shop.eve, all), "403"), []);
    const pages = [
      `/get-artifact?run_id=${shop.runId}&path=model/MLmodel`,
      "/model-versions/get-artifact?name=vault&version=1&path=MLmodel",
      `/ajax-api/2.0/mlflow/logged-models/${shop.loggedModelId}/artifacts/files?artifact_file_path=MLmodel`,
    ];
    for (const path of pages) assert.equal((await shop.as(shop.eve, "GET", path)).status, 403, path);
    const ids = [shop.experimentId];
    const searches: Request[] = [
      ["POST", "experiments/search", { max_results: 100 }],
      ["GET", "experiments/search?max_results=100"],
      ["POST", "runs/search", { experiment_ids: ids }],
      ["POST", "logged-models/search", { experiment_ids: ids }],
      ["POST", "experiments/search-datasets", { experiment_ids: ids }],
      ["GET", "registered-models/search"],
      ["GET", "registered-models/search?filter=name%20LIKE%20'va%25'"],
      ["GET", "model-versions/search"],
      ["GET", `model-versions/search?filter=run_id='${shop.runId}'`],
      ["POST", "/api/3.0/mlflow/traces/search", { locations: [inExperiment(shop.experimentId)] }],
    ];
    for (const [method, path, body] of searches) {
      const { status, body: answer } = await shop.as(shop.eve, method, path, body);
      assert.equal(status, 200, path);
      assert.doesNotMatch(JSON.stringify(answer), /secrets|vault/, path);
      assert.ok(!JSON.stringify(answer).includes(shop.runId), path);
      assert.ok(!JSON.stringify(answer).includes(shop.traceId), path);
      if (path.includes("datasets")) continue;
      const theirs = await shop.as(shop.ada, method, path, body);
      assert.match(JSON.stringify(theirs.body), /secrets|vault|m-[0-9a-f]{32}|run_id|tr-a/, path);
    }
    // Nor is what is shut away had by making something of it.
    const { status } = await shop.as(shop.eve, "POST", "registered-models/create", { name: "mine" });
    assert.equal(status, 200);
    for (const source of [`runs:/${shop.runId}/model`, "models:/vault/1", `models:/${shop.loggedModelId}`]) {
      const copied = await shop.as(shop.eve, "POST", "model-versions/create", { name: "mine", source });
      assert.ok([400, 403, 404].includes(copied.status), `${source}: ${copied.status}`);
    }
  });

  it("lets an editor change but not delete, and not say who else may", async () => {
    const shop = await open();
    await shop.grant(shop.eve, "EDIT");
    assert.deepEqual(without(await statusesOf(shop, shop.eve, endsOf(shop)), "403"), []);
    const [, , , , metric] = writesOf(shop);
    assert.deepEqual(
      without(await statusesOf(shop, shop.eve, metric === undefined ? [] : [metric]), "200"),
      [],
    );
    assert.equal((await shop.tracking.artifactTree(shop.runId)).length, 1);
  });

  it("lets who manages a thing change, close and delete it, and ends the grants with it", async () => {
    const shop = await open();
    await shop.grant(shop.eve, "READ");
    const about = { experiment_id: shop.experimentId, username: "eve" };
    const path = "experiments/permissions";
    assert.equal(
      (await shop.as(shop.ada, "POST", `${path}/create`, { ...about, permission: "READ" })).status,
      400,
    );
    assert.equal(
      (await shop.as(shop.ada, "PATCH", `${path}/update`, { ...about, permission: "NONE" })).status,
      400,
    );
    assert.equal(
      (await shop.as(shop.ada, "PATCH", `${path}/update`, { ...about, permission: "MANAGE" })).status,
      200,
    );
    const got = await shop.as(shop.eve, "GET", `${path}/get?experiment_id=${shop.experimentId}&username=eve`);
    assert.match(JSON.stringify(got.body), /"permission":"MANAGE"/);
    assert.equal((await shop.as(shop.eve, "DELETE", `${path}/delete`, about)).status, 200);
    const gone = await shop.as(
      shop.ada,
      "GET",
      `${path}/get?experiment_id=${shop.experimentId}&username=eve`,
    );
    assert.match(
      JSON.stringify(gone.body),
      new RegExp(`Experiment permission with experiment_id=${shop.experimentId} and username=eve not found`),
    );

    assert.equal(
      (await shop.as(shop.ada, "DELETE", "registered-models/delete", { name: "vault" })).status,
      200,
    );
    assert.equal(
      (await shop.as(shop.eve, "POST", "registered-models/create", { name: "vault" })).status,
      200,
    );
    const update = { name: "vault", description: "still mine?" };
    assert.equal((await shop.as(shop.ada, "PATCH", "registered-models/update", update)).status, 403);
    assert.equal((await shop.as(shop.eve, "PATCH", "registered-models/update", update)).status, 200);
  });

  it("takes no state-changing request that a page of another site could send by itself", async () => {
    const shop = await open();
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
    ]) {
      for (const path of ["users/create", "experiments/create", "runs/create", "registered-models/create"]) {
        const pair = Buffer.from(`${shop.admin.name}:${shop.admin.password}`).toString("base64");
        const answer = await shop.server.inject({
          method: "POST",
          url: `/ajax-api/2.0/mlflow/${path}`,
          headers: { authorization: `Basic ${pair}`, "content-type": type },
          body: JSON.stringify({ name: "csrf", username: "csrf", password: "correct horse battery" }),
        });
        assert.equal(answer.status, 400, `${type} ${path}`);
      }
    }
    assert.equal(await shop.access.findPrincipal("csrf"), undefined);
  });

  it("leaves an owner everywhere no door closed, and a project's people theirs", async () => {
    const shop = await open();
    await shop.grant(shop.admin, "NO_PERMISSIONS");
    assert.deepEqual(without(await statusesOf(shop, shop.admin, readsOf(shop)), "200"), []);
    const inProject = await shop.tracking.commands.createRun({
      project: "care",
      name: "fit",
      tags: [],
      actor: "system",
      startedAtMs: 0,
    });
    // A member outside projects has nothing to see in one.
    assert.equal((await shop.as(shop.eve, "GET", `runs/get?run_id=${inProject.id}`)).status, 403);
  });
});
