import assert from "node:assert/strict";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { z } from "zod";

import { authProblems } from "#kernel/auth";
import { createDiskBlobs } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";

/*
 * The published attacks on MLflow's artifact routes, each in every spelling, under every prefix and by
 * every route that takes a path, sent over a raw socket so that no client tidies them up. The server's
 * bytes lie next to a file that no answer may contain; and nothing may appear outside or change inside.
 */

const secret = "root:x:0:0:the secret of the machine";

/** Ways out of a folder towards `secret.txt` or the password file, as written in the published proofs. */
const waysOut: readonly string[] = [
  "../secret.txt",
  "../../secret.txt",
  "../../../../../../../../etc/passwd",
  "./../secret.txt",
  "plots/../../secret.txt",
  "/etc/passwd",
  "//etc/passwd",
  "file:///etc/passwd",
  "/file://etc/passwd",
  "FILE:/etc/passwd",
  "file://a#/..//x",
  "..\\..\\secret.txt",
  "plots\\..\\..\\secret.txt",
  "C:\\secret.txt",
  "C:/secret.txt",
  "\\\\?\\UNC\\server\\share\\x",
  "\\\\server\\share",
  "etc/passwd\0.jpg",
  "....//....//secret.txt",
  "..;/..;/secret.txt",
  ";../../secret.txt",
  "a?/../../secret.txt",
  "http://attacker.example/x",
  "meta.yaml/../../secret.txt",
];

