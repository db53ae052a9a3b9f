import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { createS3Blobs } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import { openBucket, readS3Settings } from "#kernel/s3";
import type { Bucket } from "#kernel/s3";
import { createTestKernel, noS3Server, startS3Server, temporaryFolder } from "#kernel/testing";
import type { S3Server } from "#kernel/testing";
import { migrations as trackingMigrations } from "#tracking";

import type { Execution } from "./entities.ts";
import { migrations } from "./store/schema.ts";
import { openTestProject } from "./test-project.ts";
import type { TestProject } from "./test-project.ts";

const files = {
  "dvc.yaml": `stages:
  count:
    cmd: wc -l < words.txt > count.txt; mkdir -p parts; cp words.txt parts/copy.txt
    deps: [words.txt]
    outs: [count.txt, parts]
  double:
    cmd: echo $(( $(cat count.txt) * 2 )) > double.txt
    deps: [count.txt, parts]
    outs: [double.txt]
`,
  "words.txt": "a\nb\nc\n",
};

describe("servers that share a bucket", { skip: noS3Server ?? false }, () => {
  let s3: S3Server;
  before(async () => void (s3 = await startS3Server()));
  after(() => s3.stop());

  const bucketAt = async (): Promise<Bucket> =>
    openBucket(readS3Settings(`s3://${await s3.createBucket()}/team`, s3.environment));

  /** A server of its own: database, folders and copies; only the bucket is another's too. */
  async function openServer(bucket: Bucket): Promise<{ project: TestProject; blobs: Blobs }> {
    const kernel = await createTestKernel({ migrations: [...trackingMigrations, ...migrations] });
    const { blobs } = createS3Blobs({ bucket, cacheFolder: await temporaryFolder(), cacheBytes: 1e9 });
    const project = openTestProject({ ...kernel, blobs }, await temporaryFolder());
    await project.write(files);
    return { project, blobs };
  }
  const states = ({ steps }: Execution): string[] => steps.map(({ stage, state }) => `${stage} ${state}`);

  it("find each other's results of steps, whose bytes come with them", async () => {
    const bucket = await bucketAt();
    const ada = await openServer(bucket);
    const first = await ada.project.run();
    assert.deepEqual(states(first), ["count succeeded", "double succeeded"]);

    const bob = await openServer(bucket);
    const second = await bob.project.run();
    assert.deepEqual(states(second), ["count cached", "double cached"]);
    assert.match(second.steps[0]?.reason ?? "", new RegExp(first.id));
    assert.equal(await bob.project.output(second, "double.txt"), "6\n");

    // Once found it is known, and what differs runs.
    assert.deepEqual(states(await bob.project.run()), ["count cached", "double cached"]);
    await bob.project.write({ "words.txt": "a\n" });
    assert.deepEqual(states(await bob.project.run()), ["count succeeded", "double succeeded"]);
    await ada.project.write({ "words.txt": "a\n" });
    assert.deepEqual(states(await ada.project.run()), ["count cached", "double cached"]);
  });

  it("run a step whose shared result is gone, damaged or no record at all", async () => {
    const bucket = await bucketAt();
    const ada = await openServer(bucket);
    const { steps } = await ada.project.run();
    const digest = steps[1]?.outs[0]?.digest ?? "";
    await ada.blobs.delete(digest);
    const bob = await openServer(bucket);
    assert.deepEqual(states(await bob.project.run()), ["count cached", "double succeeded"]);

    await bucket.put(`${digest.slice(0, 2)}/${digest.slice(2)}`, Buffer.from("7\n"));
    const cleo = await openServer(bucket);
    const mended = await cleo.project.run();
    assert.deepEqual(states(mended), ["count cached", "double succeeded"]);
    assert.equal(await cleo.project.output(mended, "double.txt"), "6\n");

    const records = [];
    for await (const { key } of bucket.list("records/")) records.push(key);
    assert.equal(records.length, 2);
    for (const key of records) await bucket.put(key, Buffer.from('{"format":"another"}'));
    const dan = await openServer(bucket);
    assert.deepEqual(states(await dan.project.run()), ["count succeeded", "double succeeded"]);
  });
});
