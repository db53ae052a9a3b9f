import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { collectGarbage, createDiskBlobs, defaultGraceMs, putTree } from "#kernel/blobs";
import { digestOf } from "#kernel/digest";
import { temporaryFolder } from "#kernel/testing";

const rounds = 12;
const old = new Date(Date.now() - 90 * 24 * 60 * 60 * 1000);

describe("killing a collection of garbage", () => {
  it("costs nothing that is referred to, also what is stored meanwhile, and the next one ends the work", async () => {
    const folder = await temporaryFolder();
    const blobs = createDiskBlobs({ folder });
    const source = await temporaryFolder();
    for (let index = 0; index < 200; index++) await writeFile(join(source, `${index}`), randomBytes(200));
    const tree = await putTree(blobs, source);
    // Old content that a writer stores again, one piece a round, and refers to from then on.
    const wanted = Array.from({ length: rounds }, () => randomBytes(100));
    let killedAtWork = 0;
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < 150; index++) await blobs.put(randomBytes(50));
      const later = wanted.slice(round);
      for (const content of later) await blobs.put(content);
      const referred = new Set(wanted.slice(0, round).map(digestOf));
      for await (const { digest } of blobs.list())
        if (!referred.has(digest)) await utimes(await blobs.localPath(digest), old, old);
      const before = await countOf(folder);

      const collector = spawn(
        process.execPath,
        [join(import.meta.dirname, "garbage-collector.ts"), folder, tree.digest],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const ended = new Promise((resolve) => collector.once("close", resolve));
      while ((await countOf(folder)) >= before) await sleep(1);
      const content = wanted[round];
      if (content !== undefined) await blobs.put(content);
      await sleep(round);
      collector.kill("SIGKILL");
      await ended;
      if ((await countOf(folder)) > 202 + round) killedAtWork++;

      for (const digest of [tree.digest, ...tree.files.map((file) => file.digest)])
        assert.equal(await blobs.verify(digest), true, `round ${round}`);
      for (const digest of wanted.slice(0, round + 1).map(digestOf))
        assert.equal(await blobs.verify(digest), true, `round ${round}`);
    }
    assert.ok(killedAtWork > 0, "no collection was killed at its work");

    for await (const { digest } of blobs.list()) await utimes(await blobs.localPath(digest), old, old);
    const held = wanted.map(digestOf);
    await collectGarbage({
      blobs,
      holders: [
        {
          name: "all",
          async *blobsInUse() {
            yield { digest: tree.digest, isTree: true };
            for (const digest of held) yield { digest, isTree: false };
          },
        },
      ],
      atOneMoment: async (read) => await read(),
      graceMs: defaultGraceMs,
      isDryRun: false,
    });
    assert.equal(await countOf(folder), 1 + tree.files.length + held.length);
    assert.deepEqual(await readdir(join(folder, "leaving")), []);
  });
});

/** Looked at from outside: a store that lists its files also puts back what was left aside. */
async function countOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /^[0-9a-f]{2}\/[0-9a-f]{62}$/.test(name)).length;
}
