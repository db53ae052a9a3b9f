import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";

import { z } from "zod";

import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";
import type { TestMethod } from "./test-server.ts";

/*
 * The published attacks on artifact servers of this protocol, each replayed: reading, writing and
 * deleting files outside, by path or by an address the server was made to open. A file of the server's
 * own machine holds a line that no answer may contain.
 */

const api = "/api/2.0/mlflow";

/** Paths of the published proofs, and the corpus of MLflow's own tests. */
const badPaths: readonly string[] = [
  "../../../../etc/passwd",
  "./../path",
  "path/../to/file",
  "/etc/passwd",
  "//etc/passwd",
  "/file://etc/passwd",
  "file:///etc/passwd",
  "file://a#/..//x",
  "file://a%23/..//x/",
  "/etc/passwd%00.jpg",
  "etc/passwd\0.jpg",
  "%2E%2E%2F%2E%2E%2Fpath",
  "%252e%252e%252fetc%252fpasswd",
  "..%2f..%2fetc%2fpasswd",
  "a/..%5c..%5cetc",
  "..\\..\\etc\\passwd",
  "C:\\path",
  "C:/path",
  "\\\\?\\UNC\\server\\share",
  "a%3f/../../../../",
  ";..%2F..%2Fetc",
  "a//b",
  "a/./b",
  ".",
  "..",
  "a\nb",
  "http://attacker.example/x",
];

const badSources: readonly string[] = [
  "file:///etc",
  "FILE:///etc",
  "/etc",
  "//proc/self/root",
  "etc",
  "",
  "./x",
  "mlflow-artifacts://host:9000/models/../../../",
  "mlflow-artifacts:/1/../../etc",
  "mlflow-artifacts:/1/%2e%2e/%2e%2e/etc",
  "mlflow-artifacts:/..%2f..%2fetc",
  "s3a://bucket/../..",
  "ftp://attacker.example/a",
  "ftp://x/../",
  "\\..\\file",
  "http://attacker.example/api/2.0/mlflow-artifacts/artifacts/",
  "http:///?/../../../etc/",
  "http:///#/../../../../etc/",
  "http://h/;..%2F..%2Fetc",
  "dbfs:/run/artifacts/a%3f/../../../../",
  ":///etc",
  "models:/absent/1",
  "models:/m-absent",
  "runs:/absent/model",
];

async function openTarget() {
  const kernel = await createTestKernel({ migrations: testMigrations });
  const test = createTestServer(kernel);
  await test.call("POST", `${api}/experiments/create`, { name: "care" });
  const { body } = await test.call("POST", `${api}/runs/create`, { experiment_id: "1" });
  const runId = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) }).parse(body).run
    .info.run_id;
  await test.tracking.commands.putArtifact(runId, "model/MLmodel", Buffer.from("flavors: {}"));
  return { ...test, runId };
}

/** Neither a path nor a trick: an address as an S3 bucket has one, which is kept as text. */
function isForeign(source: string): boolean {
  return /^(ftp|http):\/\/attacker\.example\/[a-z/0-9.-]*$|^runs:\/absent\/model$/.test(source);
}

function isRefusal(status: number): boolean {
  return status === 400 || status === 403 || status === 404;
}

