import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { digestOf } from "../digest.ts";
import { openBucket, readS3Settings } from "../s3/index.ts";
import { noS3Server, startS3Server, temporaryFolder } from "../testing/index.ts";
import type { S3Server } from "../testing/index.ts";
import { createDiskBlobs, createMemoryBlobs, createS3Blobs } from "./index.ts";
import type { Blobs, StoredBlob } from "./index.ts";

const drivers: readonly Driver[] = [
  { name: "memory", create: async () => createMemoryBlobs() },
  { name: "disk", create: async () => createDiskBlobs({ folder: join(await temporaryFolder(), "blobs") }) },
  {
    name: "S3",
    skip: noS3Server,
    start: async () => await startS3Server(),
    create: async (server) => {
      const bucket = `s3://${await server?.createBucket()}/some/prefix`;
      const cacheFolder = await temporaryFolder();
      const settings = readS3Settings(bucket, { ...server?.environment });
      return createS3Blobs({ bucket: openBucket(settings), cacheFolder, cacheBytes: 1_000_000 }).blobs;
    },
  },
];

interface Driver {
  readonly name: string;
  readonly skip?: string | undefined;
  readonly start?: () => Promise<S3Server>;
  readonly create: (server: S3Server | undefined) => Promise<Blobs>;
}

