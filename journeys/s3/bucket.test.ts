import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { openBucket, readS3Settings } from "#kernel/s3";
import { noS3Server, startS3Server, startUnreliableProxy, temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startServer } from "../failures/gyre.ts";
import type { Ended, Started } from "../failures/gyre.ts";
import { playScenarios } from "../mlflow/client.ts";
import { findEnvironment } from "../mlflow/environments.ts";

const megabyte = 1024 * 1024;

describe("a server with its bytes in a bucket", { skip: noS3Server ?? false }, async () => {
  if (noS3Server !== undefined) return;
  const s3 = await startS3Server();
  const proxy = await startUnreliableProxy(s3.endpoint);
  after(() => {
    proxy.stop();
    s3.stop();
  });
  const place = `s3://${await s3.createBucket()}/team`;
  const variables = { ...s3.environment, AWS_ENDPOINT_URL_S3: proxy.url, GYRE_BLOBS: place };
  const bucket = openBucket(readS3Settings(place, s3.environment));
  const home = await temporaryFolder();
  const folder = join(home, "airline-care");
  assert.equal((await gyre(["new", "airline-care"], { folder: home })).code, 0);

  let server: Started | undefined;
  let url = "";
  const start = async (): Promise<void> => {
    server = await startServer({ folder, variables });
    [, url = ""] = await server.says(/Gyre is up at (\S+)/);
  };
  const run = async (...words: string[]): Promise<Ended> => {
    const ended = await gyre(words, { folder, variables });
    assert.equal(ended.code, 0, ended.stderr);
    return ended;
  };
  const keys = async (): Promise<string[]> => {
    const found = [];
    for await (const { key } of bucket.list("")) found.push(key);
    return found;
  };

  it("is told at once what keeps it from using the bucket", async () => {
    const ends = async (more: Record<string, string>, ...words: string[]): Promise<Ended> =>
      await gyre(["up", "--port", "0", "--gateway-port", "0", ...words], {
        folder,
        variables: { ...variables, ...more },
      });
    const missing = await ends({}, "--blobs", "s3://no-such-bucket/team");
    assert.match(missing.stderr, /^error\[s3_bucket_missing\]: There is no bucket no-such-bucket at /m);
    const nobody = await ends({ AWS_ACCESS_KEY_ID: "", HOME: home });
    assert.match(nobody.stderr, /^error\[s3_credentials_missing\]/m);
    const nowhere = await ends({ AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" });
    assert.match(nowhere.stderr, /^error\[s3_unavailable\]: 127\.0\.0\.1:9 could not be reached/m);
    for (const ended of [missing, nobody, nowhere]) {
      assert.deepEqual([ended.code, isWellTold(ended)], [1, null]);
      assert.doesNotMatch(ended.stdout + ended.stderr, /secret of the tests/);
    }
    const settings = await run("up", "--print-config");
    assert.match(settings.stdout, new RegExp(`^blobs +${place} +GYRE_BLOBS$`, "m"));
    assert.doesNotMatch(settings.stdout, /secret of the tests|AKID/);
    assert.match(
      (await gyre(["doctor"], { folder, variables })).stdout,
      new RegExp(`^ok +bucket +${place} answers`, "m"),
    );
  });

  // One test, because a server ends with the test that started it.
  it("serves the loop from the bucket, over a restart, a bucket that is away and a kill in an upload", async (test) => {
    await runPipelineAndServe();
    await goOnWithoutCopies();
    await playClient(test);
    await readInParts();
    await dieInUpload();
  });

  async function runPipelineAndServe(): Promise<void> {
    await start();
    await run("run");
    for (let tries = 0; !/airline-care@2 +onnx +ready/.test((await run("models")).stdout); tries++) {
      assert.ok(tries < 60, "the model never became ready");
      await sleep(500);
    }
    const again = await run("run");
    assert.match(again.stdout, /^prepare +cached /m);
    assert.equal(existsSync(join(folder, ".gyre", "blobs")), false);
    assert.ok((await keys()).length > 20);

    const released = await run("release", "airline-care@2", "--to", "production");
    const release = /rel_\w+/.exec(released.stdout + released.stderr)?.[0] ?? "";
    const token = (await run("people", "add", "ada", "--role", "approver")).stdout.trim();
    const asAda = { folder, variables: { ...variables, GYRE_TOKEN: token } };
    const approved = await gyre(["approve", release], asAda);
    assert.match(approved.stdout, /^state +live$/m, released.stdout + approved.stderr);
    assert.match(await predict(), /prd_\w+ +negative/);
  }

  async function goOnWithoutCopies(): Promise<void> {
    await stop();
    await rm(join(folder, ".gyre", "blob-cache"), { recursive: true });
    await start();
    assert.match(await predict(), /prd_\w+ +negative/);
    proxy.interfere(() => ({ kind: "broken" }));
    assert.match(await predict(), /prd_\w+ +negative/);
    const answer = await put("0/none/artifacts/x", Buffer.from("x"));
    assert.ok(answer >= 400);
    proxy.interfere(() => undefined);
  }

  /** An unmodified client of MLflow logs, lists and downloads. */
  async function playClient(test: TestContext): Promise<void> {
    const environment = await findEnvironment("mlflow-3");
    if (typeof environment === "string") return test.diagnostic(environment);
    const play = { interpreter: environment.interpreter, url, scenarios: ["fluent"], timeoutMs: 180_000 };
    const tale = (await playScenarios(play)).get("fluent");
    assert.equal(tale?.failed, undefined);
  }

  async function readInParts(): Promise<void> {
    const artifacts = await createRun();
    const bytes = Buffer.from(Array.from({ length: 3 * megabyte }, (_, index) => (index * 7) % 251));
    assert.equal(await put(`${artifacts}/table.bin`, bytes), 200);
    const get = async (headers: Record<string, string>): Promise<Response> =>
      await fetch(`${url}${service}${artifacts}/table.bin`, { headers });
    const whole = await get({});
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);
    const part = await get({ range: "bytes=2000000-2000009" });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(2_000_000, 2_000_010));
    assert.equal((await get({ "if-none-match": whole.headers.get("etag") ?? "none" })).status, 304);
  }

  /** One upload is on its way in, another on its way to the bucket. */
  async function dieInUpload(): Promise<void> {
    const artifacts = await createRun();
    const before = await keys();
    const bytes = Buffer.alloc(80 * megabyte, 3);
    // The bucket takes no part of it: the server is at work on the upload when it dies.
    proxy.interfere(({ path }) => (/partNumber=/.test(path) ? { kind: "silent" } : undefined));
    proxy.requests.length = 0;
    const towardsBucket = put(`${artifacts}/whole.bin`, bytes).catch(() => "broken off");
    const halfway = putHalf(`${artifacts}/half.bin`, bytes);
    while (!proxy.requests.some(({ path }) => /partNumber=/.test(path))) await sleep(50);
    server?.kill("SIGKILL");
    await server?.ended;
    assert.equal(await towardsBucket, "broken off");
    await halfway;
    proxy.interfere(() => undefined);
    assert.deepEqual(await keys(), before);
    await start();
    const [root, id] = artifacts.split("/");
    const listed = await fetch(`${url}/api/2.0/mlflow/artifacts/list?run_id=${id}`);
    assert.doesNotMatch(await listed.text(), /bin/, `of ${root}`);
    assert.equal(await put(`${artifacts}/whole.bin`, bytes), 200);
    assert.equal((await keys()).length, before.length + 1);
    await stop();
  }

  const service = "/api/2.0/mlflow-artifacts/artifacts/";

  async function stop(): Promise<void> {
    server?.interrupt();
    await server?.ended;
  }

  /** As soon as the gateway has the model: it opens it in a moment. */
  async function predict(): Promise<string> {
    const message = {
      text: "my flight was cancelled and nobody answers",
      airline: "Sunlark",
      customer_id: "c-17",
    };
    await writeFile(join(folder, "message.json"), JSON.stringify(message));
    for (let tries = 0; ; tries++) {
      const asked = await gyre(["predict", "airline-care", "message.json"], { folder, variables });
      if (asked.code === 0 || tries === 40) return asked.stdout + asked.stderr;
      await sleep(500);
    }
  }

  async function createRun(): Promise<string> {
    const answer = await fetch(`${url}/api/2.0/mlflow/runs/create`, {
      method: "POST",
      body: JSON.stringify({ experiment_id: "0" }),
      headers: { "content-type": "application/json" },
    });
    const id = /"run_id":\s*"(\w+)"/.exec(await answer.text())?.[1];
    return `0/${id}/artifacts`;
  }

  async function put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    return (await fetch(url + service + path, { method: "PUT", body: bytes })).status;
  }

  /** Sends the first half, and waits for the line to go dead. */
  async function putHalf(path: string, bytes: Uint8Array): Promise<void> {
    const { hostname, port } = new URL(url);
    const headers = { "content-length": bytes.length };
    const sending = request({ hostname, port, method: "PUT", path: service + path, headers });
    await new Promise<void>((resolve) => {
      sending.once("error", () => resolve());
      sending.once("response", () => resolve());
      sending.write(bytes.subarray(0, bytes.length / 2));
    });
  }
});
