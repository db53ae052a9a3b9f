import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { digestOf } from "../digest.ts";
import { fullDisk, temporaryFolder } from "../testing/index.ts";
import { createDiskBlobs } from "./index.ts";

describe("blobs on a disk", () => {
  it("lie in read-only files named by their digest, and nothing else stays behind", async () => {
    const folder = await temporaryFolder();
    const blobs = createDiskBlobs({ folder });
    const { digest } = await blobs.put(Buffer.from("abc"));
    const path = join(folder, digest.slice(0, 2), digest.slice(2));
    assert.deepEqual([await readFile(path, "utf8"), (await stat(path)).mode & 0o777], ["abc", 0o444]);
    assert.equal(await blobs.localPath(digest), path);
    assert.deepEqual(await readdir(join(folder, "incoming")), []);
  });

  it("tell damage, and are mended by putting the content again when its size is wrong", async () => {
    const folder = await temporaryFolder();
    const blobs = createDiskBlobs({ folder });
    const { digest } = await blobs.put(Buffer.from("abc"));
    await writeFile(await blobs.localPath(digest), "abcd").catch(() => {});
    assert.deepEqual([await blobs.verify(digest), await blobs.inspect(digest)], [false, "damaged"]);
    await blobs.put(Buffer.from("abc"));
    assert.deepEqual([await blobs.verify(digest), await blobs.inspect(digest)], [true, "sound"]);
  });

  it("say that the disk is full, keep nothing of it, and go on when there is room", async (test) => {
    const disk = await fullDisk(1024 * 1024);
    if (disk === undefined) return test.skip("a small file system cannot be mounted here");
    const blobs = createDiskBlobs({ folder: join(disk.folder, "blobs") });
    await blobs.put(Buffer.from("small"));
    await disk.fill();
    const large = Buffer.alloc(100_000, 7);
    await assert.rejects(blobs.put(large), { code: "disk_full", kind: "unavailable" });
    assert.equal(await blobs.has(digestOf(large)), false);
    await disk.makeRoom();
    await blobs.put(large);
    assert.equal(await blobs.verify(digestOf(large)), true);
  });

  it("say that their folder is read-only", async (test) => {
    const disk = await fullDisk(1024 * 1024);
    if (disk === undefined) return test.skip("a small file system cannot be mounted here");
    const blobs = createDiskBlobs({ folder: join(disk.folder, "blobs") });
    const { digest } = await blobs.put(Buffer.from("kept"));
    disk.makeReadOnly();
    await assert.rejects(blobs.put(Buffer.from("new")), { code: "folder_not_writable" });
    assert.equal(await blobs.readText(digest), "kept");
  });
});
