import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { dvcVerbs } from "./index.ts";
import { openTestRepository, refusalOf } from "./test-repository.ts";

const hello = "b1946ac92492d2347c6235b4d2611184";

describe("adding data", () => {
  it("writes what DVC writes, and stores read-only objects under their digests", async (test) => {
    const repository = openTestRepository(test, { "data/a.txt": "hello\n", "data/sub/b": "x" });
    await repository.add("data");
    assert.equal(
      repository.read("data.dvc"),
      "outs:\n- md5: 3688725ed0cda7c67b858f447783c260.dir\n  size: 7\n  nfiles: 2\n  hash: md5\n  path: data\n",
    );
    assert.equal(readFileSync(repository.objectOf(hello), "utf8"), "hello\n");
    assert.equal(statSync(repository.objectOf(hello)).mode & 0o777, 0o444);
    assert.deepEqual(await repository.status(), {});
  });

  it("reads again only the file that changed", async (test) => {
    const files = Object.fromEntries(
      Array.from({ length: 700 }, (_, index) => [`data/${index}`, `file ${index}`]),
    );
    const repository = openTestRepository(test, files);
    // Files as young as the clock's tick are read again to be safe: these are to be older.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const hashed = async (): Promise<number | undefined> =>
      await repository.run(async (session) => (await session.look("data"))?.hashedFiles);
    assert.equal(await hashed(), 700);
    assert.equal(await hashed(), 0);
    repository.write("data/7", "another text");
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(await hashed(), 1);
    assert.equal(await hashed(), 0);
  });

  it("tells of an object that left the cache, however often all of them were there before", async (test) => {
    const repository = openTestRepository(test, { "data/a": "hello\n", "data/b": "other\n" });
    await repository.add("data");
    const remembered = join(repository.root, ".dvc/tmp/gyre/complete-listings.json");
    while (!existsSync(remembered)) {
      assert.deepEqual(await repository.status(), {});
      // What changed within the last tick of the clock is not remembered.
      await sleep(10);
    }
    assert.deepEqual(await repository.status(), {});
    rmSync(repository.objectOf(hello));
    const missing = { "data.dvc": [{ "changed outs": { data: "not in cache" } }] };
    assert.deepEqual(await repository.status(), missing);
    await repository.add("data");
    assert.deepEqual(await repository.status(), {});
    writeFileSync(remembered, "[damaged");
    assert.deepEqual(await repository.status(), {});
  });

  it("does not trust the index when it is damaged", async (test) => {
    const repository = openTestRepository(test, { "data/a": "one" });
    await new Promise((resolve) => setTimeout(resolve, 60));
    const look = async () => await repository.run(async (session) => await session.look("data"));
    const first = await look();
    const index = ".dvc/tmp/gyre/stat-index";
    repository.write(index, repository.read(index).replace(/[0-9a-f]{32}/, "0".repeat(32)));
    assert.equal((await look())?.md5, first?.md5);
  });

  for (const [title, targets, files, code] of [
    ["a path that is not there", ["nothing"], {}, "dvc_path_missing"],
    ["a DVC file", ["a.dvc"], { "a.dvc": "outs: []\n" }, "dvc_path_refused"],
    ["what .dvcignore leaves out", ["a"], { a: "1", ".dvcignore": "a\n" }, "dvc_path_refused"],
    ["a folder around tracked data", ["d"], { "d/a": "1", "d/a.dvc": "outs:\n- path: a\n" }, "dvc_overlap"],
    [
      "what a stage makes",
      ["o"],
      { o: "1", "dvc.yaml": "stages:\n  s: {cmd: x, outs: [o]}\n" },
      "dvc_overlap",
    ],
  ] as const) {
    it(`refuses ${title}, and writes nothing`, async (test) => {
      const repository = openTestRepository(test, { ...files, good: "1" });
      const before = readdirSync(repository.root).toSorted();
      assert.equal((await refusalOf(repository.add("good", ...targets))).code, code);
      assert.deepEqual(readdirSync(repository.root).toSorted(), before);
      assert.ok(!existsSync(join(repository.root, ".dvc/cache")));
    });
  }
});

