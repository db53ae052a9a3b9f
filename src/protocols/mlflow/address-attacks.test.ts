import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, describe, it } from "node:test";

import { z } from "zod";

import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";
import type { TestMethod } from "./test-server.ts";

/*
 * The published attacks that make a server open an address of the attacker's choice: as the source of a
 * model version, the place of an experiment, a logged model, a data set or a trace. A listener on this
 * machine stands for the attacker's; nobody may ever connect to it.
 */

const api = "/api/2.0/mlflow";
const passwords = /root:.*:0:0:/;

/** Each is an address of the published proofs, or a spelling of one; `http://attacker` becomes the listener. */
const evil: readonly string[] = [
  "file:///etc",
  "FILE:///etc",
  "FiLe:/etc",
  "file://localhost/etc",
  "/etc",
  "//etc",
  "//proc/self/root",
  "/proc/self/environ",
  "\\etc",
  "C:\\Windows",
  "C:/Windows",
  "\\\\?\\UNC\\server\\share",
  "\\..\\file",
  "~/.ssh",
  "./x",
  "../../etc",
  ":///etc",
  "://etc",
  "mlflow-artifacts://host:9000/models/../../../",
  "mlflow-artifacts:/1/../../etc",
  "mlflow-artifacts:/1/%2e%2e/%2e%2e/etc",
  "mlflow-artifacts:/..%2f..%2fetc",
  "mlflow-artifacts:/%252e%252e%252fetc",
  "mlflow-artifacts:/\0/etc",
  "http://attacker/api/2.0/mlflow-artifacts/artifacts/",
  "http://attacker/redirect",
  "http:///?/../../../etc/",
  "http:///#/../../../../etc/",
  "http://h/;..%2F..%2Fetc",
  "http://attacker@127.0.0.1/x",
  "ftp://attacker/a",
  "ftp://x/../",
  "s3://attacker/a/../b",
  "s3a://b/../..",
  "dbfs:/run/artifacts/a%3f/../../../../",
  "hdfs://x/..%2f..",
  "gopher://attacker/_GET",
  "jar:file:///etc!/passwd",
  "data:text/plain,x",
  "javascript:alert(1)",
  "sqlite:////etc/passwd",
  "models:/absent/1",
  "models:/evil/1/../../etc",
  "models:/evil@../etc",
  "runs:/absent/../../etc",
  "runs:/absent/model",
  `file:///${"a/".repeat(5_000)}`,
];

interface Attacker {
  readonly host: string;
  readonly connections: () => number;
}

async function listen(): Promise<Attacker> {
  let connections = 0;
  const server = createServer((_request, response) => response.end('{"files":[{"path":"/etc/passwd"}]}'));
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { host: `127.0.0.1:${port}`, connections: () => connections };
}

async function openTarget() {
  const kernel = await createTestKernel({ migrations: testMigrations });
  const attacker = await listen();
  const test = createTestServer(kernel, { withRegistry: true });
  const aim = (address: string): string => address.replaceAll("attacker", attacker.host);
  await test.call("POST", `${api}/registered-models/create`, { name: "evil" });
  return { ...test, attacker, addresses: evil.map(aim) };
}

const runAnswer = z.object({
  run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }),
});
const versionAnswer = z.object({ model_version: z.object({ version: z.string() }) });

