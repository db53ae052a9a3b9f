import assert from "node:assert/strict";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { digestOf } from "../digest.ts";
import { temporaryFolder } from "../testing/index.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { createLocalCache } from "./local-cache.ts";
import type { LocalCache } from "./local-cache.ts";

const hourMs = 60 * 60_000;

describe("the local cache", () => {
  it("keeps what was used last, up to its limit", async () => {
    const cache = createLocalCache({ folder: await temporaryFolder(), limitBytes: 30 });
    for (const name of ["a", "b", "c"]) await put(cache, name);
    await cache.use(digest("a"), async () => {});
    await put(cache, "d");
    assert.deepEqual(await present(cache, "abcd"), ["a", "c", "d"]);
  });

  it("never lets go of what somebody works with, borrowed within the hour, or keeps", async () => {
    let nowMs = Date.UTC(2027, 0, 1);
    const cache = createLocalCache({ folder: await temporaryFolder(), limitBytes: 10, nowMs: () => nowMs });
    await put(cache, "a");
    await cache.lend(digest("a"));
    await put(cache, "b", true);
    cache.keep("gateway", [digest("b")]);
    await put(cache, "c", true);
    await cache.use(digest("c"), async (path) => {
      nowMs += 2 * 60_000;
      await put(cache, "d");
      assert.equal(await readFile(path, "utf8"), text("c"));
    });
    assert.deepEqual(await present(cache, "abcd"), ["a", "b", "c"]);
    nowMs += 2 * hourMs;
    await put(cache, "e");
    assert.deepEqual(await present(cache, "abce"), ["b"]);
    cache.keep("gateway", []);
    await put(cache, "f");
    assert.deepEqual(await present(cache, "bf"), ["f"]);
  });

  it("keeps the order of use over a restart, and of what is larger than it nothing", async () => {
    const folder = await temporaryFolder();
    const first = createLocalCache({ folder, limitBytes: 30 });
    for (const name of ["a", "b", "c"]) await put(first, name);
    // Files of the same millisecond have no order.
    for (const [index, name] of ["b", "a", "c"].entries())
      await utimes(
        join(folder, digest(name).slice(0, 2), digest(name).slice(2)),
        1_000 + index,
        1_000 + index,
      );
    const second = createLocalCache({ folder, limitBytes: 30 });
    await put(second, "d");
    assert.deepEqual(await present(second, "abcd"), ["a", "c", "d"]);
    const spooled = await second.spool(once("x".repeat(31)), undefined);
    await second.adopt(spooled);
    assert.deepEqual(await present(second, "acd"), ["a", "c", "d"]);
  });

  it("copies a file that is as it was when it was read, and no other", async () => {
    const folder = await temporaryFolder();
    const cache = createLocalCache({ folder: join(folder, "cache"), limitBytes: 30 });
    const path = join(folder, "source");
    await writeFile(path, text("a"));
    const read = { path, digest: digest("a"), sizeBytes: 10, fingerprint: (await fingerprintOf(path)) ?? "" };
    const copy = await cache.copyIn(read);
    assert.equal(await readFile(copy?.path ?? "", "utf8"), text("a"));
    await cache.discard(copy?.path ?? "");
    await writeFile(path, text("b"));
    assert.equal(await cache.copyIn({ ...read, fingerprint: "1:2:3:4" }), undefined);
    assert.deepEqual(await readdir(join(folder, "cache", "incoming")), []);
  });

  it("keeps nothing of a stream that breaks off or is another one", async () => {
    const folder = await temporaryFolder();
    const cache = createLocalCache({ folder, limitBytes: 30 });
    await assert.rejects(cache.spool(once("one"), digestOf("another")), { code: "blob_corrupt" });
    const broken = (async function* () {
      yield Buffer.from("half");
      throw new Error("the line went dead");
    })();
    await assert.rejects(cache.spool(broken, undefined), /the line went dead/);
    assert.deepEqual(await readdir(join(folder, "incoming")), []);
  });
});

function text(name: string): string {
  return name.repeat(10);
}

function digest(name: string): string {
  return digestOf(text(name));
}

async function put(cache: LocalCache, name: string, isWanted = false): Promise<void> {
  await cache.adopt(await cache.spool(once(text(name)), digest(name)), { isWanted });
}

/** Which of these copies are there, without using them. */
async function present(cache: LocalCache, names: string): Promise<string[]> {
  const folders = await Promise.all(
    [...names].map(async (name) => {
      const path = join(cache.folder, digest(name).slice(0, 2), digest(name).slice(2));
      return (await readFile(path, "utf8").catch(() => "")) === text(name) ? [name] : [];
    }),
  );
  return folders.flat();
}

async function* once(bytes: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(bytes);
}
