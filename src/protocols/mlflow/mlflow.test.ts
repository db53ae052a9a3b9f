import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { authProblems } from "#kernel/auth";
import { Problem } from "#kernel/errors";
import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";
import type { TestMethod } from "./test-server.ts";

const startMs = Date.UTC(2027, 0, 1);
const api = "/api/2.0/mlflow";

async function openServer(options: Parameters<typeof createTestServer>[1] = {}) {
  const kernel = await createTestKernel({ migrations: testMigrations, startMs });
  const test = createTestServer(kernel, options);
  const made = z
    .object({ experiment_id: z.string() })
    .parse((await test.call("POST", `${api}/experiments/create`, { name: "care" })).body);
  const run = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) }).parse(
    (
      await test.call("POST", `${api}/runs/create`, {
        experiment_id: made.experiment_id,
        run_name: "first",
      })
    ).body,
  );
  return { ...test, kernel, experimentId: made.experiment_id, runId: run.run.info.run_id };
}

describe("the MLflow protocol", () => {
  it("shows a wrong value as it was written, whole numbers and others apart", async () => {
    const { call } = await openServer();
    const refused = async (body: object) => {
      const answer = await call("POST", `${api}/experiments/create`, body);
      return z.object({ message: z.string() }).parse(answer.body).message.split(" supplied", 1)[0];
    };
    assert.equal(await refused({ name: 9 }), "Invalid value 9 for parameter 'name'");
    const { server } = await openServer();
    for (const [written, shown] of [
      ["9.0", "9.0"],
      ["9007199254740993", "9007199254740993"],
      [`{"b": [1.0, 2]}`, `{"b":[1.0,2]}`],
    ]) {
      const answer = await server.inject({
        method: "POST",
        url: `${api}/experiments/create`,
        headers: { "content-type": "application/json" },
        body: `{"name": "x", "artifactLocation": ${written}}`,
      });
      assert.equal(answer.status, 400);
      const wanted = `Invalid value ${shown} for parameter 'artifact_location'`;
      assert.ok(
        z.object({ message: z.string() }).parse(answer.json()).message.startsWith(wanted),
        answer.text,
      );
    }
  });

  it("sends an address with a slash too many on, and never to another host", async () => {
    const { server, runId } = await openServer({ withRegistry: true });
    const { url } = await server.listen();
    try {
      const asked = await fetch(`${url}//model-versions/get-artifact?name=m&version=1&path=../x`);
      assert.deepEqual(
        [asked.status, new URL(asked.url).pathname, new URL(asked.url).host === new URL(url).host],
        [400, "/model-versions/get-artifact", true],
      );
      assert.match(await asked.text(), /"message": ?"Invalid path"/);
      const first = await fetch(`${url}//get-artifact?run_id=${runId}&path=//evil.example`, {
        redirect: "manual",
      });
      assert.deepEqual(
        [first.status, first.headers.get("location")],
        [308, `/get-artifact?run_id=${runId}&path=//evil.example`],
      );
      for (const path of ["///get-artifact", "//evil.example/get-artifact", "//evil.example/%2e%2e"]) {
        const other = await fetch(`${url}${path}`, { redirect: "manual" });
        assert.ok(other.status >= 400, `${path}: ${other.status}`);
      }
    } finally {
      await server.close();
    }
  });

  it("reads the JSON of protocol buffers in all its spellings", async () => {
    const { call, runId } = await openServer();
    await call("POST", `${api}/runs/log-metric`, {
      run_uuid: runId,
      key: "a",
      value: "NaN",
      timestamp: "12",
      step: null,
    });
    await call("POST", `${api}/runs/log-metric`, {
      runId,
      key: "b",
      value: 0.5,
      timestamp: 12,
      step: "-3",
      unheardOf: { x: 1 },
    });
    const { body } = await call("GET", `${api}/runs/get?run_uuid=${runId}`);
    assert.deepEqual(body, {
      run: {
        info: {
          run_uuid: runId,
          run_id: runId,
          run_name: "first",
          experiment_id: "1",
          user_id: "",
          status: "RUNNING",
          start_time: startMs,
          artifact_uri: `mlflow-artifacts:/1/${runId}/artifacts`,
          lifecycle_stage: "active",
        },
        data: {
          metrics: [
            { key: "a", value: "NaN", timestamp: 12, step: 0 },
            { key: "b", value: 0.5, timestamp: 12, step: -3 },
          ],
          params: [],
          tags: [{ key: "mlflow.runName", value: "first" }],
        },
        inputs: { dataset_inputs: [], model_inputs: [] },
        outputs: { model_outputs: [] },
      },
    });
  });

  it("answers both prefixes, and says in JSON what it does not know", async () => {
    const { call } = await openServer();
    assert.equal((await call("GET", "/ajax-api/2.0/mlflow/experiments/get?experiment_id=1")).status, 200);
    for (const path of [
      "/api/2.0/mlflow/webhooks",
      "/api/3.0/mlflow/scorers/list",
      "/ajax-api/3.0/jobs",
      "/v1/metrics",
      "/graphql",
    ]) {
      const { status, body } = await call("POST", path, {});
      assert.deepEqual(
        [status, z.object({ error_code: z.string() }).parse(body).error_code],
        [404, "ENDPOINT_NOT_FOUND"],
        path,
      );
    }
  });

  it("names a version that clients accept, and OK", async () => {
    const { server } = await openServer();
    assert.match((await server.inject({ url: "/version" })).text, /^3\.\d+\.\d+$/);
    assert.equal((await server.inject({ url: "/health" })).text, "OK");
  });

  const errors: readonly [
    what: string,
    method: TestMethod,
    path: string,
    body: object | undefined,
    status: number,
    message: RegExp,
  ][] = [
    [
      "a number as name",
      "POST",
      "experiments/create",
      { name: 123 },
      400,
      /^INVALID_PARAMETER_VALUE: Invalid value 123 for parameter 'name' supplied/,
    ],
    [
      "no name",
      "POST",
      "experiments/create",
      {},
      400,
      /^INVALID_PARAMETER_VALUE: Missing value for required parameter 'name'\. See the API docs/,
    ],
    [
      "a name twice",
      "POST",
      "experiments/create",
      { name: "care" },
      400,
      /^RESOURCE_ALREADY_EXISTS: Experiment\(name=care\) already exists/,
    ],
    [
      "an absent experiment",
      "GET",
      "experiments/get?experiment_id=99",
      undefined,
      404,
      /^RESOURCE_DOES_NOT_EXIST: No Experiment with id=99 exists/,
    ],
    [
      "an absent name",
      "GET",
      "experiments/get-by-name?experiment_name=x",
      undefined,
      404,
      /^RESOURCE_DOES_NOT_EXIST: Could not find experiment with name 'x'/,
    ],
    [
      "an absent run",
      "GET",
      `runs/get?run_id=${"f".repeat(32)}`,
      undefined,
      404,
      /^RESOURCE_DOES_NOT_EXIST: Run with id=f+ not found/,
    ],
    ["no run", "GET", "runs/get", undefined, 400, /Missing value for required parameter 'run_id'/],
    [
      "a bad metric name",
      "POST",
      "runs/log-metric",
      { key: "../x", value: 1, timestamp: 1 },
      400,
      /Invalid value "\.\.\/x" for parameter 'name'/,
    ],
    [
      "a missing metric value",
      "POST",
      "runs/log-batch",
      { metrics: [{ key: "a", timestamp: 1 }] },
      400,
      /Missing value for required parameter 'metrics\[0\]\.value'/,
    ],
    [
      "a text as metric value",
      "POST",
      "runs/log-metric",
      { key: "a", value: "much", timestamp: 1 },
      400,
      /Invalid value "much" for parameter 'value'/,
    ],
    [
      "1001 metrics",
      "POST",
      "runs/log-batch",
      { metrics: Array.from({ length: 1_001 }, () => ({ key: "a", value: 1, timestamp: 1 })) },
      400,
      /at most 1000 metrics\. Got 1001/,
    ],
    [
      "a bad filter",
      "POST",
      "runs/search",
      { experiment_ids: ["1"], filter: "metrics.a ~ 1" },
      400,
      /Invalid clause\(s\) in filter string/,
    ],
    [
      "an or",
      "POST",
      "runs/search",
      { experiment_ids: ["1"], filter: "metrics.a > 1 or metrics.b > 1" },
      400,
      /Invalid clause\(s\) in filter string/,
    ],
    [
      "a huge page",
      "POST",
      "runs/search",
      { experiment_ids: ["1"], max_results: 50_001 },
      400,
      /Invalid value 50001 for parameter 'max_results'/,
    ],
    ["an absent tag", "POST", "runs/delete-tag", { key: "x" }, 404, /No tag with name: x in run/],
    [
      "a registry that is not there",
      "GET",
      "registered-models/search",
      undefined,
      404,
      /^ENDPOINT_NOT_FOUND/,
    ],
    ["a list as body", "POST", "runs/search", [1], 400, /must be a JSON object/],
  ];

  it("refuses what is wrong with MLflow's codes and words, never with a 5xx", async () => {
    const { call, runId } = await openServer();
    for (const [what, method, path, body, status, message] of errors) {
      const isLogging = path.startsWith("runs/log") || path.startsWith("runs/delete-tag");
      const sent = isLogging && typeof body === "object" ? { run_id: runId, ...body } : body;
      const answer = await call(method, `${api}/${path}`, sent);
      const error = z.object({ error_code: z.string(), message: z.string() }).parse(answer.body);
      assert.equal(answer.status, status, what);
      assert.match(`${error.error_code}: ${error.message}`, message, what);
    }
  });

  it("refuses bodies that a foreign page could send", async () => {
    const { server } = await openServer();
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
    ]) {
      const answer = await server.inject({
        method: "POST",
        url: `${api}/experiments/create`,
        headers: { "content-type": type },
        body: `{"name":"forged"}`,
      });
      assert.equal(answer.status, 400, type);
    }
  });

  it("asks for the permission in the project of the experiment, on every prefix", async () => {
    const asked: string[] = [];
    let isClosed = false;
    const { server, runId } = await openServer({
      authorise: async (permission, project) => {
        asked.push(`${permission} ${project}`);
        if (isClosed) throw new Problem(authProblems.permission_denied, { message: `no ${permission}` });
      },
    });
    asked.length = 0;
    isClosed = true;
    const place = `2.0/mlflow-artifacts/artifacts/1/${runId}/artifacts/x`;
    const requests: [TestMethod, string, object | undefined, string][] = [
      ["GET", `/api/2.0/mlflow/runs/get?run_id=${runId}`, undefined, "run:read care"],
      [
        "POST",
        "/ajax-api/2.0/mlflow/runs/log-metric",
        { run_id: runId, key: "a", value: 1, timestamp: 1 },
        "run:write care",
      ],
      ["PUT", `/api/${place}`, undefined, "run:write care"],
      ["GET", `/ajax-api/${place}`, undefined, "run:read care"],
      ["DELETE", `/ajax-api/${place}`, undefined, "run:delete care"],
      ["GET", `/get-artifact?run_id=${runId}&path=x`, undefined, "run:read care"],
      [
        "GET",
        `/api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${runId}&metric_key=a`,
        undefined,
        "run:read care",
      ],
    ];
    for (const [method, url, body, permission] of requests) {
      const answer = await server.inject({ method, url, ...(body === undefined ? {} : { body }) });
      assert.deepEqual([answer.status, asked.at(-1)], [403, permission], url);
    }
    const search = await server.inject({
      method: "POST",
      url: `${api}/runs/search`,
      body: { experiment_ids: ["1"] },
    });
    assert.deepEqual(search.json(), { runs: [] });
  });

  it("streams artifacts in and out, with ranges and tags of content", async () => {
    const { server, runId, call } = await openServer();
    const url = `/api/2.0/mlflow-artifacts/artifacts/1/${runId}/artifacts/a/b%20%C3%BC.bin`;
    const bytes = Buffer.from("0123456789");
    assert.equal((await server.inject({ method: "PUT", url, body: bytes })).status, 200);
    const whole = await server.inject({ url });
    assert.deepEqual([whole.text, whole.headers["content-length"]], ["0123456789", "10"]);
    const part = await server.inject({ url, headers: { range: "bytes=2-4" } });
    assert.deepEqual([part.status, part.text, part.headers["content-range"]], [206, "234", "bytes 2-4/10"]);
    const again = await server.inject({ url, headers: { "if-none-match": String(whole.headers["etag"]) } });
    assert.equal(again.status, 304);
    const listed = await call("GET", `/api/2.0/mlflow-artifacts/artifacts?path=1/${runId}/artifacts/a`);
    assert.deepEqual(listed.body, { files: [{ path: "b ü.bin", is_dir: false, file_size: 10 }] });
  });
});
