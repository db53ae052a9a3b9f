import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";

import { dvcVerbs, withSession } from "./index.ts";
import { openTestRepository, refusalOf } from "./test-repository.ts";

// What public repositories showed that dvc does otherwise than one would think.

describe("a stage that DVC 2 ran", () => {
  const legacy = "60b725f10c9c85c70d97880dfe8191b3";
  const folder = "88bad248a75be3bbf39caff75a1b280f.dir";

  it("keeps the digests of what did not change, with the sizes of now and the objects where DVC 2 has them", async (test) => {
    const line = (item: string, sizeBytes: number): string => `    - ${item}\n      size: ${sizeBytes}\n`;
    const lock = (cmd: string, sizes: readonly [number, number, number], files: number): string =>
      `schema: '2.0'\nstages:\n  s:\n    cmd: ${cmd}\n    deps:\n` +
      line(`path: in\n      md5: ${legacy}`, sizes[0]) +
      "    outs:\n" +
      line(`path: folder\n      md5: ${folder}`, sizes[1]).trimEnd() +
      `\n      nfiles: ${files}\n` +
      line(`path: out\n      md5: ${legacy}`, sizes[2]);
    const repository = openTestRepository(test, {
      in: "a\n",
      "dvc.yaml":
        "stages:\n  s:\n    cmd: unix2dos < in > out; mkdir folder; cp out folder/one\n    deps: [in]\n    outs: [out, folder]\n".replace(
          "unix2dos",
          "sed 's/$/\\r/'",
        ),
      "dvc.lock": lock("was other", [99, 98, 97], 7),
    });
    await repository.repro();
    assert.equal(
      repository.read("dvc.lock"),
      lock("sed 's/$/\\r/' < in > out; mkdir folder; cp out folder/one", [2, 3, 3], 1),
    );
    const cache = join(repository.root, ".dvc/cache");
    assert.equal(readFileSync(join(cache, legacy.slice(0, 2), legacy.slice(2)), "utf8"), "a\r\n");
    assert.ok(existsSync(join(cache, folder.slice(0, 2), folder.slice(2))));
    assert.ok(!existsSync(join(cache, "files")));
    assert.deepEqual(await repository.status(), {});
  });
});

describe("a frozen stage", () => {
  it("is not run, but says in dvc.lock what its outs were changed beside", async (test) => {
    const repository = openTestRepository(test, {
      in: "1\n",
      "dvc.yaml": "stages:\n  s: {cmd: cp in out, deps: [in], outs: [out]}\n",
    });
    await repository.repro();
    const pipeline = repository.read("dvc.yaml").replace("{cmd", "{frozen: true, cmd");
    repository.write("dvc.yaml", pipeline);
    repository.write("in", "2\n");
    assert.deepEqual(await repository.repro(), []);
    assert.match(repository.read("dvc.lock"), /path: in\n.*\n {6}md5: b026324c6904b2a9cb4b88d6d61c81d1/);
    repository.write("out", "three\n");
    assert.deepEqual(await repository.repro(), ["s"]);
    assert.equal(repository.read("out"), "three\n");
    assert.match(repository.read("dvc.lock"), /path: in\n.*\n {6}md5: 26ab0db90d72e28ad0ba1e22ee510510/);
  });
});

describe("what .dvcignore leaves out", () => {
  it("is there as a dependency, and not as an out", async (test) => {
    const repository = openTestRepository(test, {
      ".dvcignore": "in\nout\n",
      in: "1\n",
      out: "1\n",
      "dvc.yaml": "stages:\n  s: {cmd: cp in out, deps: [in], outs: [out]}\n",
    });
    assert.deepEqual(await repository.status(), {
      s: [{ "changed deps": { in: "modified" } }, { "changed outs": { out: "deleted" } }],
    });
  });
});

