import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { z } from "zod";

import { createDiskBlobs } from "#kernel/blobs";
import { digestOf } from "#kernel/digest";
import { createTestKernel, fullDisk } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";

const service = "/api/2.0/mlflow-artifacts";
const megabyte = 1024 * 1024;

/** A server that listens, with one run; `blobFolder` is where the bytes go. */
async function open(options: { blobFolder?: string } = {}) {
  const kernel = await createTestKernel({ migrations: testMigrations });
  const blobFolder = options.blobFolder ?? join(kernel.folder, "bytes");
  const blobs = createDiskBlobs({ folder: blobFolder });
  const test = createTestServer({ ...kernel, blobs }, { withRegistry: true });
  const { url } = await test.server.listen();
  after(() => test.server.close());
  const { body } = await test.call("POST", "/api/2.0/mlflow/runs/create", { experiment_id: "0" });
  const { run } = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) }).parse(body);
  const root = `0/${run.info.run_id}/artifacts`;
  return { ...test, kernel, url, runId: run.info.run_id, root, blobs, blobFolder };
}

/** Files that are neither blobs nor named by anything. */
async function leftOvers(blobFolder: string): Promise<string[]> {
  const found = await readdir(blobFolder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && !/^[0-9a-f]{62}$/.test(entry.name))
    .map((entry) => entry.name);
}

