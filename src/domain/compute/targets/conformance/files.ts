import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { readTree } from "#kernel/blobs";
import { digestOf } from "#kernel/digest";

import type { OpenTarget } from "./subject.ts";

export function describeFiles(get: () => OpenTarget): void {
  describe("files", { concurrency: 3 }, () => {
    it("come by their digest: with folders, mode, signs in their names, empty, and the same content twice", async () => {
      const { input, run } = get();
      const inputs = [
        await input("a/b/c.txt", "tief"),
        await input("leer", ""),
        await input("run.sh", "#!/bin/sh\necho ran\n", true),
        await input("ordner mit ü/ñ 'x'.txt", "ünï"),
        await input("twin", "tief"),
        await input("large.bin", Buffer.alloc(3_000_000, 7)),
      ];
      const { log, state } = await run({
        inputs,
        commands: ["./run.sh", "find . -type f | sort | xargs -d '\\n' sha256sum"],
      });
      assert.equal(state, "succeeded", log);
      assert.match(log, /\nran\n/);
      const seen = log
        .split("\n")
        .filter((line) => /^[0-9a-f]{64} /.test(line))
        .map((line) => [line.slice(68), line.slice(0, 64)]);
      const wanted = inputs.map((file) => [file.path, file.digest]);
      assert.deepEqual(
        new Map(seen.map(([path = "", digest]) => [path, digest])),
        new Map(wanted.map(([path = "", digest]) => [path, digest])),
      );
    });

    it("go back as outs: files and folders, with their mode", async () => {
      const { blobs, run } = get();
      const { outs } = await run({
        commands: [
          "mkdir -p made/deep/__pycache__ && printf eins > made/deep/1 && printf zwei > 'made/ü 2'",
          "chmod +x made/deep/1 && touch made/deep/__pycache__/x.pyc && printf drei > report/three",
        ],
        outs: ["made", "report/three"],
      });
      const folder = outs.find(({ path }) => path === "made");
      const tree = await readTree(blobs, folder?.digest ?? "");
      assert.deepEqual(
        tree.files.map(({ path, executable, digest }) => [path, executable, digest]),
        [
          ["deep/1", true, digestOf("eins")],
          ["ü 2", false, digestOf("zwei")],
        ],
      );
      assert.deepEqual([folder?.isFolder, folder?.sizeBytes], [true, 8]);
      const file = outs.find(({ path }) => path === "report/three");
      assert.deepEqual(file, {
        path: "report/three",
        digest: digestOf("drei"),
        sizeBytes: 4,
        isFolder: false,
      });
      assert.equal(await blobs.readText(file.digest), "drei");
    });

    it("that were not made, or are links, are left out", async () => {
      const { outs, state } = await get().run({
        commands: ["touch there && ln -s there link"],
        outs: ["there", "link", "missing"],
      });
      assert.deepEqual([state, outs.map(({ path }) => path)], ["succeeded", ["there"]]);
    });

    it("of work that failed do not come back", async () => {
      const { outs, state } = await get().run({ commands: ["touch made; exit 1"], outs: ["made"] });
      assert.deepEqual([state, outs], ["failed", []]);
    });

    it("are seen from the folder the work names", async () => {
      const { input, run } = get();
      const { log, outs } = await run({
        inputs: [await input("sub/dir/in", "x")],
        wdir: "sub/dir",
        commands: ["cat in && cp in ../out"],
        outs: ["sub/out"],
      });
      assert.match(log, /\nx$/);
      assert.deepEqual(
        outs.map(({ path }) => path),
        ["sub/out"],
      );
    });

    it("may be unchanged inputs, which need not travel back", async () => {
      const { input, run } = get();
      const file = await input("same", "gleich");
      const { outs } = await run({ inputs: [file], commands: ["cp same copy"], outs: ["copy"] });
      assert.deepEqual(
        outs.map(({ digest }) => digest),
        [file.digest],
      );
    });
  });

  describe("a Python environment", () => {
    it("is made where the work runs", async () => {
      const { run, shared } = get();
      const wheel = `${shared}/greeting-1.2-py3-none-any.whl`;
      const made = await run({ commands: [`python3 -c '${wheelProgram(wheel)}'`] });
      assert.equal(made.state, "succeeded", made.log);
      const { log, state } = await run({
        environment: { requirementsText: `# greets\n${wheel}\n`, pythonVersion: ">=3.8" },
        commands: ['python -c "import greeting; print(greeting.words)"'],
      });
      assert.equal(state, "succeeded", log);
      assert.match(log, /\nhello\n$/);
    });

    it("that cannot be made says why, with the installer's last lines", async () => {
      const { state, failure } = await get().run({
        environment: {
          requirementsText: "/no/such/folder/thing-1-py3-none-any.whl\n",
          pythonVersion: ">=3.8",
        },
      });
      assert.deepEqual([state, failure?.code], ["failed", "environment_failed"]);
      assert.match(failure?.lastLines?.join("\n") ?? failure?.message ?? "", /no\/such\/folder/);
    });

    it("needs a Python that is there", async () => {
      const { state, failure } = await get().run({
        environment: { requirementsText: "", pythonVersion: ">=9.1" },
      });
      assert.deepEqual([state, failure?.code], ["failed", "python_missing"]);
      assert.match(failure?.message ?? "", />=9\.1/);
    });
  });
}

function wheelProgram(path: string): string {
  return [
    "import zipfile",
    `w = zipfile.ZipFile("${path}", "w")`,
    'w.writestr("greeting.py", "words = \\"hello\\"")',
    'i = "greeting-1.2.dist-info/"',
    'w.writestr(i + "METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.2\\n")',
    'w.writestr(i + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")',
    'w.writestr(i + "RECORD", "")',
    "w.close()",
  ].join("; ");
}
