import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";

/*
 * What a page of somebody else can do through the browser of a person who has a server on this machine:
 * point its own name here, send requests without asking, and leave a script for others to open. And what
 * one request can do to a server by its size alone.
 */

const api = "/api/2.0/mlflow";
const methods = ["POST", "PUT", "PATCH", "DELETE"] as const;

const operations = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

async function openTarget() {
  const kernel = await createTestKernel({ migrations: testMigrations });
  const test = createTestServer(kernel, { withRegistry: true });
  // Parameters of a path are filled with what is not there: the gate comes before anybody looks.
  const { paths } = operations.parse(test.server.openApi());
  const changing = Object.entries(paths).flatMap(([path, item]) =>
    methods
      .filter((method) => method.toLowerCase() in item)
      .map((method) => ({ method, url: path.replaceAll(/\{[^}]*\}/g, "1") })),
  );
  const made = await test.call("POST", `${api}/runs/create`, { experiment_id: "0" });
  const runId = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) }).parse(made.body).run
    .info.run_id;
  return { ...test, changing, runId };
}

describe("a foreign page", () => {
  it("reaches nothing by pointing its own name at this machine", async () => {
    const { server } = await openTarget();
    const { port } = await server.listen();
    try {
      const names = [
        "10.evil.com",
        "192.168.evil.com",
        "127.0.0.1.evil.com",
        "localhost.evil.com",
        "evil.com",
        "evil.com:80",
        "127.0.0.1",
        "localhost@evil.com",
        `127.0.0.1:${port}.evil.com`,
        `evil.com#127.0.0.1:${port}`,
        `[::1]:${port}.evil.com`,
        `localhost:${port}\u0000.evil.com`,
        "0.0.0.0",
        `0.0.0.0:${port}`,
        `127.1:${port}`,
        `2130706433:${port}`,
        `localhost.:${port}`,
        "",
      ];
      const urls = [
        `${api}/experiments/search?max_results=1`,
        "/get-artifact?run_id=x&path=y",
        "/health",
        "/version",
      ];
      for (const host of names) {
        for (const url of urls) {
          const answer = await server.inject({ url, headers: { host } });
          assert.equal(answer.status, 403, `${JSON.stringify(host)} ${url}`);
          assert.doesNotMatch(answer.text, /Default/);
        }
      }
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
        assert.equal((await server.inject({ url: "/health", headers: { host } })).status, 200, host);
      }
    } finally {
      await server.close();
    }
  });

  it("changes nothing by any route, whatever it says it is", async () => {
    const { server, changing } = await openTarget();
    assert.ok(changing.length > 70, `only ${changing.length} routes change something`);
    const senders: readonly Readonly<Record<string, string>>[] = [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "http://localhost:3000" },
      { origin: "http://127.0.0.1" },
      { origin: "http://localhost.evil.example" },
      { origin: "file://" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const { method, url } of changing) {
      for (const headers of senders) {
        const sent = { ...headers, "content-type": "application/json" };
        const answer = await server.inject({ method, url, headers: sent, body: "{}" });
        assert.equal(answer.status, 403, `${method} ${url} from ${JSON.stringify(headers)}`);
        assert.equal(answer.headers["access-control-allow-origin"], undefined);
      }
    }
  });

  it("is told by no answer that it may ask or read", async () => {
    const { server, changing } = await openTarget();
    for (const url of new Set(changing.map((one) => one.url))) {
      const headers = { origin: "http://evil.example", "access-control-request-method": "POST" };
      const answer = await server.inject({ method: "OPTIONS", url, headers });
      assert.equal(answer.headers["access-control-allow-origin"], undefined, url);
      assert.equal(answer.headers["access-control-allow-credentials"], undefined, url);
    }
  });

  it("cannot write with a form or a plain text, which browsers send without asking", async () => {
    const { server, runId } = await openTarget();
    const body = JSON.stringify({ run_id: runId, key: "csrf", value: "1" });
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "",
      "text/json",
    ]) {
      for (const prefix of ["/api", "/ajax-api"]) {
        const headers = { "content-type": type };
        const answer = await server.inject({
          method: "POST",
          url: `${prefix}/2.0/mlflow/runs/set-tag`,
          headers,
          body,
        });
        assert.equal(answer.status, 400, `${prefix} ${type}`);
      }
    }
  });
});

