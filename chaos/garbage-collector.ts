import { collectGarbage, createDiskBlobs, defaultGraceMs } from "#kernel/blobs";

// node garbage-collector.ts FOLDER HELD…: collects the garbage of a folder of blobs again and again, says so when it
// begins to remove, and is killed meanwhile.

const [folder = "", ...held] = process.argv.slice(2);
const blobs = createDiskBlobs({ folder });

for (;;) {
  await collectGarbage({
    blobs,
    holders: [
      {
        name: "given",
        async *blobsInUse() {
          for (const digest of held) yield { digest, isTree: true };
        },
      },
    ],
    atOneMoment: async (read) => await read(),
    graceMs: defaultGraceMs,
    isDryRun: false,
  });
  process.stdout.write("once round\n");
}
