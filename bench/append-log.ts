import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openAppendLog } from "#kernel/append-log";

// What durability costs a record: `node bench/append-log.ts [folder]`. The folder must lie on a real
// disk, since fdatasync costs nothing on tmpfs. Records are 200 bytes, as a prediction with ten
// features is. Latency is from the call of `append` to its promise.

//
// On 2 cores of a cloud machine, ext4 on a virtual disk whose fdatasync takes 0.2 ms (Node 26):
//
//   writers  records/s  p50 ms  p99 ms
//         1      4,354    0.21    0.54   each record pays a sync of its own
//         8     30,382    0.24    0.55
//        64    171,327    0.34    0.81
//       512    533,655    0.87    2.03   hundreds share one
//
// A disk with a slower sync moves the first line only: the records of one sync share its cost.

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), "gyre-bench-"));
const padding = "x".repeat(170);

console.log("writers  records/s  p50 ms  p99 ms  max ms");
for (const writers of [1, 8, 64, 512]) {
  const log = await openAppendLog({ folder, writer: `bench-${writers}` });
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  const untilMs = startedMs + 2_000;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let number = 0; performance.now() < untilMs; number++) {
        const calledMs = performance.now();
        await log.append({ writer, number, padding });
        latenciesMs.push(performance.now() - calledMs);
      }
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  await log.close();
  const sorted = Float64Array.from(latenciesMs).toSorted();
  const quantile = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(2);
  const perSecond = Math.round((latenciesMs.length / elapsedMs) * 1_000);
  console.log([writers, perSecond, quantile(0.5), quantile(0.99), quantile(1)].join("  "));
}
await rm(folder, { recursive: true });
