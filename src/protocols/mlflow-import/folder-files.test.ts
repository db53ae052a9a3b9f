import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { createFolderFiles } from "./folder-files.ts";

async function openFolder() {
  const home = await temporaryFolder();
  const root = join(home, "mlartifacts");
  const run = join(root, "1", "r1", "artifacts");
  await mkdir(join(run, "deep"), { recursive: true });
  await writeFile(join(home, "secret.txt"), "secret");
  await writeFile(join(run, "a.txt"), "one");
  await writeFile(join(run, "deep", "b.txt"), "four");
  const files = await createFolderFiles(root);
  const list = async (artifactUri: string, runId = "r1") => {
    const found: string[] = [];
    for await (const file of files.list({ run: runId }, "1", artifactUri)) {
      found.push("why" in file ? `${file.path}: ${file.why}` : `${file.path} ${file.sizeBytes}`);
    }
    return found;
  };
  return { home, root, run, files, list };
}

describe("the folder of artifacts that a person named", () => {
  it("is read wherever the old server thought it was", async () => {
    const { run, list } = await openFolder();
    const expected = ["a.txt 3", "deep/b.txt 4"];
    for (const address of [
      run,
      `file://${run}`,
      "mlflow-artifacts:/1/r1/artifacts",
      "mlflow-artifacts://host:5000/1/r1/artifacts",
      "/srv/mlruns/1/r1/artifacts",
      "./mlruns/1/r1/artifacts",
    ]) {
      assert.deepEqual(await list(address), expected, address);
    }
  });

  it("is never left, whatever an address says, and no link in it is followed", async () => {
    const { home, run, list } = await openFolder();
    await symlink(home, join(run, "leak"));
    await symlink(join(home, "secret.txt"), join(run, "secret.txt"));
    for (const address of [
      home,
      "/etc",
      `file://${home}`,
      "mlflow-artifacts:/../..",
      "file:///etc",
      "../..",
    ]) {
      const found = await list(address, "absent");
      assert.deepEqual(found, [], address);
    }
    const links = (await list(run)).filter((line) => line.includes("link"));
    assert.deepEqual(links, [
      "leak: it is a link or no plain file",
      "secret.txt: it is a link or no plain file",
    ]);
  });

  it("says that files in a bucket stay there", async () => {
    const { files } = await openFolder();
    const why = files.whyNot({ run: "r1" }, "1", "s3://bucket/1/r1/artifacts");
    assert.match(why ?? "", /they stay at s3:\/\//);
    assert.equal(files.whyNot({ run: "r1" }, "1", "mlflow-artifacts:/1/r1/artifacts"), undefined);
  });
});