describe("data that DVC 2 added", () => {
  // Its digests are taken with line ends made alike: this is that of "a\n".
  const legacy = "60b725f10c9c85c70d97880dfe8191b3";

  it("is compared, checked out and kept as it is, until it changes", async (test) => {
    const repository = openTestRepository(test, {
      "a.txt": "a\r\n",
      "a.txt.dvc": `outs:\n- md5: ${legacy}\n  size: 3\n  path: a.txt\n`,
      [`.dvc/cache/${legacy.slice(0, 2)}/${legacy.slice(2)}`]: "a\r\n",
    });
    assert.deepEqual(await repository.status(), {});
    rmSync(join(repository.root, "a.txt"));
    assert.deepEqual((await repository.checkout()).added, ["a.txt"]);
    assert.equal(repository.read("a.txt"), "a\r\n");
    repository.write("a.txt", "b\n");
    await repository.add("a.txt");
    assert.equal(
      repository.read("a.txt.dvc"),
      "outs:\n- md5: 3b5d5c3712955042212316173ccf37be\n  size: 2\n  path: a.txt\n  hash: md5\n",
    );
  });
});

describe("a damaged object", () => {
  async function damaged(test: TestContext) {
    const repository = openTestRepository(test, { a: "hello\n" });
    await repository.add("a");
    const object = repository.objectOf(hello);
    chmodSync(object, 0o644);
    writeFileSync(object, "hellO\n");
    chmodSync(object, 0o444);
    return repository;
  }

  it("is not checked out, whatever its mode, and is set aside", async (test) => {
    const repository = await damaged(test);
    rmSync(join(repository.root, "a"));
    assert.deepEqual((await repository.checkout()).failed, ["a"]);
    assert.ok(!existsSync(join(repository.root, "a")));
    assert.ok(!existsSync(repository.objectOf(hello)));
    assert.deepEqual(await repository.status(), { "a.dvc": [{ "changed outs": { a: "not in cache" } }] });
  });

  it("is replaced when the data is added again", async (test) => {
    const repository = await damaged(test);
    repository.write("a", "hello\n");
    await repository.add("a");
    assert.equal(readFileSync(repository.objectOf(hello), "utf8"), "hello\n");
  });
});

describe("checking out", () => {
  it("makes the folder what it was: adds, mends and removes", async (test) => {
    const repository = openTestRepository(test, { "d/a": "1", "d/b/c": "2", "d/e": "3" });
    await repository.add("d");
    rmSync(join(repository.root, "d/b"), { recursive: true });
    repository.write("d/a", "3");
    repository.write("d/new/x", "1");
    const { modified, stats } = await repository.checkout();
    assert.deepEqual([modified, stats], [["d/"], { modified: 1, added: 1, deleted: 1 }]);
    assert.deepEqual(readdirSync(join(repository.root, "d")).toSorted(), ["a", "b", "e"]);
    assert.equal(repository.read("d/a"), "1");
  });

  it("loses no data that is in no cache, unless forced", async (test) => {
    const repository = openTestRepository(test, { "d/a": "1" });
    await repository.add("d");
    repository.write("d/mine", "precious");
    assert.equal((await refusalOf(repository.checkout())).code, "dvc_unsaved_data");
    assert.equal(repository.read("d/mine"), "precious");
    await repository.checkout({ isForced: true });
    assert.ok(!existsSync(join(repository.root, "d/mine")));
  });
});

describe("links into the cache", () => {
  for (const kind of ["hardlink", "symlink"] as const) {
    it(`of the kind ${kind} replace what was added, and lead to what was stored`, async (test) => {
      const repository = openTestRepository(test, { "d/a": "hello\n" }, `[cache]\n    type = ${kind}\n`);
      await repository.add("d");
      const place = join(repository.root, "d/a");
      const object = repository.objectOf(hello);
      assert.equal(statSync(place).ino, statSync(object).ino);
      assert.equal(lstatSync(place).isSymbolicLink(), kind === "symlink");
      assert.deepEqual(await repository.status(), {});
      rmSync(join(repository.root, "d"), { recursive: true });
      await repository.checkout();
      assert.equal(statSync(place).ino, statSync(object).ino);
    });
  }
});

