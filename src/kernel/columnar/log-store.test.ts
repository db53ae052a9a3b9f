import assert from "node:assert/strict";
import { it } from "node:test";

import { digestOf } from "../digest.ts";
import { describeOnEveryEngine } from "../testing/index.ts";
import { insertSegment, migrations, segmentBlobsInUse } from "./log-store.ts";

describeOnEveryEngine("sealed segments", (open) => {
  it("are in use, those of every log, however many there are", async () => {
    const db = await open(migrations);
    const segments = Array.from({ length: 1_300 }, (_, number) => ({
      log: `log ${number % 2}`,
      segment: `segment ${number}`,
      digest: digestOf(String(number)),
      rows: 1,
      sizeBytes: 1,
      firstAtMs: null,
      lastAtMs: null,
    }));
    await db.transaction(async () => {
      for (const segment of segments) await insertSegment(db, segment);
    });
    const held = (await Array.fromAsync(segmentBlobsInUse(db))).map(({ digest }) => digest);
    assert.deepEqual(held.toSorted(), segments.map(({ digest }) => digest).toSorted());
  });
});