describe("an artifact", () => {
  it("comes back as it was sent, with its size, its digest as ETag, and nothing a browser would run", async () => {
    const { url, root } = await open();
    const at = `${url}${service}/artifacts/${root}/plots/${encodeURIComponent("loss ü 100%.html")}`;
    assert.equal((await fetch(at, { method: "PUT", body: "<script>" })).status, 200);
    const answer = await fetch(at);
    const { headers } = answer;
    assert.equal(await answer.text(), "<script>");
    assert.deepEqual(
      [headers.get("content-length"), headers.get("etag"), headers.get("content-type")],
      ["8", `"${digestOf("<script>")}"`, "application/octet-stream"],
    );
    assert.deepEqual(
      [
        headers.get("content-security-policy"),
        headers.get("x-content-type-options"),
        headers.get("content-disposition"),
      ],
      [
        "sandbox; default-src 'none'",
        "nosniff",
        `attachment; filename="loss _ 100_.html"; filename*=UTF-8''loss%20%C3%BC%20100%25.html`,
      ],
    );
    const head = await fetch(at, { method: "HEAD", headers: { range: "bytes=0-1" } });
    assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "8", ""]);
  });

  it("is sent in part, and not sent again to one who has it", async () => {
    const { url, root } = await open();
    const at = `${url}${service}/artifacts/${root}/digits.txt`;
    await fetch(at, { method: "PUT", body: "0123456789" });
    const etag = `"${digestOf("0123456789")}"`;
    const seen: [number, string, string | null][] = [];
    for (const headers of [
      { range: "bytes=2-4" },
      { range: "bytes=-3" },
      { range: "bytes=8-" },
      { range: "bytes=0-1,4-5" },
      { range: "bytes=2-4", "if-range": etag },
      { range: "bytes=2-4", "if-range": '"other"' },
      { range: "bytes=2-4", "if-range": `W/${etag}` },
      { "if-none-match": etag },
      { "if-none-match": '"other"' },
    ]) {
      const answer = await fetch(at, { headers: { ...headers, "accept-encoding": "identity" } });
      seen.push([answer.status, await answer.text(), answer.headers.get("content-range")]);
    }
    assert.deepEqual(seen, [
      [206, "234", "bytes 2-4/10"],
      [206, "789", "bytes 7-9/10"],
      [206, "89", "bytes 8-9/10"],
      [200, "0123456789", null],
      [206, "234", "bytes 2-4/10"],
      [200, "0123456789", null],
      [200, "0123456789", null],
      [304, "", null],
      [200, "0123456789", null],
    ]);
    const outside = await fetch(at, { headers: { range: "bytes=10-" } });
    assert.deepEqual([outside.status, outside.headers.get("content-range")], [416, "bytes */10"]);
  });

  it("that its sender gives up half-way leaves nothing, and the one before it stays", async () => {
    const { url, root, tracking, runId, blobFolder } = await open();
    const at = `${url}${service}/artifacts/${root}/model.bin`;
    await fetch(at, { method: "PUT", body: "first" });
    const sender = request(at, { method: "PUT", headers: { "content-length": 64 * megabyte } });
    sender.on("error", () => {});
    sender.write(Buffer.alloc(8 * megabyte, 7));
    await until(async () => (await leftOvers(blobFolder)).length === 1);
    sender.destroy();
    await until(async () => (await leftOvers(blobFolder)).length === 0);
    assert.deepEqual(await tracking.artifactTree(runId), [
      { path: "model.bin", digest: digestOf("first"), sizeBytes: 5 },
    ]);
  });

  it("for which the disk has no room is refused in words, leaves nothing, and fits once there is room", async (test) => {
    const disk = await fullDisk(16 * megabyte);
    if (disk === undefined) return test.skip("a small file system cannot be mounted here");
    const blobFolder = join(disk.folder, "bytes");
    const { url, root, tracking, runId, blobs } = await open({ blobFolder });
    const at = `${url}${service}/artifacts/${root}/big.bin`;
    await fetch(at, { method: "PUT", body: Buffer.alloc(1024, 1) });
    const refused = await fetch(at, { method: "PUT", body: Buffer.alloc(24 * megabyte, 2) });
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /"code":"disk_full"/);
    assert.deepEqual(await leftOvers(blobFolder), []);
    assert.deepEqual(await tracking.artifactTree(runId), [
      { path: "big.bin", digest: digestOf(Buffer.alloc(1024, 1)), sizeBytes: 1024 },
    ]);
    const fits = Buffer.alloc(8 * megabyte, 3);
    assert.equal((await fetch(at, { method: "PUT", body: fits })).status, 200);
    assert.equal(await blobs.verify(digestOf(fits)), true);
  });

  it("is listed by folder, and deleted alone or with its folder", async () => {
    const { url, root } = await open();
    for (const path of ["a.txt", "plots/b.txt", "plots/deep/c.txt"]) {
      await fetch(`${url}${service}/artifacts/${root}/${path}`, { method: "PUT", body: path });
    }
    const list = async (path: string) =>
      await (await fetch(`${url}${service}/artifacts?path=${encodeURIComponent(path)}`)).json();
    assert.deepEqual(await list(root), {
      files: [
        { path: "a.txt", is_dir: false, file_size: 5 },
        { path: "plots", is_dir: true },
      ],
    });
    assert.deepEqual(await list(`${root}/plots`), {
      files: [
        { path: "b.txt", is_dir: false, file_size: 11 },
        { path: "deep", is_dir: true },
      ],
    });
    await fetch(`${url}${service}/artifacts/${root}/plots`, { method: "DELETE" });
    assert.deepEqual(await list(root), { files: [{ path: "a.txt", is_dir: false, file_size: 5 }] });
  });
});

