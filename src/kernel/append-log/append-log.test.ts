import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { createManualClock } from "../clock.ts";
import { fullDisk, temporaryFolder } from "../testing/index.ts";
import { listSegments, openAppendLog, recoverAbandoned } from "./index.ts";

async function recordsIn(folder: string): Promise<unknown[]> {
  const texts = await Promise.all((await listSegments(folder)).map(({ path }) => readFile(path, "utf8")));
  return texts
    .join("")
    .split("\n")
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}

async function segmentNames(folder: string): Promise<string[]> {
  return (await listSegments(folder)).map(({ name, sealed }) => (sealed ? `${name} sealed` : name));
}

describe("the append log", () => {
  it("keeps records in their order, in segments that are sealed when full, old or closed", async () => {
    const folder = await temporaryFolder();
    const clock = createManualClock(0);
    const log = await openAppendLog({
      folder,
      writer: "w",
      maximumSegmentBytes: 30,
      maximumSegmentAgeMs: 1_000,
      clock,
    });
    await log.append({ text: "long enough to fill it" });
    await log.append({ n: 1 });
    clock.advanceMs(1_000);
    await log.append({ n: 2 });
    await log.append({ n: 3 });
    assert.deepEqual(await segmentNames(folder), [
      "w.000000001.ndjson sealed",
      "w.000000002.ndjson sealed",
      "w.000000003.ndjson",
    ]);
    await log.close();
    assert.deepEqual((await segmentNames(folder)).at(-1), "w.000000003.ndjson sealed");
    assert.deepEqual(await recordsIn(folder), [
      { text: "long enough to fill it" },
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
    await assert.rejects(log.append({ n: 4 }), { code: "log_closed" });
  });

  it("takes many records at once, and what waited when it was closed", async () => {
    const folder = await temporaryFolder();
    const log = await openAppendLog({ folder, writer: "w" });
    const numbers = Array.from({ length: 5_000 }, (_, n) => ({ n }));
    const appended = Promise.all(numbers.map((record) => log.append(record)));
    await log.close();
    await appended;
    assert.deepEqual(await recordsIn(folder), numbers);
  });

  it("loses no acknowledged record when its process is killed, and cuts the half line", async () => {
    const folder = await temporaryFolder();
    const child = fork(new URL("./fixtures/dying-writer.ts", import.meta.url), [folder]);
    const acknowledged = new Set<unknown>();
    await new Promise<void>((resolve) => {
      child.on("message", (number) => {
        acknowledged.add(number);
        if (acknowledged.size === 3_000) resolve();
      });
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    const open = (await listSegments(folder)).find(({ sealed }) => !sealed);
    if (open !== undefined) await appendFile(open.path, '{"number":');

    const log = await openAppendLog({ folder, writer: "doomed" });
    const kept = (await recordsIn(folder)).map((record) => JSON.stringify(record));
    assert.deepEqual(
      [...acknowledged].filter((number) => !kept.includes(JSON.stringify({ number }))),
      [],
    );
    await log.append({ number: -1 });
    assert.deepEqual((await recordsIn(folder)).at(-1), { number: -1 });
    await log.close();
  });

  it("seals what a writer left that nobody opens again", async () => {
    const folder = await temporaryFolder();
    const child = fork(new URL("./fixtures/dying-writer.ts", import.meta.url), [folder]);
    await once(child, "message");
    assert.deepEqual(await recoverAbandoned(folder), []);
    await assert.rejects(openAppendLog({ folder, writer: "doomed" }), { code: "log_in_use" });
    child.kill("SIGKILL");
    await once(child, "exit");
    await recoverAbandoned(folder);
    assert.deepEqual(
      (await listSegments(folder)).filter(({ sealed }) => !sealed),
      [],
    );
  });

  it("sets lines aside that a power cut made unreadable", async () => {
    const folder = await temporaryFolder();
    await appendFile(join(folder, "w.000000001.ndjson"), '{"n":1}\n\0\0\0\0\n{"n":2}\n{"n"');
    await (await openAppendLog({ folder, writer: "w" })).close();
    assert.deepEqual(await recordsIn(folder), [{ n: 1 }, { n: 2 }]);
    assert.equal(await readFile(join(folder, "w.000000001.ndjson.torn"), "utf8"), "\0\0\0\0");
  });

  it("refuses records rather than filling the memory", async () => {
    const log = await openAppendLog({
      folder: await temporaryFolder(),
      writer: "w",
      maximumPendingBytes: 20,
    });
    const first = log.append({ text: "12345678" });
    await assert.rejects(log.append({ n: 1 }), { code: "log_overloaded" });
    await first;
    await log.append({ n: 2 });
    await log.close();
  });

  it("rejects on a full disk, stays consistent, and goes on when there is room again", async (test) => {
    const disk = await fullDisk(256 * 1024);
    if (disk === undefined) return test.skip("a small file system cannot be mounted here");
    const folder = join(disk.folder, "log");
    const log = await openAppendLog({ folder, writer: "w" });
    await log.append({ n: 1 });
    await disk.fill();
    const large = "x".repeat(8_192);
    await assert.rejects(Promise.all([log.append({ large }), log.append({ large })]), { code: "disk_full" });
    assert.deepEqual(await recordsIn(folder), [{ n: 1 }]);
    await disk.makeRoom();
    await log.append({ n: 2 });
    assert.deepEqual(await recordsIn(folder), [{ n: 1 }, { n: 2 }]);
    await log.close();
  });
});