describe("addresses that an attacker chooses", () => {
  it("as the source of a version, with every disguise, give no file and open nothing", async () => {
    const { call, server, attacker, addresses } = await openTarget();
    const { body } = await call("POST", `${api}/runs/create`, { experiment_id: "0" });
    const runId = runAnswer.parse(body).run.info.run_id;
    const disguises: readonly object[] = [
      {},
      { run_id: runId },
      { tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] },
      { tags: [{ key: "mlflow.prompt.is_prompt", value: "TRUE" }], run_id: runId },
      { model_id: `m-${"0".repeat(32)}` },
      { run_link: "http://127.0.0.1/" },
    ];
    for (const source of addresses) {
      for (const disguise of disguises) {
        const made = await call("POST", `${api}/model-versions/create`, {
          name: "evil",
          source,
          ...disguise,
        });
        const version = versionAnswer.safeParse(made.body).data?.model_version.version;
        assert.ok(made.status < 500, `${source} gave ${made.status}`);
        if (version === undefined) continue;
        // What is elsewhere is a text for clients. Whoever asks for it here gets nothing of this machine.
        for (const path of ["passwd", "etc/passwd", "", "MLmodel", "x/../passwd"]) {
          const query = `name=evil&version=${version}&path=${encodeURIComponent(path)}`;
          const file = await server.inject({ url: `/model-versions/get-artifact?${query}` });
          assert.ok(file.status >= 400 && file.status < 500, `${source} gave ${path}: ${file.status}`);
          assert.doesNotMatch(file.text, passwords);
        }
      }
    }
    const local = addresses.filter((one) => /^(file:|\/|\\|\.|~|[a-z]:[\\/])/i.test(one));
    const kept = await call("GET", `${api}/model-versions/search?max_results=1000`);
    const sources = z
      .object({ model_versions: z.array(z.object({ source: z.string() })).default([]) })
      .parse(kept.body)
      .model_versions.map((one) => one.source);
    assert.deepEqual(
      sources.filter((source) => local.includes(source)),
      [],
    );
    assert.equal(attacker.connections(), 0);
  });

  it("as the place of an experiment reach neither its runs nor what is registered of them", async () => {
    const { call, server, attacker, addresses } = await openTarget();
    for (const [index, location] of addresses.entries()) {
      const fields = { name: `evil ${index}`, artifact_location: location };
      const made = await call("POST", `${api}/experiments/create`, fields);
      assert.ok(made.status < 500, location);
      if (/^(file:|\/|\\|\.|~|[a-z]:[\\/])/i.test(location) || location.includes("..")) {
        assert.equal(made.status, 400, location);
      }
      if (made.status !== 200) continue;
      const { experiment_id: id } = z.object({ experiment_id: z.string() }).parse(made.body);
      const { run } = runAnswer.parse((await call("POST", `${api}/runs/create`, { experiment_id: id })).body);
      const { run_id: runId, artifact_uri: source } = run.info;
      await call("POST", `${api}/model-versions/create`, { name: "evil", source, run_id: runId });
      const requests: readonly [TestMethod, string][] = [
        ["GET", `/get-artifact?run_id=${runId}&path=passwd`],
        ["GET", `/get-artifact?run_uuid=${runId}&path=etc/passwd`],
        ["GET", `/api/2.0/mlflow-artifacts/artifacts/${id}/${runId}/artifacts/passwd`],
        ["GET", `/model-versions/get-artifact?name=evil&version=1&path=passwd`],
      ];
      for (const [method, url] of requests) {
        const answer = await server.inject({ method, url });
        assert.ok(answer.status >= 400 && answer.status < 500, `${location}: ${url} gave ${answer.status}`);
        assert.doesNotMatch(answer.text, passwords);
      }
    }
    assert.equal(attacker.connections(), 0);
  });

  it("anywhere else they may be written are texts that nobody follows", async () => {
    const { call, attacker, addresses } = await openTarget();
    const { body } = await call("POST", `${api}/runs/create`, { experiment_id: "0" });
    const runId = runAnswer.parse(body).run.info.run_id;
    for (const address of addresses) {
      const dataset = {
        name: "d",
        digest: "1",
        source_type: "http",
        source: JSON.stringify({ url: address }),
      };
      const writes: readonly [TestMethod, string, object][] = [
        ["POST", "runs/log-inputs", { run_id: runId, datasets: [{ dataset }] }],
        ["POST", "runs/set-tag", { run_id: runId, key: "mlflow.source.name", value: address }],
        [
          "POST",
          "runs/log-batch",
          { run_id: runId, tags: [{ key: "mlflow.artifactLocation", value: address }] },
        ],
        ["POST", "logged-models", { experiment_id: "0", name: "m", tags: [{ key: "uri", value: address }] }],
        ["POST", "registered-models/set-tag", { name: "evil", key: "uri", value: address }],
        ["PATCH", "registered-models/update", { name: "evil", description: address }],
        ["POST", "experiments/set-experiment-tag", { experiment_id: "0", key: "uri", value: address }],
        ["POST", "artifacts/presigned-upload-url", { run_id: runId, path: address }],
      ];
      for (const [method, path, fields] of writes) {
        const { status } = await call(method, `${api}/${path}`, fields);
        assert.ok(status < 500, `${method} ${path} ${address} gave ${status}`);
      }
    }
    assert.equal(attacker.connections(), 0);
  });

  it("as the name of a model are no second spelling of another's", async () => {
    const { call } = await openTarget();
    for (const name of [
      "ev%69l",
      "%65vil",
      "evil%00",
      "evil\0",
      "evil/../evil",
      "evil/1",
      "a:b",
      "..",
      ".",
    ]) {
      const made = await call("POST", `${api}/registered-models/create`, { name });
      const got = await call("GET", `${api}/registered-models/get?name=${encodeURIComponent(name)}`);
      // A name with a percent sign is a name of its own; none of them ever stands for `evil`.
      const known = z.object({ registered_model: z.object({ name: z.string() }) }).safeParse(got.body).data;
      assert.equal(known?.registered_model.name ?? "none", made.status === 200 ? name : "none");
    }
  });
});