for (const { name, skip, start, create: createAt } of drivers) {
  describe(`the blob contract: ${name}`, { skip: skip ?? false }, () => {
    let server: S3Server | undefined;
    before(async () => void (server = await start?.()));
    after(() => server?.stop());
    const create = async (): Promise<Blobs> => await createAt(server);

    it("gives back what was put, under the SHA-256 of its content", async () => {
      const blobs = await create();
      // The digest of "abc" is the example of FIPS 180-4.
      const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
      assert.deepEqual(await blobs.put(Buffer.from("abc")), { digest, sizeBytes: 3 });
      assert.equal(await blobs.readText(digest), "abc");
      assert.deepEqual(
        [
          await blobs.has(digest),
          await blobs.sizeOf(digest),
          await blobs.verify(digest),
          await blobs.inspect(digest),
        ],
        [true, 3, true, "sound"],
      );
    });

    it("takes a stream, a file and nothing at all", async () => {
      const blobs = await create();
      const path = join(await temporaryFolder(), "file");
      await writeFile(path, "one two");
      const expected = { digest: digestOf("one two"), sizeBytes: 7 };
      assert.deepEqual(await blobs.put(chunks("one", " two")), expected);
      assert.deepEqual(await blobs.putFile(path), expected);
      assert.deepEqual(await blobs.put(chunks()), { digest: digestOf(""), sizeBytes: 0 });
      assert.equal(await blobs.readText(digestOf("")), "");
    });

    it("reads a range", async () => {
      const blobs = await create();
      const { digest } = await blobs.put(Buffer.from("0123456789"));
      const read = async (range: { offset: number; length?: number }) =>
        await textOf(blobs.read(digest, range));
      assert.deepEqual(
        [
          await read({ offset: 0 }),
          await read({ offset: 7 }),
          await read({ offset: 2, length: 3 }),
          await read({ offset: 8, length: 9 }),
          await read({ offset: 10 }),
          await read({ offset: 3, length: 0 }),
        ],
        ["0123456789", "789", "234", "89", "", ""],
      );
    });

    it("refuses bytes that are not those announced, and keeps nothing of them", async () => {
      const blobs = await create();
      await assert.rejects(blobs.put(chunks("abc"), digestOf("abd")), { code: "blob_corrupt" });
      await assert.rejects(blobs.put(Buffer.from("abc"), digestOf("abd")), { code: "blob_corrupt" });
      assert.deepEqual([await listed(blobs), await blobs.has(digestOf("abc"))], [[], false]);
    });

    it("stores one content once, however many put it at the same time", async () => {
      const blobs = await create();
      await Promise.all(Array.from({ length: 20 }, () => blobs.put(chunks("same ", "bytes"))));
      assert.deepEqual(await listed(blobs), [{ digest: digestOf("same bytes"), sizeBytes: 10 }]);
    });

    it("keeps nothing of a stream that breaks off", async () => {
      const blobs = await create();
      const broken = (async function* () {
        yield Buffer.from("half");
        throw new Error("the line went dead");
      })();
      await assert.rejects(blobs.put(broken), /the line went dead/);
      assert.deepEqual(await listed(blobs), []);
    });

    it("writes copies with a mode, also over an older file, and shows a shared one", async () => {
      const blobs = await create();
      const target = join(await temporaryFolder(), "deep", "down", "run.sh");
      const { digest } = await blobs.put(Buffer.from("echo"));
      await blobs.materialise(digest, target);
      await blobs.materialise(digest, target, { mode: 0o755 });
      assert.deepEqual([await readFile(target, "utf8"), (await stat(target)).mode & 0o777], ["echo", 0o755]);
      assert.equal(await readFile(await blobs.localPath(digest), "utf8"), "echo");
    });

    it("says what it does not have", async () => {
      const blobs = await create();
      const digest = digestOf("absent");
      assert.deepEqual(
        [await blobs.has(digest), await blobs.sizeOf(digest), await blobs.verify(digest)],
        [false, undefined, false],
      );
      assert.equal(await blobs.inspect(digest), "missing");
      await assert.rejects(blobs.readBytes(digest), { code: "blob_missing" });
      await assert.rejects(textOf(blobs.read(digest, { offset: 1, length: 1 })), { code: "blob_missing" });
      await assert.rejects(blobs.materialise(digest, "/nowhere"), { code: "blob_missing" });
      await assert.rejects(textOf(blobs.read(digest)), { code: "blob_missing" });
      await assert.rejects(blobs.localPath(digest), { code: "blob_missing" });
      await assert.rejects(blobs.has("../../etc/passwd"), { code: "blob_missing" });
    });

    it("joins the parts of an upload in the order asked for, and forgets them", async () => {
      const blobs = await create();
      const second = await blobs.parts.put("upload1", 2, chunks("wo", "rld"));
      const wrong = await blobs.parts.put("upload1", 1, chunks("Hullo "));
      const first = await blobs.parts.put("upload1", 1, chunks("Hello "));
      assert.deepEqual(first, { digest: digestOf("Hello "), sizeBytes: 6 });
      const parts = [
        { number: 1, digest: first.digest },
        { number: 2, digest: second.digest },
      ];
      assert.deepEqual(await blobs.put(blobs.parts.read("upload1", parts)), {
        digest: digestOf("Hello world"),
        sizeBytes: 11,
      });
      assert.equal(
        await textOf(blobs.parts.read("upload1", [{ number: 1, digest: wrong.digest }])),
        "Hullo ",
      );
      for (const [upload, number, digest] of [
        ["upload1", 3, first.digest],
        ["upload1", 1, second.digest],
        ["upload2", 1, first.digest],
      ] as const) {
        const reading = textOf(blobs.parts.read(upload, [...parts, { number, digest }]));
        await assert.rejects(reading, { code: "upload_part_missing" });
      }
      await blobs.parts.remove("upload1");
      await blobs.parts.remove("upload1");
      await assert.rejects(textOf(blobs.parts.read("upload1", parts)), { code: "upload_part_missing" });
      assert.deepEqual(await listed(blobs), [{ digest: digestOf("Hello world"), sizeBytes: 11 }]);
    });

    it("keeps nothing of a part that breaks off, and refuses a name that is a path", async () => {
      const blobs = await create();
      const broken = (async function* () {
        yield Buffer.from("half");
        throw new Error("the line went dead");
      })();
      await assert.rejects(blobs.parts.put("upload1", 1, broken), /the line went dead/);
      const part = { number: 1, digest: digestOf("half") };
      await assert.rejects(textOf(blobs.parts.read("upload1", [part])), { code: "upload_part_missing" });
      await assert.rejects(blobs.parts.put("../up", 1, chunks("x")), /more than letters and digits/);
      await assert.rejects(blobs.parts.put("upload1", 0, chunks("x")), /no number of a part/);
    });

    it("tells when content was stored last, and deletes what was not stored since", async () => {
      const blobs = await create();
      const { digest } = await blobs.put(Buffer.from("some"));
      const ages: number[] = [];
      for await (const { storedAtMs } of blobs.list()) ages.push(Date.now() - storedAtMs);
      // A bucket tells whole seconds.
      assert.deepEqual(
        ages.map((age) => age > -2_000 && age < 60_000),
        [true],
      );
      assert.deepEqual(await blobs.deleteOlder([digest, digestOf("absent")], Date.now() - 60_000), []);
      assert.deepEqual(await blobs.deleteOlder([digest, digestOf("absent")], Date.now() + 60_000), [digest]);
      assert.deepEqual([await blobs.has(digest), await blobs.renew(digest)], [false, false]);
    });

    it("keeps notes of its own, which are no blobs", async () => {
      const { notes, list } = await create();
      await notes.write("some/one", Buffer.from("1"));
      await notes.write("some/two", Buffer.from("2"));
      await notes.write("some/one", Buffer.from("3"));
      assert.equal(Buffer.from((await notes.read("some/one")) ?? "").toString(), "3");
      assert.deepEqual(await notes.list("some"), ["some/one", "some/two"]);
      await notes.remove("some/one");
      assert.deepEqual([await notes.list("some"), await notes.read("some/one")], [["some/two"], undefined]);
      assert.deepEqual(await Array.fromAsync(list()), []);
    });

    it("deletes, and deleting twice is deleting", async () => {
      const blobs = await create();
      const { digest } = await blobs.put(Buffer.from("gone"));
      await blobs.delete(digest);
      await blobs.delete(digest);
      assert.equal(await blobs.has(digest), false);
    });
  });
}

async function* chunks(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of source) text += Buffer.from(chunk).toString();
  return text;
}

async function listed(blobs: Blobs): Promise<StoredBlob[]> {
  const found: StoredBlob[] = [];
  for await (const { digest, sizeBytes } of blobs.list()) found.push({ digest, sizeBytes });
  return found;
}
