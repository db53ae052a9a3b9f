import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { digestOf } from "../digest.ts";
import { Problem } from "../errors.ts";
import { noS3Server, startS3Server, startUnreliableProxy, temporaryFolder } from "../testing/index.ts";
import type { S3Server, UnreliableProxy } from "../testing/index.ts";
import { openBucket, readS3Settings } from "./index.ts";
import type { Bucket, ListedObject } from "./index.ts";

const megabyte = 1024 * 1024;

describe("a bucket", { skip: noS3Server }, () => {
  let server: S3Server;
  let proxy: UnreliableProxy;
  let name = "";

  before(async () => {
    server = await startS3Server();
    proxy = await startUnreliableProxy(server.endpoint);
    name = await server.createBucket();
  });
  after(() => {
    proxy.stop();
    server.stop();
  });

  const open = (prefix: string, more: Record<string, string> = {}, bucket = name): Bucket => {
    proxy.interfere(() => undefined);
    proxy.requests.length = 0;
    const environment = { ...server.environment, AWS_ENDPOINT_URL_S3: proxy.url, ...more };
    return openBucket(readS3Settings(`s3://${bucket}/${prefix}`, environment));
  };
  const text = async (bucket: Bucket, key: string): Promise<string | undefined> => {
    const bytes = await bucket.read(key);
    return bytes && Buffer.from(bytes).toString();
  };

  it("puts again what it has, as if it came now, and says what it cannot", async () => {
    const bucket = open("again");
    await bucket.put("old key", Buffer.from("0123456789"));
    const before = await bucket.head("old key");
    await sleep(1_100);
    assert.equal(await bucket.putAgain("old key", digestOf("0123456789")), "done");
    const after = await bucket.head("old key");
    assert.ok((after?.modifiedAtMs ?? 0) > (before?.modifiedAtMs ?? 0));
    assert.equal(after?.sha256, digestOf("0123456789"));
    assert.equal(Buffer.from((await bucket.read("old key")) ?? "").toString(), "0123456789");
    assert.equal(await bucket.putAgain("absent", digestOf("")), "absent");
  });

  it("gives back what was put, by keys of any letters, in whole, in part and not at all", async () => {
    const bucket = open("first");
    const key = "a folder/ü+&'(*)=?%2F.txt";
    await bucket.put(key, Buffer.from("0123456789"));
    assert.equal(await text(bucket, key), "0123456789");
    const part = async (offset: number, length?: number) =>
      Buffer.from(
        (await bucket.read(key, { offset, ...(length === undefined ? {} : { length }) })) ?? "-",
      ).toString();
    assert.deepEqual(
      [await part(7), await part(2, 3), await part(8, 9), await part(10)],
      ["789", "234", "89", ""],
    );
    const { modifiedAtMs, ...facts } = (await bucket.head(key)) ?? { modifiedAtMs: 0 };
    assert.deepEqual(facts, { sizeBytes: 10, sha256: digestOf("0123456789") });
    assert.ok(Math.abs(Date.now() - modifiedAtMs) < 60_000);
    assert.deepEqual([await bucket.head("absent"), await bucket.read("absent")], [undefined, undefined]);
    await bucket.put("empty", new Uint8Array());
    assert.equal(await text(bucket, "empty"), "");
  });

  it("replaces what is there, but not where it is to be new", async () => {
    const bucket = open("new");
    await bucket.put("key", Buffer.from("one"));
    await bucket.put("key", Buffer.from("two"));
    await bucket.put("key", Buffer.from("three"), { isNew: true });
    assert.equal(await text(bucket, "key"), "two");
  });

  it("puts a file, a large one in parts, and refuses one that is not what was announced", async () => {
    const bucket = open("files");
    const folder = await temporaryFolder();
    const bytes = randomBytes(65 * megabyte);
    await writeFile(join(folder, "large"), bytes);
    const large = { file: join(folder, "large"), sizeBytes: bytes.length, sha256: digestOf(bytes) };
    await bucket.put("large", large);
    assert.equal(proxy.requests.filter(({ path }) => /partNumber=/.test(path)).length, 5);
    assert.equal((await bucket.head("large"))?.sha256, digestOf(bytes));
    assert.equal(digestOf((await bucket.read("large")) ?? new Uint8Array()), digestOf(bytes));

    await writeFile(join(folder, "small"), "small");
    await bucket.put("small", { file: join(folder, "small"), sizeBytes: 5 });
    assert.equal(await text(bucket, "small"), "small");
    await assert.rejects(bucket.put("x", { file: join(folder, "nowhere"), sizeBytes: 5 }), {
      code: "ENOENT",
    });
  });

  it("lists page by page what lies below its prefix, and removes many at once", async () => {
    const bucket = open("listed");
    await open("listed-not").put("stranger", Buffer.from("x"));
    const keys = Array.from({ length: 1_105 }, (_, index) => `${index % 7}/${index} & <more>`);
    for (let start = 0; start < keys.length; start += 50)
      await Promise.all(keys.slice(start, start + 50).map((key) => bucket.put(key, Buffer.from(key))));
    const listed = async (prefix: string): Promise<ListedObject[]> => {
      const found: ListedObject[] = [];
      for await (const object of bucket.list(prefix)) found.push(object);
      return found;
    };
    const all = await listed("");
    assert.deepEqual(
      all.map(({ key }) => key),
      keys.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(all.find(({ key }) => key === keys[3])?.sizeBytes, keys[3]?.length);
    assert.equal((await listed("3/")).length, 158);
    proxy.requests.length = 0;
    await bucket.remove([...keys, "absent"]);
    assert.equal(proxy.requests.length, 2);
    await bucket.remove(["absent"]);
    assert.deepEqual(await listed(""), []);
    assert.equal(await text(open("listed-not"), "stranger"), "x");
  });

  it("ends uploads that were begun and never completed, its own only", async () => {
    const bucket = open("abandoned");
    const begin = async (key: string): Promise<string> =>
      await server.ask("POST", `/${name}/${key}?uploads=`);
    await begin("abandoned/mine");
    await begin("other/theirs");
    // Long before: moto says of each upload that it began in 2010.
    await bucket.endAbandonedUploads(Date.UTC(2001, 0, 1));
    const uploads = async (): Promise<string[]> =>
      [...(await server.ask("GET", `/${name}?uploads=`)).matchAll(/<Key>(.*?)<\/Key>/g)].map(
        ([, key = ""]) => key,
      );
    assert.deepEqual((await uploads()).toSorted(), ["abandoned/mine", "other/theirs"]);
    await bucket.endAbandonedUploads(Date.now() + 60_000);
    assert.deepEqual(await uploads(), ["other/theirs"]);
  });

  it("asks again when the server is busy or the connection breaks, and gives up in the end", async () => {
    const bucket = open("busy");
    const faults = [
      { kind: "refused", status: 503, body: "<Error><Code>SlowDown</Code></Error>" },
      { kind: "broken" },
      { kind: "refused", status: 429 },
      { kind: "refused", status: 500 },
    ] as const;
    const waiting = [...faults];
    proxy.interfere(() => waiting.shift());
    await bucket.put("key", Buffer.from("in the end"));
    assert.deepEqual([proxy.requests.length, await text(bucket, "key")], [faults.length + 1, "in the end"]);
    proxy.interfere(() => faults[0]);
    await assert.rejects(bucket.read("key"), { code: "s3_unavailable", kind: "unavailable" });
    proxy.interfere(() => faults[1]);
    await assert.rejects(bucket.head("key"), { code: "s3_unavailable" });
  });

  it("goes on where a download broke off, and joins no other object to it", async () => {
    const bucket = open("cut");
    const bytes = randomBytes(3 * megabyte);
    await bucket.put("key", bytes);
    let cuts = 2;
    proxy.interfere(({ method }) =>
      method === "GET" && cuts-- > 0 ? { kind: "cut", afterBytes: megabyte } : undefined,
    );
    assert.equal(digestOf((await bucket.read("key")) ?? new Uint8Array()), digestOf(bytes));

    let isReplaced = false;
    proxy.interfere(({ method }) => {
      if (method !== "GET" || isReplaced) return undefined;
      isReplaced = true;
      return { kind: "cut", afterBytes: megabyte };
    });
    const opened = await bucket.open("key");
    await bucket.put("key", randomBytes(3 * megabyte));
    await assert.rejects(async () => {
      for await (const _ of opened?.chunks ?? []);
    }, /PreconditionFailed|not the rest of it/);
  });

  it("sends a part again that did not arrive, and leaves nothing of an upload that fails", async () => {
    const bucket = open("parts");
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    const bytes = Buffer.alloc(65 * megabyte, 7);
    await writeFile(join(folder, "large"), bytes);
    const large = { file: join(folder, "large"), sizeBytes: bytes.length, sha256: digestOf(bytes) };
    let breaks = 1;
    proxy.interfere(({ path }) =>
      /partNumber=3/.test(path) && breaks-- > 0 ? { kind: "refused", status: 500 } : undefined,
    );
    await bucket.put("mended", large);
    assert.equal((await bucket.head("mended"))?.sizeBytes, bytes.length);

    proxy.interfere(({ path }) =>
      /partNumber=3/.test(path)
        ? { kind: "refused", status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }
        : undefined,
    );
    await assert.rejects(bucket.put("failed", large), { code: "s3_access_denied" });
    proxy.interfere(() => undefined);
    assert.equal(await bucket.head("failed"), undefined);
    const left = await server.ask("GET", `/${name}?uploads=`);
    assert.doesNotMatch(left, /parts\/failed/);
  });

  it("says what is wrong, and nothing of the credentials", async () => {
    const secret = "wJalrXUtnFEMI";
    const bucket = open("denied", { AWS_SECRET_ACCESS_KEY: secret });
    const failing = async (status: number, code: string): Promise<Problem> => {
      const body = `<Error><Code>${code}</Code><Message>No, ${secret}</Message><StringToSign>${secret}</StringToSign></Error>`;
      proxy.interfere(() => ({ kind: "refused", status, body }));
      const outcome: unknown = await bucket.put("key", Buffer.from("x")).catch((error: unknown) => error);
      assert.ok(outcome instanceof Problem);
      return outcome;
    };
    const found = [
      await failing(403, "AccessDenied"),
      await failing(403, "SignatureDoesNotMatch"),
      await failing(404, "NoSuchBucket"),
      await failing(400, "EntityTooLarge"),
    ];
    assert.deepEqual(
      found.map(({ code }) => code),
      ["s3_access_denied", "s3_access_denied", "s3_bucket_missing", "s3_failed"],
    );
    for (const error of found)
      assert.doesNotMatch(JSON.stringify(error) + error.message + error.next, /wJalr/);
    const nowhere = openBucket(
      readS3Settings("s3://models/p", { ...server.environment, AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" }),
    );
    await assert.rejects(nowhere.head("key"), {
      code: "s3_unavailable",
      message: /127\.0\.0\.1:9 could not be reached/,
    });
    await assert.rejects(open("p", {}, "no-such-bucket").read("key"), { code: "s3_bucket_missing" });
  });

  it("follows the server to the bucket's region, and to its time", async () => {
    const bucket = open("elsewhere");
    const told = [
      { kind: "refused", status: 301, headers: { "x-amz-bucket-region": "eu-west-1" } },
      {
        kind: "refused",
        status: 403,
        headers: { date: new Date(Date.now() + 600_000).toUTCString() },
        body: "<Error><Code>RequestTimeTooSkewed</Code></Error>",
      },
    ] as const;
    const waiting = [...told];
    proxy.interfere(() => waiting.shift());
    await bucket.put("key", Buffer.from("there"));
    assert.equal(proxy.requests.length, 3);
  });

  it("refuses a key that would leave its prefix, before anything is sent", async () => {
    const bucket = open("kept");
    for (const key of ["../stranger", "a/../../b", "", "/a", "a//b", "."]) {
      await assert.rejects(bucket.put(key, Buffer.from("x")), /is no key below the prefix/, key);
      await assert.rejects(bucket.read(key), /is no key below the prefix/, key);
    }
    assert.deepEqual(proxy.requests, []);
  });
});