describe("an upload in parts", () => {
  const begin = async (url: string, root: string, parts: number) => {
    const answer = await postJson(`${url}${service}/mpu/create/${root}`, {
      path: "/home/ada/big.bin",
      num_parts: parts,
    });
    return z
      .object({
        upload_id: z.string(),
        credentials: z.array(z.object({ url: z.string(), part_number: z.number() })),
      })
      .parse(await answer.json());
  };

  it("is joined in the order of its numbers, whatever the order of arrival, and only then to be seen", async () => {
    const { url, root, tracking, runId, blobFolder } = await open();
    const { upload_id: id, credentials } = await begin(url, root, 3);
    const parts = await Promise.all(
      credentials.toReversed().map(async ({ url: at, part_number: number }) => {
        const answer = await fetch(at, { method: "PUT", body: Buffer.alloc(megabyte, number) });
        return { part_number: number, etag: answer.headers.get("etag"), url: at };
      }),
    );
    assert.deepEqual(await tracking.artifactTree(runId), []);
    const body = { path: "/home/ada/big.bin", upload_id: id, parts };
    assert.equal((await postJson(`${url}${service}/mpu/complete/${root}`, body)).status, 200);
    const whole = Buffer.concat([1, 2, 3].map((number) => Buffer.alloc(megabyte, number)));
    assert.deepEqual(await tracking.artifactTree(runId), [
      { path: "big.bin", digest: digestOf(whole), sizeBytes: 3 * megabyte },
    ]);
    assert.deepEqual(await leftOvers(blobFolder), []);
  });

  it("that is aborted leaves nothing, and cannot be completed", async () => {
    const { url, root, tracking, runId, blobFolder } = await open();
    const { upload_id: id, credentials } = await begin(url, root, 1);
    const sent = await fetch(credentials[0]?.url ?? "", { method: "PUT", body: "half" });
    const body = { path: "big.bin", upload_id: id };
    assert.equal((await postJson(`${url}${service}/mpu/abort/${root}`, body)).status, 200);
    assert.deepEqual(await leftOvers(blobFolder), []);
    const parts = [{ part_number: 1, etag: sent.headers.get("etag") }];
    const completed = await postJson(`${url}${service}/mpu/complete/${root}`, { ...body, parts });
    assert.equal(completed.status, 400);
    assert.match(await completed.text(), /Part 1 of the upload has not arrived/);
    assert.deepEqual(await tracking.artifactTree(runId), []);
  });

  it("is completed only with every part as it was acknowledged, and at its own place", async () => {
    const { url, root, tracking, runId, kernel } = await open();
    const { upload_id: id, credentials } = await begin(url, root, 2);
    const [first, second] = await Promise.all(
      credentials.map(async ({ url: at }) => await fetch(at, { method: "PUT", body: at })),
    );
    const [a, b] = [first?.headers.get("etag") ?? "", second?.headers.get("etag") ?? ""];
    const complete = async (parts: object[], place = root, uploadId = id) =>
      (
        await postJson(`${url}${service}/mpu/complete/${place}`, {
          path: "big.bin",
          upload_id: uploadId,
          parts,
        })
      ).status;
    const both = [
      { part_number: 1, etag: a },
      { part_number: 2, etag: b },
    ];
    assert.deepEqual(
      [
        await complete([{ part_number: 1, etag: a }]),
        await complete([...both, { part_number: 2, etag: b }]),
        await complete([{ part_number: 1, etag: b }, both[1] ?? {}]),
        await complete([{ part_number: 1, etag: "../../x" }, both[1] ?? {}]),
        await complete(both, `${root}/elsewhere`),
        await complete(both, root, `${id}x`),
        await complete(both, root, ""),
      ],
      [400, 400, 400, 400, 400, 403, 403],
    );
    const beyond = (credentials[0]?.url ?? "").replace("/parts/1/", "/parts/3/");
    assert.equal((await fetch(beyond, { method: "PUT", body: "x" })).status, 400);
    kernel.clock.advanceMs(25 * 60 * 60 * 1_000);
    assert.equal((await fetch(credentials[0]?.url ?? "", { method: "PUT", body: "x" })).status, 403);
    assert.deepEqual(await tracking.artifactTree(runId), []);
  });
});