/** What a proxy, a careless server or a second decoding would make of one path. */
const spellings: Readonly<Record<string, (path: string) => string>> = {
  raw: (path) => path.replaceAll(/[ \0\\?#]/g, encodeURIComponent),
  encoded: (path) => encodeURIComponent(path),
  "encoded dots": (path) => encodeURIComponent(path).replaceAll(".", "%2E"),
  "encoded twice": (path) => encodeURIComponent(encodeURIComponent(path)),
  "encoded three times": (path) => encodeURIComponent(encodeURIComponent(encodeURIComponent(path))),
  "dots encoded twice": (path) =>
    path.replaceAll(/[ \0\\?#]/g, encodeURIComponent).replaceAll("..", "%252e%252e"),
  "overlong UTF-8": (path) => path.replaceAll(/[ \0\\?#]/g, encodeURIComponent).replaceAll("/", "%c0%af"),
};

async function openTarget() {
  const kernel = await createTestKernel({ migrations: testMigrations });
  const home = join(kernel.folder, "home");
  await mkdir(home);
  await writeFile(join(home, "secret.txt"), secret);
  const blobs = createDiskBlobs({ folder: join(home, "blobs") });
  const test = createTestServer({ ...kernel, blobs }, { withRegistry: true });
  const { port } = await test.server.listen();
  after(() => test.server.close());
  const created = await test.call("POST", "/api/2.0/mlflow/runs/create", { experiment_id: "0" });
  const runId = runIdSchema.parse(created.body).run.info.run_id;
  const model = modelIdSchema.parse(
    (await test.call("POST", "/api/2.0/mlflow/logged-models", { experiment_id: "0", name: "m" })).body,
  ).model.info.model_id;
  await test.tracking.commands.putArtifact(runId, "plots/loss.txt", Buffer.from("fine"));
  await test.tracking.commands.putArtifact({ model }, "MLmodel", Buffer.from("flavors: {}"));
  await test.call("POST", "/api/2.0/mlflow/registered-models/create", { name: "care" });
  await test.call("POST", "/api/2.0/mlflow/model-versions/create", {
    name: "care",
    source: `models:/${model}`,
  });
  const state = async () => ({
    run: await test.tracking.artifactTree(runId),
    model: await test.tracking.artifactTree({ model }),
    home: (await readdir(home)).toSorted(),
    outside: (await readdir(kernel.folder)).filter((name) => !name.startsWith("state")).toSorted(),
  });
  return { ...test, port, runId, model, home, state };
}

const runIdSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const modelIdSchema = z.object({ model: z.object({ info: z.object({ model_id: z.string() }) }) });

describe("attacks on artifact routes", { timeout: 300_000 }, () => {
  for (const [spelling, spell] of Object.entries(spellings)) {
    it(`read, write and delete nothing outside: ${spelling}`, async () => {
      const { port, runId, model, state } = await openTarget();
      const before = await state();
      const prefixes = ["/api", "/ajax-api"].map((prefix) => `${prefix}/2.0/mlflow-artifacts`);
      const requests = waysOut.flatMap((way) => {
        const path = spell(way);
        const inRun = `0/${runId}/artifacts/${path}`;
        const everyVerb = ["GET", "HEAD", "PUT", "DELETE"].map((verb) => `${verb} artifacts/${inRun}`);
        const everyStep = ["create", "complete", "abort"].map((step) => `POST mpu/${step}/${inRun}`);
        const elsewhere = [path, `0/models/${model}/artifacts/${path}`].flatMap((target) =>
          ["GET", "PUT", "DELETE"].map((verb) => `${verb} artifacts/${target}`),
        );
        const targets = [...everyVerb, ...everyStep, ...elsewhere, `GET presigned/${inRun}`].flatMap(
          (request) => prefixes.map((service) => request.replace(" ", ` ${service}/`)),
        );
        // A query is decoded as a form, where a sign of its own must be encoded to arrive at all.
        const inQuery = path.replaceAll("&", "%26").replaceAll("#", "%23").replaceAll(" ", "%20");
        return [
          ...targets,
          ...prefixes.map((service) => `GET ${service}/artifacts?path=${inQuery}`),
          ...prefixes.map((service) => `GET ${service}/artifacts?path=0/${runId}/artifacts/${inQuery}`),
          `GET /get-artifact?run_id=${runId}&path=${inQuery}`,
          `GET /get-artifact?run_uuid=${runId}&path=${inQuery}`,
          `GET /get-artifact?run_id=${runId}&path=plots/loss.txt&path=${inQuery}`,
          `GET /model-versions/get-artifact?name=care&version=1&path=${inQuery}`,
          `GET /api/2.0/mlflow/artifacts/list?run_id=${runId}&path=${inQuery}`,
          `GET /ajax-api/2.0/mlflow/artifacts/list?run_id=${runId}&path=${inQuery}`,
          `GET /ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files?artifact_file_path=${inQuery}`,
          `GET /ajax-api/2.0/mlflow/logged-models/${model}/artifacts/directories?artifact_directory_path=${inQuery}`,
          `POST /ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=${inQuery}`,
        ];
      });
      for (const request of requests) {
        const answer = await send(port, request);
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
        const isListing = /\?path=|artifacts\/list|artifact_directory_path/.test(request);
        // A folder by a name that leads nowhere is an empty one.
        const isHarmless = isListing && status === 200 && /"files":\s*\[\]/.test(answer);
        assert.ok([400, 403, 404].includes(status) || isHarmless, `${request} gave ${answer.slice(0, 400)}`);
        assert.ok(!answer.includes(secret) && !/root:.*:0:0:/.test(answer), request);
      }
      assert.deepEqual(await state(), before);
    });
  }

  it("follow no link that someone put among the server's files", async () => {
    const { server, runId, model, home } = await openTarget();
    await mkdir(join(home, "blobs", "0", runId, "artifacts"), { recursive: true });
    for (const place of ["leak", `0/${runId}/artifacts/leak`])
      await symlink(home, join(home, "blobs", place));
    for (const path of ["leak/secret.txt", "leak", "0/leak/secret.txt"]) {
      for (const url of [
        `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/${path}`,
        `/api/2.0/mlflow-artifacts/artifacts/${path}`,
        `/get-artifact?run_id=${runId}&path=${path}`,
        `/model-versions/get-artifact?name=care&version=1&path=${path}`,
        `/ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files?artifact_file_path=${path}`,
      ]) {
        assert.equal((await server.inject({ url })).status, 404, url);
      }
    }
  });

  it("have no effect by a path in the body of an upload in parts", async () => {
    const { call, runId, state } = await openTarget();
    const before = await state();
    for (const way of [...waysOut, "", ".", "..", "a/..", "a\\..", "C:\\x\\.."]) {
      const { status, body } = await call(
        "POST",
        `/api/2.0/mlflow-artifacts/mpu/create/0/${runId}/artifacts`,
        { path: way, num_parts: 1 },
      );
      // The folders of the client's own disk are left away; what remains is a name, or it is refused.
      if (status !== 200) assert.equal(status, 400, way);
      else assert.match(JSON.stringify(body), /"upload_id":"upload\.[0-9a-f]{32}\./, way);
    }
    assert.deepEqual(await state(), before);
  });

  it("find no verb that a route forgot", async () => {
    const { port, runId, state } = await openTarget();
    const before = await state();
    const target = `/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/plots/loss.txt`;
    for (const prefix of ["/api", "/ajax-api"]) {
      for (const verb of ["POST", "PATCH", "PROPFIND", "MOVE", "COPY", "MKCOL", "TRACE", "CONNECT"]) {
        const answer = await send(port, `${verb} ${prefix}${target}`);
        // A verb that HTTP gives no such target (CONNECT) is met by a closed connection.
        assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/, `${verb} ${prefix}`);
      }
    }
    for (const prefix of ["/Api", "/API", "/api/", "/api/../api", "/ajax-api/..", "/x", "/mlflow"]) {
      for (const verb of ["GET", "PUT", "DELETE"]) {
        assert.match(
          await send(port, `${verb} ${prefix}${target}`),
          /^HTTP\/1\.1 4\d\d /,
          `${verb} ${prefix}`,
        );
      }
    }
    assert.deepEqual(await state(), before);
  });

  it("reach no run or model under another experiment's number, and no store's own files as a run", async () => {
    const { server, call, runId, model, state } = await openTarget();
    await call("POST", "/api/2.0/mlflow/experiments/create", { name: "other" });
    const before = await state();
    for (const root of [
      `1/${runId}/artifacts/plots/loss.txt`,
      `00/${runId}/artifacts/plots/loss.txt`,
      `1/models/${model}/artifacts/MLmodel`,
      `0/artifacts/artifacts/meta.yaml`,
      `0/models/models/artifacts/MLmodel`,
      `meta.yaml`,
      `0/meta.yaml`,
      `0/${runId}/meta.yaml`,
      `0/${runId}`,
      `${runId}/artifacts/plots/loss.txt`,
      `0/${runId.toUpperCase()}x/artifacts/plots/loss.txt`,
      `registered/mv_absent/artifacts/MLmodel`,
    ]) {
      for (const method of ["GET", "PUT", "DELETE"] as const) {
        const url = `/api/2.0/mlflow-artifacts/artifacts/${root}`;
        const { status } = await server.inject({ method, url, ...(method === "PUT" ? { body: "x" } : {}) });
        assert.ok(status === 400 || status === 404, `${method} ${root} gave ${status}`);
      }
    }
    assert.deepEqual(await state(), before);
  });

  it("write nothing into a registered version, whose files are for ever", async () => {
    const { server, call, state } = await openTarget();
    const { body } = await call("GET", "/api/2.0/mlflow/model-versions/get-download-uri?name=care&version=1");
    const address = z.object({ artifact_uri: z.string() }).parse(body).artifact_uri;
    const root = address.replace("mlflow-artifacts:/", "");
    const before = await state();
    for (const [method, path] of [
      ["PUT", `artifacts/${root}/MLmodel`],
      ["PUT", `artifacts/${root}/new.txt`],
      ["DELETE", `artifacts/${root}/MLmodel`],
      ["DELETE", `artifacts/${root}`],
      ["POST", `mpu/create/${root}`],
    ] as const) {
      const { status } = await server.inject({
        method,
        url: `/api/2.0/mlflow-artifacts/${path}`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ path: "MLmodel", num_parts: 1 }),
      });
      assert.equal(status, 404, `${method} ${path}`);
    }
    assert.deepEqual(await state(), before);
    const file = await server.inject({ url: `/api/2.0/mlflow-artifacts/artifacts/${root}/MLmodel` });
    assert.equal(file.text, "flavors: {}");
  });

  it("get past nobody who may not: every route asks for the project of what the path names", async () => {
    const kernel = await createTestKernel({ migrations: testMigrations });
    let isAllowed = true;
    const { server, call, tracking } = createTestServer(kernel, {
      withRegistry: true,
      authorise: async () => {
        if (!isAllowed) throw forbidden();
      },
    });
    const created = await call("POST", "/api/2.0/mlflow/runs/create", { experiment_id: "0" });
    const runId = runIdSchema.parse(created.body).run.info.run_id;
    await tracking.commands.putArtifact(runId, "a.txt", Buffer.from(secret));
    const root = `0/${runId}/artifacts`;
    isAllowed = false;
    const seen: string[] = [];
    for (const prefix of ["/api", "/ajax-api"]) {
      const service = `${prefix}/2.0/mlflow-artifacts`;
      for (const [method, url] of [
        ["GET", `${service}/artifacts/${root}/a.txt`],
        ["HEAD", `${service}/artifacts/${root}/a.txt`],
        ["PUT", `${service}/artifacts/${root}/a.txt`],
        ["DELETE", `${service}/artifacts/${root}/a.txt`],
        ["GET", `${service}/artifacts?path=${root}`],
        ["POST", `${service}/mpu/create/${root}`],
        ["POST", `${service}/mpu/complete/${root}`],
        ["POST", `${service}/mpu/abort/${root}`],
        ["GET", `${service}/presigned/${root}/a.txt`],
        ["GET", `${prefix}/2.0/mlflow/artifacts/list?run_id=${runId}`],
        ["POST", `${prefix}/2.0/mlflow/artifacts/presigned-upload-url`],
        ["GET", `/get-artifact?run_id=${runId}&path=a.txt`],
        ["POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=a.txt`],
      ] as const) {
        const answer = await server.inject({
          method,
          url,
          headers: { "content-type": "application/json" },
          ...(method === "GET" || method === "HEAD"
            ? {}
            : { body: JSON.stringify({ path: "a.txt", upload_id: "x", num_parts: 1, run_id: runId }) }),
        });
        assert.ok(!answer.text.includes(secret), url);
        if (answer.status !== 403) seen.push(`${method} ${url} ${answer.status}`);
      }
    }
    assert.deepEqual(seen, []);
    assert.equal(Buffer.from(await tracking.readArtifact(runId, "a.txt")).toString(), secret);
  });
});

function forbidden(): Problem {
  return new Problem(authProblems.permission_denied, { message: "Ada may not do this." });
}

/** Sends a request line as it is and gives the whole answer as text. */
async function send(port: number, request: string): Promise<string> {
  const body = /^(POST|PUT|PATCH)/.test(request) ? '{"path":"x.txt","num_parts":1,"upload_id":"x"}' : "";
  return await new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.end(
        `${request} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
