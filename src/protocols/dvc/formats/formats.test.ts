import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";

import { mergeConfig, readConfig } from "./config.ts";
import { writeDvcFile } from "./dvc-file.ts";
import { digestOfListing, readListing, writeListing } from "./listing.ts";
import { readLockFile, writeLockFile } from "./lock-file.ts";
import { compareText, writePythonJson } from "./python-json.ts";

describe("the listing of a folder", () => {
  it("has the digest DVC gives it", () => {
    const text = writeListing([
      { path: "index.jpeg", md5: "402e97968614f583ece3b35555971f64" },
      { path: "cat.jpeg", md5: "de7371b0119f4f75f9de703c7c3bac16" },
    ]);
    assert.equal(
      text,
      '[{"md5": "de7371b0119f4f75f9de703c7c3bac16", "relpath": "cat.jpeg"}, {"md5": "402e97968614f583ece3b35555971f64", "relpath": "index.jpeg"}]',
    );
    assert.equal(digestOfListing(text), "6fdb5336fce0dbfd669f83065f107551.dir");
  });

  it("escapes what is not ASCII and sorts by code point, as Python does", () => {
    const text = writeListing([
      { path: "\u{1f600}", md5: "2" },
      { path: "\uffee", md5: "1" },
    ]);
    assert.equal(text, '[{"md5": "1", "relpath": "\\uffee"}, {"md5": "2", "relpath": "\\ud83d\\ude00"}]');
    assert.ok(compareText("\uffee", "\u{1f600}") < 0);
  });

  it("reads its own bytes and refuses paths that leave the folder", () => {
    const files = [{ path: "a/ü", md5: "1" }];
    assert.deepEqual(readListing("l", writeListing(files)), files);
    for (const path of ["../a", "/a", "a//b", "."]) {
      assert.throws(
        () => readListing("l", JSON.stringify([{ md5: "1", relpath: path }])),
        (error: unknown) => error instanceof Problem && error.code === "dvc_file_invalid",
      );
    }
  });
});

describe("JSON as Python writes it", () => {
  it("sorts keys, spaces signs, and keeps whole numbers and fractions apart", () => {
    assert.equal(
      writePythonJson({ b: [1n, 1, null, true], a: { é: "x\u007f" }, c: 1e-7 }),
      '{"a": {"\\u00e9": "x\u007f"}, "b": [1, 1.0, null, true], "c": 1e-07}',
    );
  });
});

describe("a lock file", () => {
  const text = "schema: '2.0'\nstages:\n  a:\n    cmd: one\n  b:\n    cmd: two\n";
  const lock = readLockFile("dvc.lock", text);

  it("is written as it was, but for the entries that changed; new ones stand last", () => {
    assert.equal(writeLockFile(lock, new Map()), text);
    assert.equal(
      writeLockFile(
        lock,
        new Map([
          ["a", { cmd: "three" }],
          ["c", { cmd: "four" }],
        ]),
      ),
      "schema: '2.0'\nstages:\n  a:\n    cmd: three\n  b:\n    cmd: two\n  c:\n    cmd: four\n",
    );
  });

  it("begins with its schema when it is new", () => {
    assert.equal(
      writeLockFile(readLockFile("dvc.lock", undefined), new Map([["a", { cmd: "x" }]])),
      "schema: '2.0'\nstages:\n  a:\n    cmd: x\n",
    );
  });

  it("keeps comments and numbers in a form of their own", () => {
    const commented =
      "schema: '2.0'\nstages:\n  a: # by hand\n    cmd: one\n    params:\n      p.yaml:\n        x: 1.0e-3\n  b:\n    cmd: two\n";
    const written = writeLockFile(readLockFile("dvc.lock", commented), new Map([["b", { cmd: "3" }]]));
    assert.equal(written, commented.replace("cmd: two", "cmd: '3'"));
    const numbers = text.replace("cmd: one\n", "cmd: one\n    params:\n      p.yaml:\n        x: 1.0e-3\n");
    assert.equal(writeLockFile(readLockFile("dvc.lock", numbers), new Map()), numbers);
  });

  it("of another schema is refused, with its name", () => {
    assert.throws(() => readLockFile("dvc.lock", "schema: '3.0'\n"), /dvc\.lock cannot be read: its schema/);
  });
});

describe("a .dvc file", () => {
  it("keeps the order of its keys, and its comments, when it is written again", () => {
    assert.equal(
      writeDvcFile("a.dvc", "outs:\n- path: a\n  md5: '1'\n  size: 1\n", {
        outs: [{ md5: "2", size: 5n, hash: "md5", path: "a" }],
        meta: { by: "me" },
      }),
      "outs:\n- path: a\n  md5: '2'\n  size: 5\n  hash: md5\nmeta:\n  by: me\n",
    );
    assert.equal(
      writeDvcFile("a.dvc", "# ours\nouts:\n- md5: aa\n  path: a # here\n", {
        outs: [{ md5: "bb", path: "a" }],
      }),
      "# ours\nouts:\n- md5: bb\n  path: a # here\n",
    );
  });
});

describe("settings", () => {
  it("are read from sections, and those of a nearer file count", () => {
    const team = readConfig(
      "config",
      '[core]\n    remote = store # ours\n[\'remote "store"\']\n    url = s3://b/p\n[cache]\ntype = "reflink,copy"\n',
    );
    const own = readConfig("config.local", "['remote \"store\"']\n    access_key_id = k\n");
    assert.deepEqual(
      [...mergeConfig([team, own])].map(([name, settings]) => [name, Object.fromEntries(settings)]),
      [
        ["core", { remote: "store" }],
        ['remote "store"', { url: "s3://b/p", access_key_id: "k" }],
        ["cache", { type: "reflink,copy" }],
      ],
    );
  });

  it("that make no sense are refused with the line", () => {
    assert.throws(
      () => readConfig("config", "[core]\nremote\n"),
      (error: unknown) => error instanceof Problem && error.position?.line === 2,
    );
  });
});
