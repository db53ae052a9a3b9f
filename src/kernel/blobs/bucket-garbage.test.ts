import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { digestOf } from "../digest.ts";
import { openBucket, readS3Settings } from "../s3/index.ts";
import type { Bucket, ObjectFacts } from "../s3/index.ts";
import { noS3Server, startS3Server, temporaryFolder } from "../testing/index.ts";
import type { S3Server } from "../testing/index.ts";
import { createBucketLeaving } from "./bucket-leaving.ts";
import { createBucketNotes } from "./bucket-notes.ts";
import { collectGarbage, createS3Blobs, defaultGraceMs, putTree } from "./index.ts";
import type { Blobs } from "./index.ts";

const dayMs = 24 * 60 * 60 * 1000;

/**
 * No server lets anybody say that an object is old. So the bucket is asked through a door that says it of all that
 * was put before `forget`: requests, removals and copies are those of the real server.
 */
function createAgeing(bucket: Bucket): Bucket & { ageAll(): void } {
  const youngFrom = new Map<string, number>();
  let agedAtMs = 0;
  const timeOf = (key: string, atMs: number): number =>
    (youngFrom.get(key) ?? 0) >= agedAtMs ? atMs : atMs - 30 * dayMs;
  const fresh = (key: string): void => void youngFrom.set(key, performance.now());
  return {
    ...bucket,
    ageAll: () => void (agedAtMs = performance.now()),
    async head(key) {
      const facts = await bucket.head(key);
      return facts && { ...facts, modifiedAtMs: timeOf(key, facts.modifiedAtMs) };
    },
    async put(key, content, options) {
      const isPut = await bucket.put(key, content, options);
      if (isPut) fresh(key);
      return isPut;
    },
    async putAgain(key, sha256) {
      const outcome = await bucket.putAgain(key, sha256);
      if (outcome === "done") fresh(key);
      return outcome;
    },
    async *list(prefix) {
      for await (const one of bucket.list(prefix))
        yield { ...one, modifiedAtMs: timeOf(one.key, one.modifiedAtMs) };
    },
  };
}

