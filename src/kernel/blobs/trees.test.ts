import assert from "node:assert/strict";
import { chmod, mkdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";

import { digestOf } from "../digest.ts";
import { temporaryFolder } from "../testing/index.ts";
import { createMemoryBlobs, isSafePath, materialiseTree, putTree, readTree } from "./index.ts";
import type { Blobs } from "./index.ts";

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

describe("a tree of files", () => {
  it("comes back as it was put, with executable bits and without what is ignored", async () => {
    const blobs = createMemoryBlobs();
    const folder = await folderWith({ "b/run.sh": "echo", "a.txt": "A", ".git/HEAD": "x", "b/big.tmp": "y" });
    await chmod(join(folder, "b/run.sh"), 0o755);
    const ignore = (path: string) => path === ".git/" || path.endsWith(".tmp");
    const tree = await putTree(blobs, folder, { ignore });
    assert.deepEqual(tree.files, [
      { path: "a.txt", digest: digestOf("A"), sizeBytes: 1, executable: false },
      { path: "b/run.sh", digest: digestOf("echo"), sizeBytes: 4, executable: true },
    ]);
    assert.deepEqual(await readTree(blobs, tree.digest), tree);
    const copy = join(await temporaryFolder(), "copy");
    await materialiseTree(blobs, tree, copy);
    assert.deepEqual(
      [await readFile(join(copy, "a.txt"), "utf8"), (await stat(join(copy, "b/run.sh"))).mode & 0o777],
      ["A", 0o755],
    );
    assert.equal((await putTree(blobs, copy)).digest, tree.digest);
  });

  it("reads unchanged files once, and changed ones again", async () => {
    const folder = await folderWith({ old: "1", young: "2" });
    const statCachePath = join(await temporaryFolder(), "cache");
    const { blobs, read } = countingBlobs();
    // The change time of a file cannot be set, so both are as young as this test: the rule for files
    // changed just before they were hashed makes both be read again.
    await putTree(blobs, folder, { statCachePath });
    await putTree(blobs, folder, { statCachePath });
    assert.equal(read.length, 4);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await putTree(blobs, folder, { statCachePath });
    assert.equal(read.length, 6);
    await putTree(blobs, folder, { statCachePath });
    assert.equal(read.length, 6);
    // Same size, and its times set back: the change time still tells.
    const { mtime, atime } = await stat(join(folder, "old"));
    await writeFile(join(folder, "old"), "3");
    await utimes(join(folder, "old"), atime, mtime);
    const tree = await putTree(blobs, folder, { statCachePath });
    assert.deepEqual([read.length, tree.files[0]?.digest], [7, digestOf("3")]);
  });

  it("refuses links, when stored and when they lie in the way of a copy", async () => {
    const blobs = createMemoryBlobs();
    const folder = await folderWith({ "sub/a": "A" });
    const tree = await putTree(blobs, folder);
    const outside = await temporaryFolder();
    const target = await temporaryFolder();
    await symlink(outside, join(target, "sub"));
    await assert.rejects(materialiseTree(blobs, tree, target), { code: "unsafe_path" });
    await assert.rejects(putTree(blobs, target), { code: "unsafe_path" });
  });

  it("refuses paths that leave their folder", async () => {
    const refused = ["", "/etc/passwd", "../up", "a/../../b", "a//b", "./a", "a\\b", "C:/x", "a\0b", "a/"];
    assert.deepEqual(refused.filter(isSafePath), []);
    assert.deepEqual(
      ["a", "a/b.txt", "..a/b", "ü/…"].filter((path) => !isSafePath(path)),
      [],
    );
    const blobs = createMemoryBlobs();
    const { digest } = await blobs.put(Buffer.from("x"));
    const files = [{ path: "../x", digest, sizeBytes: 1, executable: false }];
    await assert.rejects(materialiseTree(blobs, { files }, await temporaryFolder()), { code: "unsafe_path" });
  });
});

function countingBlobs(): { blobs: Blobs; read: string[] } {
  const blobs = createMemoryBlobs();
  const read: string[] = [];
  return {
    read,
    blobs: {
      ...blobs,
      putFile: async (path) => {
        read.push(path);
        return await blobs.putFile(path);
      },
    },
  };
}
