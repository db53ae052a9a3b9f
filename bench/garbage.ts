import { spawnSync } from "node:child_process";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

import { collectGarbage, createDiskBlobs, createDigestSet, defaultGraceMs } from "#kernel/blobs";
import type { Collection } from "#kernel/blobs";
import { digestOf } from "#kernel/digest";

import type { Figure, Measurement } from "./figures.ts";

const blobCount = 100_000;
const usedCount = 80_000;
const manyDigests = 1_000_000;
const old = new Date(Date.now() - 90 * 24 * 60 * 60 * 1000);

/**
 * A store of 100,000 small files, of which a fifth is garbage: how long it takes to say so, and to remove it, beside
 * `find`, which only looks at the times of the same files; what that takes of memory, and for how long it keeps
 * others from their turn. And the memory of a million digests in use.
 */
export const garbage: Measurement = {
  name: "garbage",
  title: `Garbage collection of ${blobCount.toLocaleString("en")} blobs on the disk, a fifth of them garbage`,
  isLong: true,
  async measure({ folder }) {
    const contents = Array.from({ length: blobCount }, (_, index) => `content ${index}`);
    const digests = contents.map((content) => digestOf(content));
    await writeStore(folder, contents, digests);
    const find = (): number =>
      secondsOf(() => spawnSync("find", [folder, "-type", "f", "-mtime", "+7"], { stdio: "ignore" }));
    find();
    const floor = find();
    const used = digests.slice(0, usedCount);
    const before = process.memoryUsage().rss;
    const dry = await collect(folder, used, true);
    const grownMb = (process.memoryUsage().rss - before) / 1e6;
    const swept = await collect(folder, used, false);
    if (swept.collection.removed.blobs !== blobCount - usedCount) throw new Error("not all garbage went");
    return [
      { what: "to say what would go", value: dry.seconds, unit: "s", ratio: dry.seconds / floor },
      { what: "to mark, and remove 20,000", value: swept.seconds, unit: "s" },
      {
        what: "longest turn that others waited",
        value: Math.max(dry.longestMs, swept.longestMs),
        unit: "ms",
      },
      { what: "memory of the process, growth", value: grownMb, unit: "MB", target: 200 },
      { what: "memory of a million digests in use", value: memoryOfMany(), unit: "MB", target: 150 },
    ] satisfies Figure[];
  },
};

async function writeStore(
  folder: string,
  contents: readonly string[],
  digests: readonly string[],
): Promise<void> {
  for (let shard = 0; shard < 256; shard++)
    await mkdir(join(folder, shard.toString(16).padStart(2, "0")), { recursive: true });
  for (const [index, digest] of digests.entries()) {
    const path = join(folder, digest.slice(0, 2), digest.slice(2));
    await writeFile(path, contents[index] ?? "");
    await utimes(path, old, old);
  }
}

async function collect(
  folder: string,
  used: readonly string[],
  isDryRun: boolean,
): Promise<{ collection: Collection; seconds: number; longestMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begunMs = performance.now();
  const collection = await collectGarbage({
    blobs: createDiskBlobs({ folder }),
    holders: [
      {
        name: "bench",
        async *blobsInUse() {
          for (const digest of used) yield { digest, isTree: false };
        },
      },
    ],
    atOneMoment: async (read) => await read(),
    graceMs: defaultGraceMs,
    isDryRun,
  });
  delay.disable();
  return { collection, seconds: (performance.now() - begunMs) / 1_000, longestMs: delay.max / 1e6 };
}

function memoryOfMany(): number {
  const before = process.memoryUsage();
  const set = createDigestSet();
  for (let index = 0; index < manyDigests; index++) set.add(digestOf(`digest ${index}`));
  const after = process.memoryUsage();
  if (set.size !== manyDigests) throw new Error("two digests were taken for one");
  return (after.arrayBuffers - before.arrayBuffers) / 1e6;
}

function secondsOf(work: () => unknown): number {
  const begunMs = performance.now();
  work();
  return (performance.now() - begunMs) / 1_000;
}