describe("an address for a download", () => {
  it("gives ranges of one file without signing in, and ends after a quarter of an hour", async () => {
    const { url, root, kernel } = await open();
    await fetch(`${url}${service}/artifacts/${root}/digits.txt`, { method: "PUT", body: "0123456789" });
    const answer = await fetch(`${url}${service}/presigned/${root}/digits.txt`);
    const given = z.object({ url: z.string(), file_size: z.number() }).parse(await answer.json());
    assert.equal(given.file_size, 10);
    const part = await fetch(given.url, { headers: { range: "bytes=3-5" } });
    assert.deepEqual([part.status, await part.text()], [206, "345"]);
    const changed = given.url.replace(digestOf("0123456789"), digestOf("another"));
    assert.equal((await fetch(changed)).status, 403);
    kernel.clock.advanceMs(16 * 60 * 1_000);
    assert.equal((await fetch(given.url)).status, 403);
  });

  it("is not given for a bucket, in the words MLflow's own server has", async () => {
    const { call, runId } = await open();
    const { status, body } = await call("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", {
      run_id: runId,
      path: "x.txt",
    });
    assert.equal(status, 400);
    assert.match(
      JSON.stringify(body),
      /INVALID_PARAMETER_VALUE.*Presigned upload is not supported for proxied/,
    );
  });
});

describe("the routes of MLflow's pages", () => {
  it("take a small file and give it back by run; ten megabytes are the most", async () => {
    const { url, runId, tracking } = await open();
    const send = async (query: string, body: Buffer | string) => {
      const at = `${url}/ajax-api/2.0/mlflow/upload-artifact?${query}`;
      const answer = await fetch(at, { method: "POST", body });
      return [answer.status, /"message":"([^"]*)"/.exec(await answer.text())?.[1]];
    };
    assert.deepEqual(
      [
        await send(`run_uuid=${runId}&path=notes/a.txt`, "hello"),
        await send(`path=a.txt`, "hello"),
        await send(`run_uuid=${runId}`, "hello"),
        await send(`run_uuid=${runId}&path=a.txt`, ""),
        await send(`run_uuid=${runId}&path=a.txt`, Buffer.alloc(10 * megabyte + 1)),
      ],
      [
        [200, undefined],
        [400, "Request must specify run_uuid."],
        [400, "Request must specify path."],
        [400, "Request must specify data."],
        [400, "Artifact size is too large. Max size is 10MB."],
      ],
    );
    assert.equal(await (await fetch(`${url}/get-artifact?run_id=${runId}&path=notes/a.txt`)).text(), "hello");
    assert.deepEqual(
      (await tracking.artifactTree(runId)).map((file) => file.path),
      ["notes/a.txt"],
    );
  });

  it("give the files of logged models and of model versions", async () => {
    const { url, call } = await open();
    const made = await call("POST", "/api/2.0/mlflow/logged-models", { experiment_id: "0", name: "m" });
    const { model } = z
      .object({ model: z.object({ info: z.object({ model_id: z.string() }) }) })
      .parse(made.body);
    const id = model.info.model_id;
    await fetch(`${url}${service}/artifacts/0/models/${id}/artifacts/deep/MLmodel`, {
      method: "PUT",
      body: "flavors: {}",
    });
    await call("POST", "/api/2.0/mlflow/registered-models/create", { name: "care" });
    await call("POST", "/api/2.0/mlflow/model-versions/create", { name: "care", source: `models:/${id}` });
    const texts = await Promise.all(
      [
        `/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files?artifact_file_path=deep/MLmodel`,
        `/model-versions/get-artifact?name=care&version=1&path=deep/MLmodel`,
      ].map(async (path) => await (await fetch(`${url}${path}`)).text()),
    );
    assert.deepEqual(texts, ["flavors: {}", "flavors: {}"]);
    const listed = await call(
      "GET",
      `/api/2.0/mlflow/logged-models/${id}/artifacts/directories?artifact_directory_path=deep`,
    );
    assert.deepEqual(z.object({ files: z.array(z.unknown()) }).parse(listed.body).files, [
      { path: "deep/MLmodel", is_dir: false, file_size: 11 },
    ]);
  });
});

async function postJson(url: string, body: object): Promise<Response> {
  return await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (await holds()) return;
    await wait(10);
  }
  assert.fail("it did not come true within five seconds");
}