describe("published attacks on artifact servers", () => {
  it("never lead out of a run by the path of a download, a listing or an upload", async () => {
    const { server, tracking, runId } = await openTarget();
    const before = await tracking.artifactTree(runId);
    const service = "/api/2.0/mlflow-artifacts/artifacts";
    for (const path of badPaths) {
      const encoded = encodeURIComponent(path);
      const requests: [TestMethod, string][] = [
        ["GET", `/get-artifact?run_uuid=${runId}&path=${encoded}`],
        ["GET", `/get-artifact?run_id=${runId}&path=model&path=${encoded}`],
        ["GET", `${api}/artifacts/list?run_id=${runId}&path=${encoded}`],
        ["GET", `${service}?path=${encoded}`],
        ["GET", `${service}?path=1/${runId}/artifacts/${encoded}`],
        ["GET", `${service}/1/${runId}/artifacts/${encoded}`],
        ["PUT", `${service}/1/${runId}/artifacts/${encoded}`],
        ["PUT", `/ajax-api/2.0/mlflow-artifacts/artifacts/${encoded}`],
        // The test's own client resolves `.` and `..`, so these two never arrive; the raw socket below sends them.
        ...(path === "." || path === ".."
          ? []
          : [["DELETE", `${service}/1/${runId}/artifacts/${encoded}`] satisfies [TestMethod, string]]),
        ["DELETE", `${service}/${encoded}`],
        ["POST", `/api/2.0/mlflow-artifacts/mpu/create/1/${runId}/artifacts/${encoded}`],
        ["GET", `/api/v1/projects/care/runs/${runId}/artifacts/content?path=${encoded}`],
      ];
      for (const [method, url] of requests) {
        const answer = await server.inject({
          method,
          url,
          ...(method === "PUT" ? { body: Buffer.from("x") } : {}),
        });
        const what = `${method} ${url} gave ${answer.status}`;
        assert.ok(isRefusal(answer.status) || answer.status === 501, what);
        assert.doesNotMatch(answer.text, /root:.*:0:0:/, what);
      }
    }
    assert.deepEqual(await tracking.artifactTree(runId), before);
  });

  it("never lead out by a request target that no honest client would write", async () => {
    const { server, runId } = await openTarget();
    const { port } = await server.listen();
    try {
      const targets = [
        `/api/2.0/mlflow-artifacts/artifacts/../../../../etc/passwd`,
        `/api/2.0/mlflow-artifacts/artifacts/1/${runId}/artifacts/../../../../../etc/passwd`,
        `/api/2.0/mlflow-artifacts/artifacts/%2E%2E%2F%2E%2E%2Fetc%2Fpasswd`,
        `/api/2.0/mlflow-artifacts/artifacts/..\\..\\etc\\passwd`,
        `/get-artifact?run_id=${runId}&path=..%2f..%2fetc%2fpasswd`,
        `//etc/passwd`,
        `/get-artifact/../../etc/passwd`,
      ];
      for (const target of targets) {
        const answer = await sendRaw(port, target);
        assert.match(answer, /^HTTP\/1\.1 4\d\d /, target);
        assert.doesNotMatch(answer, /root:.*:0:0:/, target);
      }
    } finally {
      await server.close();
    }
  });

  it("never open an address given as artifact location", async () => {
    const { call } = await openTarget();
    for (const [index, location] of badSources.filter((one) => one !== "").entries()) {
      const { status } = await call("POST", `${api}/experiments/create`, {
        name: `evil ${index}`,
        artifact_location: location,
      });
      // A foreign address without tricks is kept as text for the client that wrote it.
      if (/^(s3|gs|ftp|http):\/\/attacker\.example\/[a-z/0-9.-]*$/.test(location)) continue;
      assert.equal(status, 400, location);
    }
    assert.equal(
      (await call("POST", `${api}/experiments/create`, { name: "good", artifact_location: "s3://bucket/x" }))
        .status,
      200,
    );
  });

  it("never make a model version of a local path or a trick, prompt or not", async () => {
    const kernel = await createTestKernel({ migrations: testMigrations });
    const { call } = createTestServer(kernel, {
      withRegistry: true,
    });
    await call("POST", `${api}/registered-models/create`, { name: "evil" });
    for (const source of badSources.filter((one) => !isForeign(one))) {
      const { status } = await call("POST", `${api}/model-versions/create`, { name: "evil", source });
      assert.ok(isRefusal(status), source);
      const tags = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
      const prompt = await call("POST", `${api}/model-versions/create`, { name: "evil", source, tags });
      assert.ok(isRefusal(prompt.status), `${source} as a prompt`);
    }
    for (const name of ["a/b", "a:b", "a%2fb/c", ""]) {
      assert.equal((await call("POST", `${api}/registered-models/create`, { name })).status, 400, name);
    }
    for (const alias of ["latest", "LATEST", "v1", "a/b", ""]) {
      const { status } = await call("POST", `${api}/registered-models/alias`, {
        name: "evil",
        alias,
        version: "1",
      });
      assert.equal(status, 400, alias);
    }
  });

  it("never open a foreign address given as the source of a version: it is a text for clients", async () => {
    const kernel = await createTestKernel({ migrations: testMigrations });
    const { call, server } = createTestServer(kernel, { withRegistry: true });
    let connections = 0;
    const target = createServer(() => (connections += 1)).listen(0, "127.0.0.1");
    await once(target, "listening");
    const address = z.object({ port: z.number() }).parse(target.address());
    const source = `http://127.0.0.1:${address.port}/api/2.0/mlflow-artifacts/artifacts/x`;
    try {
      await call("POST", `${api}/registered-models/create`, { name: "foreign" });
      const made = [source, ...badSources.filter(isForeign), "models:/foreign/1"];
      for (const one of made) {
        const { status } = await call("POST", `${api}/model-versions/create`, {
          name: "foreign",
          source: one,
        });
        assert.equal(status, 200, one);
      }
      const where = await call(
        "GET",
        `${api}/model-versions/get-download-uri?name=foreign&version=${made.length}`,
      );
      assert.deepEqual(where.body, { artifact_uri: source });
      for (const path of [
        "/model-versions/get-artifact?name=foreign&version=1&path=x",
        "/get-artifact?path=x",
      ]) {
        assert.ok(isRefusal((await server.inject({ url: path })).status), path);
      }
      assert.equal(connections, 0);
    } finally {
      target.close();
    }
  });

  it("never let a foreign artifact location be read through the server", async () => {
    const { call, server } = await openTarget();
    await call("POST", `${api}/experiments/create`, { name: "foreign", artifact_location: "s3://bucket/x" });
    const { body } = await call("POST", `${api}/runs/create`, { experiment_id: "2" });
    const runId = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) }).parse(body).run
      .info.run_id;
    assert.equal((await server.inject({ url: `/get-artifact?run_id=${runId}&path=etc/passwd` })).status, 404);
  });

  it("find no run and no experiment by a name that looks like a path", async () => {
    const { call, runId } = await openTarget();
    for (const id of [
      "artifacts",
      "..",
      "../1",
      "%2e%2e",
      `${runId}/artifacts`,
      "1' or '1'='1",
      "a".repeat(300),
    ]) {
      const run = await call("GET", `${api}/runs/get?run_id=${encodeURIComponent(id)}`);
      assert.ok(isRefusal(run.status), id);
      const experiment = await call("GET", `${api}/experiments/get?experiment_id=${encodeURIComponent(id)}`);
      assert.ok(isRefusal(experiment.status), id);
    }
  });

  it("give no run's files under another experiment's address", async () => {
    const { call, server, runId } = await openTarget();
    await call("POST", `${api}/experiments/create`, { name: "other" });
    const url = `/api/2.0/mlflow-artifacts/artifacts/2/${runId}/artifacts/model/MLmodel`;
    assert.equal((await server.inject({ url })).status, 404);
  });

  it("show artifacts as downloads without a script's rights, whatever they say they are", async () => {
    const { server, tracking, runId } = await openTarget();
    await tracking.commands.putArtifact(runId, "x.html", Buffer.from("<script>alert(1)</script>"));
    const { headers } = await server.inject({ url: `/get-artifact?run_id=${runId}&path=x.html` });
    assert.equal(headers["content-type"], "application/octet-stream");
    assert.match(String(headers["content-disposition"]), /^attachment/);
    assert.match(String(headers["content-security-policy"]), /sandbox/);
  });

  it("hold a filter of the greatest length and an endless one for an error, at once", async () => {
    const { call } = await openTarget();
    const long = Array.from({ length: 3_000 }, (_, index) => `params.p${index} = '1'`).join(" and ");
    for (const filter of [
      long,
      "`".repeat(40_000),
      "(".repeat(40_000),
      `params.a = '${"%".repeat(45_000)}'`,
    ]) {
      const { status } = await call("POST", `${api}/runs/search`, { experiment_ids: ["1"], filter });
      assert.ok(status === 400 || status === 200, filter.slice(0, 20));
    }
  });
});

async function sendRaw(port: number, target: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.end(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    });
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