const diamond = `stages:
  a: {cmd: cp in a, deps: [in], outs: [a]}
  b: {cmd: sleep 0.2 && cp a b, deps: [a], outs: [b]}
  c: {cmd: cp a c, deps: [a], outs: [c]}
  d: {cmd: cat b c > d, deps: [b, c], outs: [d]}
`;

describe("reproducing", () => {
  it("leaves the same lock file however many stages run beside each other", async (test) => {
    const files = { "dvc.yaml": diamond, in: "1\n" };
    const [alone, beside] = [openTestRepository(test, files), openTestRepository(test, files)];
    assert.deepEqual(await alone.repro(), ["a", "b", "c", "d"]);
    assert.deepEqual(await beside.repro({ targets: [], jobs: 3 }), ["a", "b", "c", "d"]);
    assert.equal(beside.read("dvc.lock"), alone.read("dvc.lock"));
    assert.deepEqual(await beside.repro({ targets: [], jobs: 3 }), []);
  });

  it("takes a run it remembers from the cache instead of running it", async (test) => {
    const repository = openTestRepository(test, { "dvc.yaml": diamond, in: "1\n" });
    await repository.repro();
    repository.write("in", "2\n");
    await repository.repro();
    repository.write("in", "1\n");
    repository.said.splice(0);
    await repository.repro();
    assert.equal(repository.said.filter((line) => line.includes("is cached - skipping run")).length, 4);
    assert.equal(repository.read("d"), "1\n1\n");
  });

  it("goes on beside a failure when asked, and names what it left out", async (test) => {
    const repository = openTestRepository(test, {
      "dvc.yaml": diamond.replace("sleep 0.2 && cp a b", "exit 3"),
      in: "1\n",
    });
    const refusal = await refusalOf(repository.repro({ targets: [], onError: "keep-going" }));
    assert.equal(refusal.code, "dvc_reproduction_failed");
    assert.match(refusal.message, /failed to reproduce 'b': failed to run: exit 3, exited with 3/);
    assert.deepEqual(refusal.position, { file: "dvc.yaml", line: 3, column: 6 });
    assert.ok(existsSync(join(repository.root, "c")) && !existsSync(join(repository.root, "d")));
    assert.match(repository.read("dvc.lock"), /  c:\n/);
    assert.doesNotMatch(repository.read("dvc.lock"), /  b:\n/);
  });

  for (const [title, yaml, code, line] of [
    [
      "a ring",
      "stages:\n  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n",
      "pipeline_cycle",
      2,
    ],
    [
      "an output claimed twice",
      "stages:\n  a: {cmd: x, outs: [o]}\n  b: {cmd: x, outs: [o]}\n",
      "outputs_overlap",
      3,
    ],
    [
      "a missing input",
      "stages:\n  a: {cmd: touch o, deps: [nothing], outs: [o]}\n",
      "dvc_reproduction_failed",
      2,
    ],
    ["an output that is not made", "stages:\n  a: {cmd: 'true', outs: [o]}\n", "dvc_reproduction_failed", 2],
    ["a template that does not resolve", 'stages:\n  a:\n    cmd: "echo ${nope}"\n', "pipeline_invalid", 3],
  ] as const) {
    it(`tells ${title} with its line, and writes no lock file`, async (test) => {
      const repository = openTestRepository(test, { "dvc.yaml": yaml });
      const refusal = await refusalOf(repository.repro());
      assert.deepEqual([refusal.code, refusal.position?.line], [code, line]);
      assert.ok(!existsSync(join(repository.root, "dvc.lock")));
    });
  }
});

