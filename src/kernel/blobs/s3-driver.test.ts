import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { digestOf } from "../digest.ts";
import { openBucket, readS3Settings } from "../s3/index.ts";
import type { Bucket } from "../s3/index.ts";
import { noS3Server, startS3Server, startUnreliableProxy, temporaryFolder } from "../testing/index.ts";
import type { S3Server, UnreliableProxy } from "../testing/index.ts";
import { createS3Blobs, openBlobs } from "./index.ts";
import type { Blobs, S3Blobs } from "./index.ts";

const megabyte = 1024 * 1024;

describe("blobs in a bucket", { skip: noS3Server ?? false }, () => {
  let server: S3Server;
  let proxy: UnreliableProxy;
  let bucket = "";

  before(async () => {
    server = await startS3Server();
    proxy = await startUnreliableProxy(server.endpoint);
    bucket = await server.createBucket();
  });
  after(() => {
    proxy.stop();
    server.stop();
  });

  /** A server's blobs, with a local cache of its own; each test in a prefix of its own. */
  const open = async (
    prefix: string,
    { cacheFolder, cacheBytes = 100 * megabyte }: { cacheFolder?: string; cacheBytes?: number } = {},
  ): Promise<S3Blobs> => {
    proxy.interfere(() => undefined);
    const environment = { ...server.environment, AWS_ENDPOINT_URL_S3: proxy.url };
    const settings = readS3Settings(`s3://${bucket}/${prefix}`, environment);
    const folder = cacheFolder ?? (await temporaryFolder());
    return createS3Blobs({ bucket: openBucket(settings), cacheFolder: folder, cacheBytes });
  };
  /** What is asked of the bucket during the work. */
  const requestsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    proxy.requests.length = 0;
    await work();
    return proxy.requests.map(({ method }) => method);
  };
  /** The bucket as somebody else sees it. */
  const elsewhere = (prefix: string): Bucket =>
    openBucket(readS3Settings(`s3://${bucket}/${prefix}`, server.environment));
  const keyOf = (digest: string): string => `${digest.slice(0, 2)}/${digest.slice(2)}`;

  it("lie under the names of the disk driver's files, so that a folder becomes a bucket by copying it", async () => {
    const { blobs } = await open("names");
    const { digest } = await blobs.put(Buffer.from("abc"));
    const found = await elsewhere("names").read(keyOf(digest));
    assert.equal(Buffer.from(found ?? "").toString(), "abc");
  });

  it("cost one request to put and one to read, and none to read again", async () => {
    const { blobs } = await open("requests");
    let digest = "";
    assert.deepEqual(await requestsOf(async () => ({ digest } = await blobs.put(Buffer.from("small")))), [
      "PUT",
    ]);
    assert.deepEqual(
      await requestsOf(async () => {
        await blobs.put(Buffer.from("small"));
        assert.equal(await blobs.has(digest), true);
        assert.equal(await blobs.readText(digest), "small");
        await blobs.localPath(digest);
      }),
      [],
    );
    const { blobs: others } = await open("requests");
    assert.deepEqual(await requestsOf(async () => await others.readText(digest)), ["GET"]);
    assert.deepEqual(await requestsOf(async () => await others.localPath(digest)), []);
    const { blobs: third } = await open("requests");
    assert.deepEqual(await requestsOf(async () => await third.localPath(digest)), ["GET"]);
    const { blobs: fourth } = await open("requests");
    assert.deepEqual(await requestsOf(async () => await fourth.inspect(digest)), ["HEAD"]);
  });

  it("are asked for before much is sent, and sent once however many bring it", async () => {
    const bytes = randomBytes(3 * megabyte);
    const { blobs } = await open("large");
    const put = async (): Promise<string[]> =>
      await requestsOf(
        async () => await Promise.all([1, 2, 3].map(async () => await blobs.put(pieces(bytes)))),
      );
    assert.deepEqual(await put(), ["HEAD", "PUT"]);
    const { blobs: others } = await open("large");
    assert.deepEqual(await requestsOf(async () => await others.put(pieces(bytes))), ["HEAD"]);
  });

  it("are taken from a file that lies still with one reading of it, and from a young one by what is read", async () => {
    const path = join(await temporaryFolder(), "file");
    const bytes = randomBytes(megabyte);
    await writeFile(path, bytes);
    const { blobs } = await open("file");
    const expected = { digest: digestOf(bytes), sizeBytes: megabyte };
    assert.deepEqual(await blobs.putFile(path), expected);
    await sleep(2_100);
    const { blobs: others } = await open("still");
    assert.deepEqual(await others.putFile(path), expected);
    assert.deepEqual(
      [await others.verify(expected.digest), await others.inspect(expected.digest)],
      [true, "sound"],
    );
    assert.equal(digestOf(await readFile(await others.localPath(expected.digest))), expected.digest);
    assert.equal(digestOf(await readFile(path)), expected.digest);
  });

  it("come in parts when they are large, and are the same bytes afterwards", async () => {
    const bytes = randomBytes(70 * megabyte);
    const { blobs } = await open("parts", { cacheBytes: 10 * megabyte });
    const stored = await blobs.put(pieces(bytes));
    assert.deepEqual(stored, { digest: digestOf(bytes), sizeBytes: bytes.length });
    assert.deepEqual(
      [await blobs.verify(stored.digest), await blobs.inspect(stored.digest)],
      [true, "sound"],
    );
    const hash = [];
    for await (const chunk of blobs.read(stored.digest)) hash.push(chunk);
    assert.equal(digestOf(Buffer.concat(hash)), stored.digest);
    const range = [];
    for await (const chunk of blobs.read(stored.digest, { offset: 69 * megabyte, length: 10 }))
      range.push(chunk);
    assert.deepEqual(Buffer.concat(range), bytes.subarray(69 * megabyte, 69 * megabyte + 10));
    // Larger than all of the cache, and still a file for those who need one.
    assert.equal(digestOf(await readFile(await blobs.localPath(stored.digest))), stored.digest);
  });

  it("that are other bytes are noticed before anybody reads them, and are mended by putting them again", async () => {
    const small = Buffer.from("as it should be");
    const large = randomBytes(9 * megabyte);
    const writer = (await open("wrong")).blobs;
    for (const bytes of [small, large]) {
      const { digest } = await writer.put(bytes);
      const other = Buffer.from(bytes);
      other.writeUInt8(other.readUInt8(3) ^ 1, 3);
      await elsewhere("wrong").put(keyOf(digest), other);
      const { blobs } = await open("wrong");
      const target = join(await temporaryFolder(), "target");
      await assert.rejects(blobs.readBytes(digest), { code: "blob_corrupt" });
      await assert.rejects(blobs.localPath(digest), { code: "blob_corrupt" });
      await assert.rejects(blobs.materialise(digest, target), { code: "blob_corrupt" });
      await assert.rejects(readFile(target), { code: "ENOENT" });
      assert.deepEqual([await blobs.verify(digest), await blobs.inspect(digest)], [false, "damaged"]);
      await blobs.put(pieces(bytes));
      assert.deepEqual([await blobs.verify(digest), await blobs.inspect(digest)], [true, "sound"]);
    }
  });

  it("never give all of a large blob that is damaged to one who reads it as it flows", async () => {
    const bytes = randomBytes(9 * megabyte);
    const { digest } = await (await open("flow")).blobs.put(bytes);
    const other = Buffer.from(bytes);
    other.writeUInt8(other.readUInt8(other.length - 1) ^ 1, other.length - 1);
    await elsewhere("flow").put(keyOf(digest), other);
    const { blobs } = await open("flow");
    let received = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of blobs.read(digest)) received += chunk.byteLength;
      },
      { code: "blob_corrupt" },
    );
    assert.ok(received < bytes.length);
  });

  it("that were damaged on their way are asked for again", async () => {
    const { digest } = await (await open("way")).blobs.put(Buffer.from("all of it"));
    const { blobs } = await open("way");
    const faults = [
      { kind: "changed" },
      { kind: "cut", afterBytes: 3 },
      { kind: "refused", status: 500 },
    ] as const;
    const waiting = [...faults];
    proxy.interfere(() => waiting.shift());
    assert.equal(await blobs.readText(digest), "all of it");
    assert.deepEqual(waiting, []);
  });

  it("survive a server that answers 500 and recovers, and one that breaks off uploads", async () => {
    const { blobs } = await open("busy");
    const waiting = [
      { kind: "refused", status: 500 },
      { kind: "broken" },
      { kind: "refused", status: 503 },
    ] as const;
    const faults = [...waiting];
    proxy.interfere(() => faults.shift());
    const { digest } = await blobs.put(Buffer.from("through"));
    assert.deepEqual(faults, []);
    assert.equal(await (await open("busy")).blobs.readText(digest), "through");
  });

  it("leave nothing in bucket or cache when the bucket refuses them", async () => {
    const cacheFolder = await temporaryFolder();
    const { blobs } = await open("refused", { cacheFolder });
    proxy.interfere(() => ({
      kind: "refused",
      status: 403,
      body: "<Error><Code>AccessDenied</Code></Error>",
    }));
    await assert.rejects(blobs.put(pieces(Buffer.from("never"))), { code: "s3_access_denied" });
    assert.deepEqual(await readdir(join(cacheFolder, "incoming")), []);
    proxy.interfere(() => undefined);
    assert.equal(await blobs.has(digestOf("never")), false);
  });

  it("are read from copies that were verified, and again in the next process", async () => {
    const cacheFolder = await temporaryFolder();
    const { digest } = await (await open("copies", { cacheFolder })).blobs.put(Buffer.from("kept here"));
    const path = await (await open("copies", { cacheFolder })).blobs.localPath(digest);
    await chmod(path, 0o644);
    await writeFile(path, "not these");
    const { blobs } = await open("copies", { cacheFolder });
    assert.deepEqual(await requestsOf(async () => assert.equal(await blobs.readText(digest), "kept here")), [
      "GET",
    ]);
  });

  it("listed and removed are its own only, whatever else lies beside them", async () => {
    const { blobs } = await open("own");
    const { digest, sizeBytes } = await blobs.put(Buffer.from("mine"));
    const { blobs: longer } = await open("own/ab");
    await longer.put(Buffer.from("theirs"));
    await (await open("owner")).blobs.put(Buffer.from("others"));
    assert.deepEqual(await listed(blobs), [{ digest, sizeBytes }]);
    for (const digest of ["../owner/ab/cdef", `${"a".repeat(63)}/`, "a".repeat(63)])
      await assert.rejects(blobs.delete(digest), { code: "blob_missing" });
    await blobs.delete(digest);
    assert.deepEqual([await listed(blobs), (await listed(longer)).length], [[], 1]);
  });

  it("are shared: what one server has put, another finds", async () => {
    const one = (await open("shared")).blobs;
    const other = (await open("shared")).blobs;
    const { digest } = await one.put(Buffer.from("found"));
    assert.equal(await other.readText(digest), "found");
    await one.delete(digest);
    assert.equal(await one.has(digest), false);
  });

  it("check at the start what would fail at the first upload", async () => {
    await (await open("checked")).check({ writes: true });
    const checkOf = async (location: string, more: Record<string, string>): Promise<void> => {
      const environment = { ...server.environment, AWS_ENDPOINT_URL_S3: proxy.url, ...more };
      const cacheFolder = await temporaryFolder();
      await openBlobs({ location, cacheFolder, cacheBytes: 0, environment }).check({ writes: true });
    };
    await assert.rejects(checkOf("s3://no-such-bucket/x", {}), { code: "s3_bucket_missing" });
    await assert.rejects(checkOf(`s3://${bucket}`, { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" }), {
      code: "s3_unavailable",
    });
    proxy.interfere(({ method }) => (method === "PUT" ? { kind: "refused", status: 403 } : undefined));
    await assert.rejects(checkOf(`s3://${bucket}/x`, {}), {
      code: "s3_access_denied",
      message: /writing to/,
    });
    proxy.interfere(() => undefined);
    await assert.rejects(checkOf(`s3://${bucket}/../x`, {}), { code: "s3_address_invalid" });
  });
});

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 100_000) yield bytes.subarray(from, from + 100_000);
}

async function listed(blobs: Blobs): Promise<unknown[]> {
  const found = [];
  for await (const { digest, sizeBytes } of blobs.list()) found.push({ digest, sizeBytes });
  return found;
}