describe("garbage in a bucket", { skip: noS3Server ?? false }, () => {
  let server: S3Server;
  let name = "";
  let bucket: ReturnType<typeof createAgeing>;
  before(async () => void (server = await startS3Server()));
  beforeEach(async () => {
    name = await server.createBucket();
    bucket = createAgeing(openBucket(readS3Settings(`s3://${name}/team`, server.environment)));
  });
  after(() => server.stop());

  /** Another server of the bucket, with a memory and a cache of its own. */
  const open = async (): Promise<Blobs> =>
    createS3Blobs({ bucket, cacheFolder: await temporaryFolder(), cacheBytes: 10_000_000 }).blobs;
  const collect = async (blobs: Blobs, held: readonly string[] = []) =>
    await collectGarbage({
      blobs,
      holders: [
        {
          name: "tests",
          async *blobsInUse() {
            for (const digest of held) yield { digest, isTree: false };
          },
        },
      ],
      atOneMoment: async (read) => await read(),
      graceMs: defaultGraceMs,
      isDryRun: false,
    });

  it("goes when it is old, and its copy here with it", async () => {
    const blobs = await open();
    const { digest: kept } = await blobs.put(Buffer.from("kept"));
    const { digest: orphan } = await blobs.put(Buffer.from("orphan"));
    assert.equal((await collect(blobs, [kept])).removed.blobs, 0);
    bucket.ageAll();
    assert.deepEqual((await collect(blobs, [kept])).removed, { blobs: 1, bytes: 6 });
    assert.deepEqual([await blobs.has(orphan), await blobs.has(kept)], [false, true]);
    await assert.rejects(blobs.readText(orphan), { code: "blob_missing" });
    assert.equal(await (await open()).readText(kept), "kept");
    assert.deepEqual(await blobs.notes.list("leaving"), []);
  });

  it("is not what a server stores again, by whatever way", async () => {
    const folder = await temporaryFolder();
    const large = randomBytes(300_000);
    await writeFile(join(folder, "file"), large);
    const statCachePath = join(await temporaryFolder(), "cache.json");
    const ways: Record<string, (blobs: Blobs) => Promise<string>> = {
      "a little": async (blobs) => (await blobs.put(Buffer.from("little"))).digest,
      much: async (blobs) => (await blobs.put(large)).digest,
      "a file": async (blobs) => (await blobs.putFile(join(folder, "file"))).digest,
      "a folder": async (blobs) => (await putTree(blobs, folder, { statCachePath })).files[0]?.digest ?? "",
      "what it found": async (blobs) => {
        assert.equal(await blobs.renew(digestOf("little")), true);
        return digestOf("little");
      },
    };
    for (const [way, store] of Object.entries(ways)) {
      const first = await open();
      await first.put(Buffer.from("little"));
      await store(first);
      bucket.ageAll();
      const other = await open();
      const digest = await store(other);
      await collect(await open());
      assert.equal(await bucket.head(keyOf(digest)).then(isThere), true, `${way}, by another server`);
      assert.equal(await other.verify(digest), true);
    }
  });

  it("costs a question and no copy to spare what is young, also of who only read it, and is copied once when it is old", async () => {
    const { digest } = await (await open()).put(Buffer.from("read"));
    const copied: string[] = [];
    const counted: Bucket = {
      ...bucket,
      async putAgain(key, sha256) {
        copied.push(key);
        return await bucket.putAgain(key, sha256);
      },
    };
    const cacheFolder = await temporaryFolder();
    const { blobs } = createS3Blobs({ bucket: counted, cacheFolder, cacheBytes: 1_000 });
    assert.equal(await blobs.readText(digest), "read");
    assert.equal(await blobs.renew(digest), true);
    assert.deepEqual(copied, []);
    bucket.ageAll();
    const { blobs: later } = createS3Blobs({
      bucket: counted,
      cacheFolder: await temporaryFolder(),
      cacheBytes: 1_000,
    });
    for (let times = 0; times < 3; times++) assert.equal(await later.renew(digest), true);
    assert.deepEqual(copied, [keyOf(digest)]);
  });

  it("is removed sent once, and spares who puts it again between the look and the removal", async () => {
    const blobs = await open();
    const { digest } = await blobs.put(Buffer.from("wanted"));
    bucket.ageAll();
    const notes = createBucketNotes(bucket);
    const other = await open();
    let putting: Promise<unknown> = Promise.resolve();
    // The moment that matters: it was looked at, found old, and is not removed yet.
    const slow: Bucket = {
      ...bucket,
      async remove(keys, options) {
        assert.equal(options?.isSentOnce, true);
        putting = other.put(Buffer.from("wanted"));
        await sleep(500);
        await bucket.remove(keys, options);
      },
    };
    assert.deepEqual(await createBucketLeaving(slow, notes).remove([digest], Date.now() - 7 * dayMs), [
      digest,
    ]);
    await putting;
    assert.equal(await (await open()).readText(digest), "wanted");
  });

  it("stays when it was put again before it was looked at", async () => {
    const blobs = await open();
    const { digest } = await blobs.put(Buffer.from("wanted"));
    bucket.ageAll();
    const other = await open();
    let putting: Promise<unknown> | undefined;
    const isYoung = async (): Promise<boolean> =>
      ((await bucket.head(keyOf(digest)))?.modifiedAtMs ?? 0) > Date.now() - dayMs;
    const hurried: Bucket = {
      ...bucket,
      async head(key) {
        putting ??= other.put(Buffer.from("wanted"));
        // It is put, and whoever put it waits until this bite is over.
        while (!(await isYoung())) await sleep(20);
        return await bucket.head(key);
      },
    };
    const leaving = createBucketLeaving(hurried, createBucketNotes(bucket));
    assert.deepEqual(await leaving.remove([digest], Date.now() - 7 * dayMs), []);
    await putting;
    assert.equal(await blobs.has(digest), true);
  });
});

function keyOf(digest: string): string {
  return `${digest.slice(0, 2)}/${digest.slice(2)}`;
}

function isThere(facts: ObjectFacts | undefined): boolean {
  return facts !== undefined;
}
