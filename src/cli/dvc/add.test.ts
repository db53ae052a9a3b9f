import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";

const gyre = join(import.meta.dirname, "..", "..", "..", "gyre");

it("an add of many files where there is no repository says so and ends", (test) => {
  const folder = mkdtempSync(join(tmpdir(), "gyre-no-repository-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  for (let index = 0; index < 700; index++) writeFileSync(join(folder, `${index}.txt`), "text");
  const said = spawnSync(process.execPath, [gyre, "dvc", "add", "."], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.deepEqual([said.signal, said.status], [null, 253]);
  assert.match(said.stderr, /^ERROR: .*\n {2}\[dvc_repository_missing\]\nnext: /);
});