describe("a script left for others", () => {
  const markup = "<script>alert(document.domain)</script>";

  it("in a file is a download without rights, whatever its name, type or path", async () => {
    const { server, runId } = await openTarget();
    for (const name of [
      "x.html",
      "x.svg",
      "x.xhtml",
      "x.js",
      "MLmodel",
      "x.html\u2028",
      'a"; filename="b.html',
    ]) {
      const place = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/${encodeURIComponent(name)}`;
      const headers = { "content-type": "text/html" };
      const put = await server.inject({ method: "PUT", url: place, headers, body: Buffer.from(markup) });
      if (put.status !== 200) continue;
      for (const url of [place, `/get-artifact?run_id=${runId}&path=${encodeURIComponent(name)}`]) {
        const answer = await server.inject({ url });
        assert.equal(answer.status, 200, url);
        assert.equal(answer.headers["content-type"], "application/octet-stream", url);
        assert.match(String(answer.headers["content-disposition"]), /^attachment/, url);
        assert.doesNotMatch(String(answer.headers["content-disposition"]), /filename="b\.html/, url);
        assert.equal(answer.headers["x-content-type-options"], "nosniff", url);
        assert.match(String(answer.headers["content-security-policy"]), /sandbox/, url);
      }
    }
  });

  it("in a name, a filter or an unknown path comes back as JSON that no browser runs", async () => {
    const { server } = await openTarget();
    const said = encodeURIComponent(markup);
    const urls = [
      `${api}/runs/get?run_id=${said}`,
      `${api}/registered-models/get?name=${said}`,
      `${api}/registered-models/search?filter=${said}`,
      `${api}/artifacts/list?run_id=x&path=${said}`,
      `${api}/${said}`,
      `/ajax-api/3.0/mlflow/${said}`,
      `/get-artifact?run_id=${said}&path=${said}`,
      `/graphql?query=${said}`,
    ];
    for (const url of urls) {
      const answer = await server.inject({ url });
      assert.ok(answer.status >= 400 && answer.status < 500, url);
      assert.match(String(answer.headers["content-type"]), /^application\/json/, url);
      assert.equal(answer.headers["x-content-type-options"], "nosniff", url);
    }
  });
});

describe("what MLflow's other servers opened", () => {
  it("is not here: gateways, assistants, jobs and queries in one language for everything", async () => {
    const { server } = await openTarget();
    const query = `{ ${Array.from({ length: 2_000 }, (_, index) => `a${index}: mlflowGetExperiment(input: {experimentId: "0"}) { apiError { code } }`).join(" ")} }`;
    const requests: readonly (readonly [string, object])[] = [
      ["/graphql", { query }],
      ["/graphql", Array.from({ length: 1_000 }, () => ({ query: "{ __typename }" }))],
      [`/ajax-api/2.0/mlflow/gateway-proxy`, { gateway_path: "../../etc/passwd", request_type: "GET" }],
      [
        `/ajax-api/2.0/mlflow/gateway-proxy`,
        { gateway_path: "http://169.254.169.254/", request_type: "GET" },
      ],
      [`/api/3.0/mlflow/gateway/secrets/create`, { secret_name: "x", secret_value: { api_key: "$HOME" } }],
      [`/api/3.0/mlflow/gateway/endpoints/create`, { name: "x" }],
      [`/ajax-api/3.0/jobs`, { function_fullname: "os.system", params: { command: "true" } }],
      [`/ajax-api/3.0/mlflow/assistant/message`, { message: "x" }],
      [`/ajax-api/3.0/mlflow/genai/evaluate/invoke`, {}],
      [`/ajax-api/3.0/mlflow/demo/generate`, {}],
    ];
    for (const [url, body] of requests) {
      const answer = await server.inject({ method: "POST", url, body });
      assert.equal(answer.status, 404, url);
      assert.match(answer.text, /ENDPOINT_NOT_FOUND/, url);
      assert.ok(answer.text.length < 1_000, url);
    }
  });

  it("tells a stranger nothing of versions of Python, folders or variables", async () => {
    const { server } = await openTarget();
    for (const url of [
      "/version",
      "/health",
      "/api/3.0/mlflow/server-info",
      `${api}/nothing`,
      "/",
      "/metrics",
    ]) {
      const answer = await server.inject({ url });
      assert.doesNotMatch(answer.text, /\/home\/|\/root|sqlite|node_modules|PATH=|at .*\.ts:\d/i, url);
      assert.equal(answer.headers["server"], undefined, url);
      assert.equal(answer.headers["x-powered-by"], undefined, url);
    }
  });
});

describe("a request that is too much", () => {
  it("is refused by its length before it costs anything, or answered at once", async () => {
    const { call, server, runId } = await openTarget();
    const huge = "x".repeat(5_000_000);
    const requests: readonly (readonly [string, object])[] = [
      ["experiments/create", { name: huge }],
      ["experiments/create", { name: "x", artifact_location: `s3://${huge}` }],
      ["registered-models/create", { name: huge }],
      ["registered-models/create", { name: "y", tags: [{ key: huge, value: "" }] }],
      ["runs/create", { experiment_id: "0", run_name: huge }],
      ["runs/create", { experiment_id: huge }],
      ["runs/set-tag", { run_id: runId, key: huge, value: "" }],
      ["runs/log-metric", { run_id: runId, key: huge, value: 1, timestamp: 1 }],
      [
        "runs/log-batch",
        { run_id: runId, tags: Array.from({ length: 100_000 }, () => ({ key: "a", value: "b" })) },
      ],
      ["runs/search", { experiment_ids: ["0"], filter: `params.${huge} = '1'` }],
      ["runs/search", { experiment_ids: ["0"], filter: huge }],
      ["runs/search", { experiment_ids: ["0"], order_by: [huge] }],
      ["runs/search", { experiment_ids: ["0"], page_token: huge }],
      ["runs/search", { experiment_ids: Array.from({ length: 100_000 }, (_, id) => String(id)) }],
    ];
    for (const [path, fields] of requests) {
      const startedMs = performance.now();
      const { status } = await call("POST", `${api}/${path}`, fields);
      const tookMs = performance.now() - startedMs;
      assert.ok(
        status === 400 || status === 404 || status === 413 || status === 200,
        `${path} gave ${status}`,
      );
      assert.ok(tookMs < 15_000, `${path} took ${Math.round(tookMs)} ms`);
    }
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    for (const body of [
      deep,
      `{"a":${deep}}`,
      `{"${"a".repeat(1_000_000)}":1}`,
      '{"__proto__":{"admin":true}}',
    ]) {
      const headers = { "content-type": "application/json" };
      const answer = await server.inject({ method: "POST", url: `${api}/runs/search`, headers, body });
      assert.ok(answer.status >= 200 && answer.status < 500, `${body.slice(0, 20)} gave ${answer.status}`);
    }
    const tooLarge = Buffer.alloc(25 * 1_024 * 1_024, " ");
    const headers = { "content-type": "application/json" };
    const answer = await server.inject({
      method: "POST",
      url: `${api}/runs/search`,
      headers,
      body: tooLarge,
    });
    assert.equal(answer.status, 413);
  });
});
