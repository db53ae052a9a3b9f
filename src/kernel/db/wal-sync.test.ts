import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "../testing/index.ts";
import { createWalSync } from "./wal-sync.ts";

describe("bringing commits to the disk", () => {
  it("asks nothing of the disk when nothing was written", async () => {
    await createWalSync(join(await temporaryFolder(), "absent")).synced("now");
  });

  it("answers all who wrote before it, also those who came while it was under way", async () => {
    const path = join(await temporaryFolder(), "log");
    await writeFile(path, "frames");
    const log = createWalSync(path);
    const waiting = Array.from({ length: 100 }, async () => {
      log.noteWrite();
      await log.synced("now");
    });
    await Promise.all(waiting);
    await log.close();
  });

  it("leaves to the next who asks what may come later, and brings it to the disk by itself when nobody does", async () => {
    const path = join(await temporaryFolder(), "log");
    await writeFile(path, "frames");
    const log = createWalSync(path);
    const reached: string[] = [];
    log.noteWrite();
    const later = log.synced("later").then(() => reached.push("later"));
    log.noteWrite();
    await log.synced("now").then(() => reached.push("now"));
    await later;
    log.noteWrite();
    await log.synced("later").then(() => reached.push("alone"));
    // In the order in which they were written.
    assert.deepEqual(reached, ["later", "now", "alone"]);
    await log.close();
  });

  it("fails every later write after one failed: what the system dropped does not come back", async () => {
    const path = join(await temporaryFolder(), "absent");
    const log = createWalSync(path);
    log.noteWrite();
    await assert.rejects(log.synced("now"), { code: "ENOENT" });
    await writeFile(path, "there now");
    log.noteWrite();
    await assert.rejects(log.synced("now"), { code: "ENOENT" });
  });
});
