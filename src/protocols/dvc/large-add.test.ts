import assert from "node:assert/strict";
import { createHash, hash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { processIdentity } from "#kernel/process-identity";

import { writeListing } from "./formats/listing.ts";
import { openTestRepository } from "./test-repository.ts";

// From so many files on, threads hash them, and new folders of the cache come into sight at once.
const many = 700;

describe("adding many files", () => {
  it("leaves the cache as if they were added one by one: each text once, read-only, under its digest", async (test) => {
    const texts = new Map<string, string>();
    // Every fourth text stands in two files, in folders that other threads may have.
    for (let index = 0; index < many; index++)
      texts.set(`${index % 7}/${index}.txt`, `text ${index % 4 === 0 ? index % 8 : index}`);
    texts.set("ünder/😀.txt", "not ASCII");
    texts.set("large.bin", "x".repeat(5 * 1024 * 1024));
    const files = Object.fromEntries([...texts].map(([path, text]) => [`data/${path}`, text]));
    const repository = openTestRepository(test, { ...files, "early.txt": "text 1", "other.txt": "text 2" });
    // Folders of two digits that are there before: for the others there is nothing to be kept.
    await repository.add("early.txt", "other.txt");
    const [added] = await repository.add("data");
    const listing = writeListing([...texts].map(([path, text]) => ({ path, md5: hash("md5", text, "hex") })));
    const objects = Object.fromEntries([...texts.values()].map((text) => [hash("md5", text, "hex"), text]));
    const folderDigest = `${hash("md5", listing, "hex")}.dir`;
    assert.equal(added?.state.md5, folderDigest);
    assert.deepEqual(repository.objects(), { ...objects, [folderDigest]: listing });
  });

  it("keeps a file that is named before them, too", async (test) => {
    const repository = openTestRepository(test, { ...manyFiles("data"), "single.txt": "by itself" });
    await repository.add("single.txt", "data");
    assert.equal(repository.objects()[hash("md5", "by itself", "hex")], "by itself");
  });

  it("puts nothing into the cache when one of them cannot be read, and leaves nothing beside it", async (test) => {
    const repository = openTestRepository(test, manyFiles("data"));
    symlinkSync("nowhere", join(repository.root, "data/broken"));
    await assert.rejects(repository.add("data"), { code: "ENOENT" });
    assert.deepEqual(readdirSync(join(repository.root, ".dvc/cache/files/md5")), []);
  });

  it("refuses a folder in which data is tracked by itself as it does a small one, and keeps nothing of it", async (test) => {
    const tracked = `outs:\n- md5: ${hash("md5", "", "hex")}\n  size: 0\n  path: model.bin\n`;
    const small = openTestRepository(test, { "data/part/model.bin.dvc": tracked });
    const large = openTestRepository(test, { ...manyFiles("data"), "data/part/model.bin.dvc": tracked });
    const refusal = {
      code: "dvc_overlap",
      message: /it is overlapping with other DVC tracked output: 'data\/part\/model\.bin'/,
    };
    await assert.rejects(small.add("data"), refusal);
    await assert.rejects(large.add("data"), refusal);
    assert.deepEqual(readdirSync(join(large.root, ".dvc/cache/files/md5")), []);
  });

  it("takes what looks like a description of data but is not one of this repository as data", async (test) => {
    const inner = { "inner/.dvc/config": "", "inner/model.bin.dvc": "outs:\n- path: model.bin\n" };
    const files = { ...manyFiles("data"), ...prefixed("data", inner) };
    const repository = openTestRepository(test, files);
    const [added] = await repository.add("data");
    assert.equal(added?.state.files, many + 1);
    assert.equal(
      repository.objects()[hash("md5", inner["inner/model.bin.dvc"], "hex")],
      inner["inner/model.bin.dvc"],
    );
  });

  it("takes away what an add that died had staged, and nothing of one that lives", async (test) => {
    const repository = openTestRepository(test, manyFiles("data"));
    const objects = join(repository.root, ".dvc/cache/files/md5");
    const here = processIdentity.split("/")[0] ?? "";
    const staged = [
      `.gyre-staged-1-${here}~${2 ** 22 + 1}~`,
      `.gyre-staged-1-${here}~${process.ppid}~`,
      `.gyre-staged-1-elsewhere~1~`,
    ];
    for (const name of staged) mkdirSync(join(objects, name, "into-00"), { recursive: true });
    await repository.add("data");
    assert.deepEqual(
      readdirSync(objects).filter((name) => name.startsWith(".gyre-")),
      staged.slice(1).toSorted(),
    );
  });
});

describe("adding large files", () => {
  it("makes the folders of a cache anew that somebody has emptied since", async (test) => {
    const text = "large ".repeat(1_000_000);
    const repository = openTestRepository(test, { "large.txt": text });
    await repository.add("large.txt");
    rmSync(join(repository.root, ".dvc/cache"), { recursive: true });
    await repository.add("large.txt");
    assert.deepEqual(repository.objects(), { [hash("md5", text, "hex")]: text });
  });

  it("lets every thread have some of them, and takes the digest of each whole", async (test) => {
    const repository = openTestRepository(test, { "data/small": "small" });
    const sizes = [33, 0.5, 40, 5, 34].map((mebibytes) => mebibytes * 1024 * 1024);
    for (const [index, size] of sizes.entries()) {
      writeFileSync(join(repository.root, `data/${index}`), "");
      truncateSync(join(repository.root, `data/${index}`), size);
    }
    const found = await repository.run(async (session) => await session.look("data"));
    assert.deepEqual(
      found?.listing?.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      [
        ...sizes.map((size, index) => ({ path: String(index), md5: digestOfZeros(size) })),
        { path: "small", md5: hash("md5", "small", "hex") },
      ],
    );
  });
});

function prefixed(folder: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
}

function manyFiles(folder: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: many }, (_, index) => [`${folder}/${index}`, `file ${index}`]),
  );
}

function digestOfZeros(size: number): string {
  return createHash("md5").update(Buffer.alloc(size)).digest("hex");
}
