import assert from "node:assert/strict";
import { it } from "node:test";

import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import { describeOnEveryEngine } from "#kernel/testing";

import { blobsInUse } from "./blobs-in-use.ts";
import { saveCheckpoint } from "./checkpoints.ts";
import { insertExecution } from "./executions.ts";
import { saveResult } from "./results.ts";
import { migrations } from "./schema.ts";

const digest = (name: string): string => digestOf(name);

async function addResult(db: Database, number: number, out: string): Promise<void> {
  await saveResult(db, {
    project: `project ${number % 3}`,
    cacheKey: digest(`key ${number}`),
    stage: "train",
    keyParts: {
      commands: [],
      wdir: ".",
      deps: { data: digest("a fact") },
      params: {},
      environment: null,
      outs: [],
    },
    outs: [
      { path: "model", digest: digest(out), sizeBytes: 1, kind: "out", isFolder: true },
      {
        path: "metrics.json",
        digest: digest(`${out} metrics`),
        sizeBytes: 1,
        kind: "metrics",
        isFolder: false,
      },
    ],
    metrics: {},
    runId: null,
    execution: "exe_1",
    step: `stp_${number}`,
    createdAtMs: number,
  });
}

async function held(db: Database): Promise<Map<string, boolean>> {
  const found = new Map<string, boolean>();
  for await (const { digest, isTree } of blobsInUse(db)) found.set(digest, isTree);
  return found;
}

describeOnEveryEngine("what pipelines refer to", (open) => {
  it("is the code and the outs, whatever page they stand on, and what steps depended on is not", async () => {
    const db = await open(migrations);
    await db.transaction(async () => {
      for (let number = 0; number < 1_050; number++) await addResult(db, number, `out ${number}`);
    });
    await insertExecution(db, {
      id: "exe_1",
      project: "project 1",
      purpose: { kind: "requested", reason: "asked for" },
      parameters: {},
      targets: [],
      complete: true,
      codeDigest: digest("code"),
      datasetVersions: {},
      actor: "usr_1",
      createdAtMs: 1,
      planDigest: digest("plan"),
    });
    const found = await held(db);
    const outs = Array.from({ length: 1_050 }, (_, number) => `out ${number}`);
    assert.deepEqual(
      outs.filter((out) => found.get(digest(out)) !== true || found.get(digest(`${out} metrics`)) !== false),
      [],
    );
    assert.equal(found.get(digest("code")), true);
    assert.equal(found.size, 2 * 1_050 + 1);
  });

  it("is the newest checkpoint of a step and not those before it, and the newest result of a key", async () => {
    const db = await open(migrations);
    const checkpoint = { project: "shop", cacheKey: digest("key"), nowMs: 1 };
    await saveCheckpoint(db, { ...checkpoint, digest: digest("epoch 1") });
    await saveCheckpoint(db, { ...checkpoint, digest: digest("epoch 2") });
    await saveCheckpoint(db, { ...checkpoint, project: "depot", digest: digest("of another project") });
    await addResult(db, 1, "first");
    await addResult(db, 1, "second");
    assert.deepEqual(
      [...(await held(db)).keys()].toSorted(),
      ["epoch 2", "of another project", "second", "second metrics"].map(digest).toSorted(),
    );
  });
});