describe("a repository under Git", () => {
  const git = (root: string, ...words: string[]): void => {
    execFileSync("git", ["-C", root, "-c", "user.name=a", "-c", "user.email=a@b", ...words], {
      stdio: "pipe",
    });
  };
  const underGit = (test: TestContext, files: Readonly<Record<string, string>>) => {
    const repository = openTestRepository(test, { ...files, ".dvc/.gitignore": "/lock\n" });
    repository.write(".dvc/config", "");
    git(repository.root, "init", "-q", "-b", "main");
    return repository;
  };

  it("is shown nothing of what a clone keeps for itself, also when it is older than that place", async (test) => {
    const repository = underGit(test, {});
    await repository.status();
    assert.equal(repository.read(".dvc/.gitignore"), "/lock\n/config.local\n/tmp\n/cache\n");
  });

  it("keeps an out that Git tracks from the lock file", async (test) => {
    const repository = underGit(test, {
      "dvc.yaml": "stages:\n  s: {cmd: echo 1 > out, outs: [out]}\n",
      out: "0\n",
    });
    git(repository.root, "add", "--all");
    const refusal = await refusalOf(repository.repro());
    assert.match(refusal.message, /output 'out' is already tracked by SCM/);
    assert.ok(!existsSync(join(repository.root, "dvc.lock")));
  });

  it("holds others in its folders, whose pipelines and earlier states are their own", async (test) => {
    const repository = underGit(test, { "m.json": "1", "dvc.yaml": "metrics: [m.json]\n" });
    git(repository.root, "add", "--all");
    git(repository.root, "commit", "-q", "-m", "one");
    git(repository.root, "tag", "before");
    for (const [path, text] of [
      [".dvc/config", ""],
      ["m.json", "2"],
      ["dvc.yaml", "metrics: [m.json]\n"],
    ] as const)
      repository.write(`inner/${path}`, text);
    git(repository.root, "add", "--all");
    git(repository.root, "commit", "-q", "-m", "two");
    git(repository.root, "tag", "after");
    const { metricsOf, showMetrics } = await dvcVerbs.measures();
    assert.deepEqual(
      Object.keys(await repository.run(async (session) => await metricsOf(session, "HEAD", []))),
      ["m.json"],
    );
    const voice = { say: () => undefined, warn: () => undefined, tell: () => undefined };
    const shown = await withSession(
      { here: join(repository.root, "inner"), voice },
      async (session) => await showMetrics(session, [], { allTags: true }),
    );
    assert.deepEqual(Object.keys(shown), ["workspace", "after"]);
  });

  it("tells of a changed folder alone when nobody knows which files it had", async (test) => {
    const file = (md5: string): string => `outs:\n- md5: ${md5}.dir\n  hash: md5\n  path: data\n`;
    const repository = underGit(test, {
      "data.dvc": file("ab".repeat(16)),
      "data/one": "1\n",
      ".gitignore": "/data\n",
    });
    git(repository.root, "add", "--all");
    git(repository.root, "commit", "-q", "-m", "one");
    await repository.add("data");
    const diff = await dvcVerbs.diff();
    const found = await repository.run(
      async (session) => await diff(session, { before: "HEAD", after: undefined, targets: [] }),
    );
    assert.deepEqual(
      [found?.added, found?.deleted, found?.modified.map(({ path }) => path)],
      [[], [], ["data/"]],
    );
  });

  it("is not asked for where there is none: all tags are the work tree", async (test) => {
    const repository = openTestRepository(test, { "dvc.yaml": "metrics: [m.json]\n", "m.json": "1" });
    const { showMetrics } = await dvcVerbs.measures();
    assert.deepEqual(
      await repository.run(async (session) => await showMetrics(session, [], { allTags: true })),
      { workspace: { data: { "m.json": { data: 1n } } } },
    );
  });

  it("finds the files of a folder of metrics in a commit as well", async (test) => {
    const repository = underGit(test, {
      "dvc.yaml": "metrics: [m]\n",
      "m/deep/a.json": "1",
      "m/b.json": "2",
    });
    git(repository.root, "add", "--all");
    git(repository.root, "commit", "-q", "-m", "one");
    const { metricsOf } = await dvcVerbs.measures();
    const files = { "m/b.json": { data: 2n }, "m/deep/a.json": { data: 1n } };
    for (const revision of ["HEAD", undefined])
      assert.deepEqual(
        await repository.run(async (session) => await metricsOf(session, revision, [])),
        files,
      );
  });

  it("shows metrics by branches and tags, and the work tree where it differs from its branch", async (test) => {
    const repository = underGit(test, { "dvc.yaml": "metrics: [m.json]\n", "m.json": '{"a": 1}' });
    git(repository.root, "add", "--all");
    git(repository.root, "commit", "-q", "-m", "one");
    git(repository.root, "tag", "v1");
    git(repository.root, "tag", "v2");
    const { showMetrics } = await dvcVerbs.measures();
    const of = async (options: Parameters<typeof showMetrics>[2]) =>
      await repository.run(async (session) => await showMetrics(session, [], options));
    const one = { data: { "m.json": { data: { a: 1n } } } };
    assert.deepEqual(await of({}), { "": one });
    assert.deepEqual(await of({ allTags: true }), { workspace: one, "v1,v2": one });
    assert.deepEqual(await of({ allBranches: true }), { main: one });
    repository.write("m.json", '{"a": 2}');
    const two = { data: { "m.json": { data: { a: 2n } } } };
    assert.deepEqual(await of({ allBranches: true }), { workspace: two, main: one });
  });
});

