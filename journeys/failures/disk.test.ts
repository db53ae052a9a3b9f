import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { fullDisk, temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startGyre, startServer } from "./gyre.ts";
import { writeProject } from "./project.ts";

const megabyte = 1024 * 1024;

describe("a disk that gets full", async () => {
  const disk = await fullDisk(48 * megabyte);
  if (disk === undefined) {
    it("is told with the next step", { skip: "mounting a small disk needs root" }, () => {});
    return;
  }
  const folder = join(disk.folder, "shop");
  const elsewhere = await temporaryFolder();
  const go = join(elsewhere, "go");
  writeProject(folder, { "dvc.yaml": pipeline("first") });
  const server = await startServer({ folder });
  assert.equal((await gyre(["apply"], { folder })).code, 0);

  it("keeps gyre run from starting, in one message; what only reads goes on", async () => {
    await disk.fill();
    const ran = await gyre(["run"], { folder });
    assert.equal(ran.code, 1, ran.stdout + ran.stderr);
    assert.match(ran.stderr, /^error\[disk_full\]: The disk that holds \S+ is full\.$/m);
    assert.match(ran.stderr, /^next: Free space there/m);
    assert.equal(isWellTold(ran), null);
    assert.equal((await gyre(["models"], { folder })).code, 0);
    await disk.makeRoom();
  });

  it("that has room again lets the same server go on", async () => {
    writeFileSync(go, "");
    const ran = await gyre(["run"], { folder });
    assert.equal(ran.code, 0, ran.stderr);
  });

  it("while a step runs is told by the step and by the server; with room again the run goes on by itself", async () => {
    rmSync(go);
    writeProject(folder, { "dvc.yaml": pipeline("second") });
    const running = startGyre(["run"], { folder });
    await running.says(/waiting/);
    await disk.fill();
    writeFileSync(go, "");
    await running.says(/wait \| .*No space left on device/);
    await server.says(
      /"code":"disk_full","message":"The disk that holds \S+ is full\.","next":"Free space there/,
    );
    assert.doesNotMatch(server.said().stderr, /"stack"/);
    await disk.makeRoom();
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.match(stdout, /^prepare +succeeded .*\nwait +succeeded /m);
    assert.match((await gyre(["run"], { folder })).stdout, /^prepare +cached .*\nwait +cached /m);
  });

  it("keeps data from being imported, and a half-written version from appearing", async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `m${index},my bag ${index} is lost,negative`);
    writeProject(folder, { "data/messages.csv": ["message_id,text,sentiment", ...rows, ""].join("\n") });
    await disk.fill();
    const applied = await gyre(["apply"], { folder });
    assert.equal(applied.code, 1, applied.stdout);
    assert.match(applied.stderr, /^error\[disk_full\]: The disk that holds \S+ is full\.$/m);
    assert.equal(isWellTold(applied), null);
    assert.doesNotMatch((await gyre(["data", "messages"], { folder })).stdout, /messages@2/);
    await disk.makeRoom();
    assert.match((await gyre(["apply"], { folder })).stdout, /^Imported messages@2, 20000 rows\.$/m);
  });

  it("when a server starts keeps it from starting, in one message", async () => {
    const other = join(disk.folder, "other");
    writeProject(other);
    await disk.fill();
    const started = await gyre(["up", "--port", "0", "--gateway-port", "0"], { folder: other });
    await disk.makeRoom();
    assert.equal(started.code, 1);
    assert.match(started.stderr, /^error\[disk_full\]: /m);
    assert.equal(isWellTold(started), null);
  });

  /** The second stage waits for a file that the test writes. */
  function pipeline(word: string): string {
    return `stages:
  prepare:
    cmd: echo ${word} > prepared.txt
    outs: [prepared.txt]
  wait:
    cmd: echo waiting; while [ ! -f ${go} ]; do sleep 0.1; done; head -c 200000 /dev/zero > waited.txt
    deps: [prepared.txt]
    outs: [waited.txt]
`;
  }
});

describe("a folder that is read-only", async () => {
  const disk = await fullDisk(8 * megabyte);
  if (disk === undefined) {
    it("is told with the next step", { skip: "mounting a small disk needs root" }, () => {});
    return;
  }
  const folder = join(disk.folder, "shop");
  writeProject(folder);
  disk.makeReadOnly();

  for (const line of ["up --port 0 --gateway-port 0", "demo --once", "new shop"]) {
    it(`keeps gyre ${line} from working, in one message with the folder and the next step`, async () => {
      const ended = await gyre(line.split(" "), { folder });
      assert.equal(ended.code, 1, ended.stdout);
      assert.equal(
        ended.stderr,
        `error[folder_not_writable]: The folder ${folder} cannot be written to.\n` +
          `next: Check its owner, permissions and mount (ls -ld '${folder}'), or choose another folder with --dir.\n`,
      );
    });
  }

  it("lets gyre check and gyre doctor look, and the doctor finds it", async () => {
    assert.equal((await gyre(["check"], { folder })).code, 0);
    const examined = await gyre(["doctor"], { folder });
    assert.equal(examined.code, 1);
    assert.match(examined.stdout, /^fail +folder .* cannot be written to: .*\n +next: /m);
  });
});