describe("a remote", () => {
  const config = "    remote = store\n['remote \"store\"']\n    url = ../store\n";

  async function pushed(test: TestContext, packs: "begin" | undefined) {
    const repository = openTestRepository(test, { "d/a": "1", "d/b": "2", one: "3" }, config);
    await repository.add("d", "one");
    const push = await dvcVerbs.push();
    const send = async (options: { packs?: "never" } = {}) =>
      await repository.run(async (session) => await push(session, { targets: [], ...options }));
    const first = await repository.run(async (session) => await push(session, { targets: [], packs }));
    return { repository, send, first, store: join(repository.root, "store") };
  }

  async function pull(repository: ReturnType<typeof openTestRepository>) {
    for (const path of ["d", "one", ".dvc/cache", ".dvc/tmp"])
      rmSync(join(repository.root, path), { recursive: true });
    const verb = await dvcVerbs.pull();
    return await repository.run(async (session) => await verb(session, { targets: [] }));
  }

  it("has every object where DVC looks for it", async (test) => {
    const { repository, send, first, store } = await pushed(test, undefined);
    assert.deepEqual([first, await send()], [4, 0]);
    assert.equal(readFileSync(join(store, "files/md5/c4/ca4238a0b923820dcc509a6f75849b"), "utf8"), "1");
    assert.equal((await pull(repository)).fetched.count, 4);
    assert.deepEqual(await repository.status(), {});
  });

  it("keeps small objects in packs once it was asked to, and in DVC's places when told so", async (test) => {
    const { repository, send, first, store } = await pushed(test, "begin");
    assert.deepEqual([first, await send(), existsSync(join(store, "files"))], [4, 0, false]);
    assert.equal((await pull(repository)).fetched.count, 4);
    assert.deepEqual(await repository.status(), {});
    assert.equal(await send({ packs: "never" }), 4);
    assert.ok(existsSync(join(store, "files/md5/c4/ca4238a0b923820dcc509a6f75849b")));
  });

  for (const [title, packs, find] of [
    ["an object", undefined, (store: string) => join(store, "files/md5/c4/ca4238a0b923820dcc509a6f75849b")],
    [
      "a pack",
      "begin",
      (store: string) =>
        join(
          store,
          "gyre/packs",
          readdirSync(join(store, "gyre/packs")).find((name) => name.endsWith(".pack")) ?? "",
        ),
    ],
  ] as const) {
    it(`with a flipped bit in ${title} is found out, and nothing of it is kept`, async (test) => {
      const { repository, store } = await pushed(test, packs);
      for (const name of packs === undefined
        ? [find(store)]
        : readdirSync(join(store, "gyre/packs"))
            .filter((one) => one.endsWith(".pack"))
            .map((one) => join(store, "gyre/packs", one))) {
        const bytes = readFileSync(name);
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        chmodSync(name, 0o644);
        writeFileSync(name, bytes);
      }
      assert.equal((await refusalOf(pull(repository))).code, "dvc_object_damaged");
      assert.ok(!existsSync(repository.objectOf("c4ca4238a0b923820dcc509a6f75849b")));
    });
  }

  it("gives back what a pipeline made, when it is asked to on the way", async (test) => {
    const repository = openTestRepository(test, { "dvc.yaml": diamond, in: "1\n" }, config);
    await repository.repro();
    const push = await dvcVerbs.push();
    await repository.run(async (session) => await push(session, { targets: [], withRunCache: true }));
    for (const path of ["a", "b", "c", "d", ".dvc/cache"])
      rmSync(join(repository.root, path), { recursive: true });
    repository.said.splice(0);
    await repository.repro({ targets: [], isPulling: true });
    assert.equal(repository.read("d"), "1\n1\n");
    assert.deepEqual(
      repository.said.filter((line) => line.startsWith("Running stage")),
      [],
    );
  });

  it("that nobody named is asked for by its name", async (test) => {
    const repository = openTestRepository(test, { a: "1" });
    await repository.add("a");
    const push = await dvcVerbs.push();
    const refusal = await refusalOf(repository.run(async (session) => await push(session, { targets: [] })));
    assert.equal(refusal.code, "dvc_remote_unknown");
  });
});

describe("collecting garbage", () => {
  it("removes what nothing is made of, and nothing else", async (test) => {
    const repository = openTestRepository(test, { "d/a": "1", "d/b": "2" });
    await repository.add("d");
    repository.write("d/a", "3");
    await repository.add("d");
    const gc = await dvcVerbs.gc();
    const collect = async () =>
      await repository.run(async (session) => await gc(session, { keepsWorkspace: true }));
    assert.deepEqual([(await collect()).local, (await collect()).local], [2, 0]);
    rmSync(join(repository.root, "d"), { recursive: true });
    await repository.checkout();
    assert.equal(repository.read("d/a"), "3");
  });
});
