import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startServer } from "./gyre.ts";
import type { Where } from "./gyre.ts";
import { soundFiles, writeProject } from "./project.ts";

const tools = ["sh", "bash", "env", "cat", "wc", "sleep"];
const files = {
  "gyre.yaml": `${soundFiles["gyre.yaml"] ?? ""}python: { requirements: requirements.txt }\n`,
  "requirements.txt": "a-package-nobody-made==1.0\n",
};

/** Answers like Python 3.8 to whoever asks it for its version. */
const oldPython = `#!/bin/sh
case "$*" in
  *json.dumps*) echo '{"interpreter":"/usr/bin/python3","version":"3.8.10","platform":"linux-x86_64","hasVenv":true,"hasEnsurepip":true,"hasVirtualenv":false,"hasPip":true}' ;;
  *) echo 3.8.10 ;;
esac
`;

describe("a pipeline that needs Python", async () => {
  const bare = await folderOfTools();
  const old = await folderOfTools();
  writeFileSync(join(old, "python3"), oldPython);
  chmodSync(join(old, "python3"), 0o755);

  const cases = [
    { name: "no Python on the PATH", path: bare, says: "there is none on the PATH" },
    { name: "only a Python that is too old", path: old, says: "only python3 is 3.8.10" },
  ];
  for (const { name, path, says } of cases) {
    it(`with ${name} ends in one message with what to install`, async () => {
      const where = await place({ PATH: path });
      await startServer(where);
      const ended = await gyre(["run"], where);
      assert.equal(ended.code, 1, ended.stderr);
      assert.equal(
        ended.stderr.slice(ended.stderr.indexOf("error[")),
        `error[python_missing]: Python >=3.10 is needed, but ${says}.\n` +
          "next: Install Python 3.10 or newer, on Debian or Ubuntu with: sudo apt-get install python3 python3-venv\n",
      );
      assert.equal(isWellTold(ended), null);
    });

    it(`with ${name} is found by the doctor, and keeps the demo from beginning`, async () => {
      const where = await place({ PATH: path });
      const examined = await gyre(["doctor"], where);
      assert.equal(examined.code, 1);
      assert.match(examined.stdout, /^fail +python .*\n +next: Install Python 3\.10 or newer/m);
      const demo = await gyre(["demo", "--once"], where);
      assert.equal(demo.code, 1, demo.stdout);
      assert.match(demo.stderr, /^error\[python_missing\]: .*\nnext: Install Python 3\.10/);
      assert.ok(!existsSync(join(where.folder, ".gyre", "demo")));
    });
  }

  it("without the package index says so, with the lines of the installer and a way without a network", async () => {
    const cache = await temporaryFolder();
    const where = await place({
      PATH: process.env["PATH"] ?? "",
      PIP_INDEX_URL: "http://127.0.0.1:2/",
      PIP_RETRIES: "0",
      UV_INDEX_URL: "http://127.0.0.1:2/",
      XDG_CACHE_HOME: cache,
    });
    await startServer(where);
    const ended = await gyre(["run"], where);
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /^environment \| .*a-package-nobody-made/m);
    assert.match(
      ended.stderr,
      /^error\[environment_failed\]: The Python environment could not be built: the package index could not be reached, or has no such package\.\nnext: Connect to the network and run again\. Offline: .*PIP_FIND_LINKS/m,
    );
    assert.equal(isWellTold(ended), null);
  });

  async function place(variables: Record<string, string>): Promise<Where> {
    const folder = await temporaryFolder();
    writeProject(folder, files);
    return { folder, variables };
  }
});

async function folderOfTools(): Promise<string> {
  const folder = join(await temporaryFolder(), "bin");
  mkdirSync(folder);
  const places = (process.env["PATH"] ?? "").split(delimiter);
  for (const tool of tools) {
    const found = places.map((place) => join(place, tool)).find(existsSync);
    if (found !== undefined) symlinkSync(found, join(folder, tool));
  }
  return folder;
}
