import assert from "node:assert/strict";
import { it } from "node:test";

import { digestOf } from "#kernel/digest";
import { describeOnEveryEngine } from "#kernel/testing";

import { blobsInUse } from "./blobs-in-use.ts";
import type { WorkSpec } from "./contract.ts";
import { deleteWork, endWork, forgetDetails, insertWork, migrations, recordUpload } from "./store.ts";
import { updateOpenWork } from "./store.ts";

const digest = (name: string): string => digestOf(name);

const spec: WorkSpec = {
  commands: ["true"],
  wdir: ".",
  variables: {},
  secretVariables: [],
  inputs: [{ path: "data.csv", digest: digest("input"), sizeBytes: 1, executable: false }],
  outs: ["model"],
  resources: { cpus: 1, memoryBytes: 1, gpus: 0 },
  environment: null,
  image: null,
  timeoutMs: 1,
  maximumLogBytes: 1,
  isPreemptible: true,
  checkpoint: { path: "state", restore: digest("restored") },
};

describeOnEveryEngine("what work at compute targets refers to", (open) => {
  it("is what it reads, goes on from, has sent and left, until its row goes", async () => {
    const db = await open(migrations);
    for (let number = 0; number < 45; number++) {
      const order = {
        idempotencyKey: `key ${number}`,
        owner: "exe_1",
        project: "shop",
        label: "train",
        graceMs: 1,
      };
      await insertWork(db, {
        id: `wrk_${number}`,
        target: "ray",
        order,
        spec: {
          ...spec,
          inputs: [{ path: "a", digest: digest(`input ${number}`), sizeBytes: 1, executable: false }],
        },
        sealedVariables: "",
        runner: "me",
        nowMs: 1,
      });
    }
    await recordUpload(db, "wrk_7", { digest: digest("sent"), sizeBytes: 1 });
    await updateOpenWork(db, "wrk_7", { checkpoint: digest("checkpoint") });
    const held = async (): Promise<Map<string, boolean>> => {
      const found = new Map<string, boolean>();
      for await (const { digest, isTree } of blobsInUse(db)) found.set(digest, isTree);
      return found;
    };
    const open7 = await held();
    assert.equal(open7.size, 45 + 3);
    assert.deepEqual(
      ["restored", "checkpoint", "sent", "input 44"].map((name) => open7.get(digest(name))),
      [true, true, false, false],
    );
    const { work } = await insertWork(db, {
      id: "again",
      target: "ray",
      order: { idempotencyKey: "key 7", owner: "exe_1", project: "shop", label: "train", graceMs: 1 },
      spec,
      sealedVariables: "",
      runner: "me",
      nowMs: 1,
    });
    const outs = [{ path: "model", digest: digest("left"), sizeBytes: 1, isFolder: true }];
    await endWork(db, "wrk_7", { state: "succeeded", reason: "done", outs }, 2);
    await forgetDetails(db, work);
    const ended = await held();
    assert.deepEqual(
      ["left", "sent", "input 7", "checkpoint"].map((name) => ended.get(digest(name))),
      [true, undefined, undefined, true],
    );
    await deleteWork(db, "wrk_7");
    assert.equal((await held()).has(digest("left")), false);
  });
});
