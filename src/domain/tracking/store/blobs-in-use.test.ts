import assert from "node:assert/strict";
import { it } from "node:test";

import { digestOf } from "#kernel/digest";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import { createTracking, migrations } from "../index.ts";

describeOnEveryEngine("what tracking refers to", (open) => {
  it("is every artifact, those of deleted runs too, and not what was overwritten or deleted", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const tracking = createTracking({ ...kernel, isProject: async () => false });
    const { commands } = tracking;
    const start = async () =>
      await commands.createRun({ experimentId: "0", name: "run", startedAtMs: 1, tags: [], actor: "usr_1" });
    const [kept, deleted] = [await start(), await start()];
    const put = async (runId: string, path: string, content: string): Promise<void> =>
      void (await commands.putArtifact({ run: runId }, path, Buffer.from(content)));
    for (let number = 0; number < 1_050; number++)
      await put(kept.id, `file ${number}`, `content ${number % 1_020}`);
    await put(kept.id, "again", "before");
    await put(kept.id, "again", "after");
    await put(kept.id, "gone", "deleted");
    await commands.deleteArtifacts({ owner: { run: kept.id }, path: "gone", actor: "usr_1" });
    await put(deleted.id, "file", "of a deleted run");
    await commands.deleteRun({ runId: deleted.id, actor: "usr_1" });
    const held = new Set<string>();
    for await (const { digest } of tracking.blobsInUse()) held.add(digest);
    const expected = Array.from({ length: 1_020 }, (_, number) => `content ${number}`);
    assert.deepEqual(
      [...held].toSorted(),
      [...expected, "after", "of a deleted run"].map((content) => digestOf(content)).toSorted(),
    );
  });
});
