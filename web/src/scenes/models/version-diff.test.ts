import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelVersion } from "../../data/models.ts";
import { diffVersions } from "./version-diff.ts";

const version = (change: Partial<ModelVersion> = {}): ModelVersion => ({
  id: "mv_1",
  model: "care",
  number: 1,
  kind: "onnx",
  state: "ready",
  rejection: null,
  files: [{ path: "model.onnx", digest: "sha256:aa", sizeBytes: 10 }],
  digest: "sha256:dd",
  signature: { inputs: [{ name: "text", datatype: "BYTES", optional: false }], labels: ["a", "b"] },
  runnableDigest: "sha256:aa",
  parity: null,
  origin: {
    executionId: null,
    runId: null,
    codeDigest: "sha256:cc",
    environmentDigest: null,
    datasetVersions: { messages: "dv_1" },
    parameters: { depth: 3, names: ["x"] },
    purpose: null,
  },
  metrics: { auc: 0.8, loss: 0.2 },
  aliases: [],
  createdAtMs: 0,
  actor: "mira",
  ...change,
});

test("equal versions differ in nothing", () => {
  assert.deepEqual(
    diffVersions(version(), version({ number: 2 })).map(({ rows }) => rows),
    [[], [], [], [], [], []],
  );
});

test("each part tells what changed, came and went, and counts the rest", () => {
  const right = version({
    files: [
      { path: "model.onnx", digest: "sha256:bb", sizeBytes: 12 },
      { path: "notes.md", digest: "sha256:ee", sizeBytes: 3 },
    ],
    metrics: { auc: 0.9, loss: 0.2, f1: 0.7 },
    signature: { inputs: [], labels: ["a", "b"] },
    origin: { ...version().origin, parameters: { depth: 3, names: ["x", "y"] }, codeDigest: "sha256:c2" },
  });
  const parts = Object.fromEntries(
    diffVersions(version(), right).map(({ title, rows, same }) => [title, { rows, same }]),
  );
  assert.deepEqual(parts["Parameters"], {
    rows: [{ name: "names", before: ["x"], after: ["x", "y"] }],
    same: 1,
  });
  assert.deepEqual(parts["Metrics"], {
    rows: [
      { name: "auc", before: 0.8, after: 0.9 },
      { name: "f1", before: undefined, after: 0.7 },
    ],
    same: 1,
  });
  assert.deepEqual(parts["Files"], {
    rows: [
      { name: "model.onnx", before: "sha256:aa", after: "sha256:bb", as: "digest", sizes: [10, 12] },
      { name: "notes.md", before: undefined, after: "sha256:ee", as: "digest", sizes: [0, 3] },
    ],
    same: 0,
  });
  assert.deepEqual(parts["Signature"]?.rows, [{ name: "input text", before: "BYTES", after: undefined }]);
  assert.deepEqual(parts["Code and environment"]?.rows, [
    { name: "code", before: "sha256:cc", after: "sha256:c2", as: "digest" },
  ]);
});