describe("metrics that are not there", () => {
  it("are not taken from the cache when they are for Git alone", async (test) => {
    const repository = openTestRepository(test, {
      in: "1\n",
      "dvc.yaml": "stages:\n  s: {cmd: cp in m.json, deps: [in], metrics: [m.json: {cache: false}]}\n",
    });
    await repository.repro();
    rmSync(join(repository.root, "m.json"));
    const { metricsOf } = await dvcVerbs.measures();
    assert.deepEqual(await repository.run(async (session) => await metricsOf(session, undefined, [])), {
      "m.json": {
        error: { type: "FileNotFoundError", msg: "[Errno 2] No such file or directory: 'm.json'" },
      },
    });
  });

  it("tell whether no cache is to have them, the cache has not, or their folder is unknown", async (test) => {
    const md5 = "ab".repeat(16);
    const repository = openTestRepository(test, {
      "dvc.yaml":
        "metrics: [d/e/m.json]\nstages:\n  s: {cmd: none, outs: [d/e], metrics: [lost.json, {never.json: {cache: false}}]}\n",
      "dvc.lock": `schema: '2.0'\nstages:\n  s:\n    cmd: none\n    outs:\n    - path: d/e\n      hash: md5\n      md5: ${md5}.dir\n    - path: lost.json\n      hash: md5\n      md5: ${md5}\n`,
    });
    const { metricsOf } = await dvcVerbs.measures();
    assert.deepEqual(await repository.run(async (session) => await metricsOf(session, undefined, [])), {
      "lost.json": {
        error: { type: "FileNotFoundError", msg: "[Errno 2] No storage files available: 'lost.json'" },
      },
      "never.json": {
        error: { type: "FileNotFoundError", msg: "[Errno 2] No such file or directory: 'never.json'" },
      },
      "d/e/m.json": { error: { type: "DataIndexDirError", msg: "failed to load directory ('d', 'e')" } },
    });
  });

  it("and parameters that are true or false differ by one", async () => {
    const { diffMeasures } = await dvcVerbs.measures();
    const file = (a: boolean) => ({ "p.yaml": { data: { a } } });
    assert.deepEqual(diffMeasures(file(false), file(true), false), {
      "p.yaml": { a: { old: false, new: true, diff: 1n } },
    });
  });
});

