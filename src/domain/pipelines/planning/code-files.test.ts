import assert from "node:assert/strict";
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";

import { createMemoryBlobs } from "#kernel/blobs";
import { temporaryFolder } from "#kernel/testing";

import { readIgnoreRules } from "./ignore.ts";
import { snapshotCode } from "./snapshot.ts";

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

async function snapshotOf(folder: string, dataPaths: readonly string[] = []): Promise<readonly string[]> {
  const project = {
    id: "p",
    folder,
    pipeline: { file: "dvc.yaml" },
    python: { requirements: "req.txt", version: ">=3.10" },
  };
  const { code } = await snapshotCode(
    createMemoryBlobs(),
    project,
    dataPaths,
    join(await temporaryFolder(), "cache.json"),
  );
  return code.files.map((file) => file.path);
}

describe("the code of a project", () => {
  it("is its files without results, data, leftovers, environments, links and what is ignored", async () => {
    const folder = await folderWith({
      "dvc.yaml":
        "stages: {t: {cmd: x, deps: [src, used/in.csv, data/m.csv], outs: [model], metrics: [out/m.json]}}",
      "req.txt": "a",
      "src/train.py": "",
      "src/__pycache__/train.pyc": "",
      "model/weights": "",
      "out/m.json": "",
      "out/notes.md": "",
      "data/m.csv": "",
      ".git/config": "",
      ".gyre/state.db": "",
      "node_modules/a/index.js": "",
      "env/pyvenv.cfg": "",
      "env/bin/python": "",
      ".gitignore": "*.log\n/used\nreq.txt\n",
      "deep/er/run.log": "",
      "deep/.dvcignore": "!keep.log\nsecret/\n",
      "deep/keep.log": "",
      "deep/secret/a": "",
      "used/in.csv": "",
      "used/other.csv": "",
    });
    await symlink("/etc/hostname", join(folder, "link"));
    assert.deepEqual(await snapshotOf(folder, ["data/m.csv"]), [
      ".gitignore",
      "deep/.dvcignore",
      "deep/keep.log",
      "dvc.yaml",
      "out/notes.md",
      "req.txt",
      "src/train.py",
      "used/in.csv",
    ]);
  });

  it("does not hold files of more than 50 MB, unless a stage names them", async () => {
    const folder = await folderWith({
      "dvc.yaml": "stages: {t: {cmd: x, deps: [named.bin]}}",
      "req.txt": "",
      "big/file.bin": "",
    });
    await writeFile(join(folder, "named.bin"), "");
    await truncate(join(folder, "named.bin"), 60_000_000);
    await truncate(join(folder, "big/file.bin"), 51_000_000);
    await assert.rejects(snapshotOf(folder), {
      code: "code_file_too_large",
      message: "big/file.bin holds 51 MB, which is too much for code.",
    });
    await writeFile(join(folder, ".dvcignore"), "big\n");
    assert.deepEqual(await snapshotOf(folder), [".dvcignore", "dvc.yaml", "named.bin", "req.txt"]);
  });
});

describe("an ignore rule", () => {
  for (const [rule, path, isFolder, expected] of [
    ["*.log", "a/b.log", false, true],
    ["/b.log", "a/b.log", false, undefined],
    ["a/*.log", "a/b.log", false, true],
    ["a/*.log", "a/c/b.log", false, undefined],
    ["a/**", "a/c/b.log", false, true],
    ["**/c", "a/b/c", true, true],
    ["build/", "build", false, undefined],
    ["build/", "x/build", true, true],
    ["?.txt", "a.txt", false, true],
    ["[!a].txt", "a.txt", false, undefined],
    ["*.log\n!keep.log", "keep.log", false, false],
    ["# *.log", "a.log", false, undefined],
    ["\\#x", "#x", false, true],
    ["a.c", "abc", false, undefined],
  ] as const) {
    it(`${JSON.stringify(rule)} says ${expected} of ${path}${isFolder ? "/" : ""}`, () => {
      assert.equal(readIgnoreRules(rule)(path, isFolder), expected);
    });
  }
});