describe("what is imported from another repository", () => {
  it("has no part in the graph by the path it has there", async (test) => {
    const imported =
      "frozen: true\ndeps:\n- path: a\n  repo:\n    url: https://example.org/r\nouts:\n- path: a\n";
    const repository = openTestRepository(test, {
      "a.dvc": imported,
      "dvc.yaml": "stages:\n  s: {cmd: cp a b, deps: [a], outs: [b]}\n",
    });
    const { dag } = await dvcVerbs.dag();
    assert.deepEqual(await repository.run(async (session) => await dag(session, { isOfOuts: true })), {
      nodes: ["a", "b"],
      edges: [["a", "b"]],
    });
    assert.deepEqual(await repository.run(async (session) => await dag(session, {})), {
      nodes: ["a.dvc", "s"],
      edges: [["a.dvc", "s"]],
    });
  });
});

describe("paths that dvc.yaml writes in a longer way", () => {
  it("are written so into dvc.lock, and found there again", async (test) => {
    const repository = openTestRepository(test, {
      in: "1\n",
      "sub/p.yaml": "a: 1\n",
      "dvc.yaml":
        "stages:\n  s:\n    cmd: mkdir -p d e && cp in d/one && cp in e/two\n    deps: [./in]\n" +
        "    params: [sub/../sub/p.yaml: [a]]\n    outs: [d/, e//two]\n",
    });
    assert.deepEqual(await repository.repro(), ["s"]);
    const lock = repository.read("dvc.lock");
    assert.deepEqual(
      [...lock.matchAll(/path: (.*)|^ {6}(sub.*):$/gm)].map(([, path, file]) => path ?? file),
      ["./in", "sub/../sub/p.yaml", "d/", "e//two"],
    );
    assert.deepEqual(await repository.status(), {});
    assert.deepEqual(await repository.repro(), []);
  });
});

describe("a dvc.lock that Git calls executable", () => {
  it("stays so", async (test) => {
    const repository = openTestRepository(test, {
      "dvc.yaml": 'stages:\n  s: {cmd: "true"}\n',
      "dvc.lock": "schema: '2.0'\n",
    });
    const lock = join(repository.root, "dvc.lock");
    chmodSync(lock, 0o755);
    await repository.repro();
    assert.match(repository.read("dvc.lock"), /cmd/);
    assert.equal(statSync(lock).mode & 0o777, 0o755);
  });
});

describe("commands in dvc.lock", () => {
  it("whose line breaks between two blanks are read back before the next stage is written, as DVC does", async (test) => {
    const command = `true ${"a".repeat(30)} ${"b".repeat(30)}  ${"c".repeat(30)}`;
    const repository = openTestRepository(test, {
      "dvc.yaml": `stages:\n  one:\n    cmd: "${command}"\n\n  two:\n    cmd: "true"\n`,
    });
    await repository.repro();
    assert.match(repository.read("dvc.lock"), /b \n {6}c+\n {2}two:/);
  });
});

describe("plots", () => {
  it("leave out pictures that neither the work tree nor the cache has", async (test) => {
    const repository = openTestRepository(test, {
      "dvc.yaml": "stages:\n  s: {cmd: none, plots: [a.png]}\n",
      "dvc.lock": `schema: '2.0'\nstages:\n  s:\n    cmd: none\n    outs:\n    - path: a.png\n      hash: md5\n      md5: ${"ab".repeat(16)}\n`,
    });
    const { drawPlots } = await dvcVerbs.plots();
    const plots = await repository.run(
      async (session) => await drawPlots(session, { targets: [], revisions: [undefined], settings: {} }),
    );
    assert.deepEqual(plots, []);
  });

  it("leave out what is no plots file, and draw the others", async (test) => {
    const repository = openTestRepository(test, {
      "dvc.yaml": "plots: [p]\n",
      "p/a.csv": "step,loss\n0,1\n",
      "p/b.txt": "a text\n",
      "p/c.json": "{",
    });
    const { drawPlots } = await dvcVerbs.plots();
    const plots = await repository.run(
      async (session) => await drawPlots(session, { targets: [], revisions: [undefined], settings: {} }),
    );
    assert.deepEqual(
      plots.map(({ id }) => id),
      ["p/a.csv"],
    );
  });
});
