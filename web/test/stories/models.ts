import type { Lineage, ModelVersion } from "../../src/data/models.ts";
import type { StoryAnswer } from "./answer.ts";
import { shownRun } from "./runs.ts";
import { day, digest, nowMs } from "./time.ts";

const modelVersion = (number: number, aliases: string[]): ModelVersion => ({
  id: `mv_0${number}`,
  model: "airline-care",
  number,
  kind: number === 1 ? "rule" : "onnx",
  state: "ready",
  rejection: null,
  files: [
    { path: "MLmodel", digest: digest("a1"), sizeBytes: 812 },
    { path: "model.onnx", digest: digest("b2"), sizeBytes: 1_840_210 },
    { path: "requirements.txt", digest: digest("c3"), sizeBytes: 96 },
  ],
  digest: digest(`${number}d`),
  signature: {
    inputs: [
      { name: "text", datatype: "BYTES", optional: false },
      { name: "followers", datatype: "INT64", optional: true },
    ],
    labels: ["negative", "neutral", "positive"],
  },
  runnableDigest: digest("b2"),
  parity:
    number === 1
      ? null
      : { rows: 2928, largestDifference: 0.0000021, tolerance: 0.0001, labelsDiffer: 0, agrees: true },
  origin: {
    executionId: number === 1 ? null : "exe_06",
    runId: number === 1 ? null : shownRun.id,
    codeDigest: digest("c0de"),
    environmentDigest: digest("e4"),
    datasetVersions: { messages: "dv_04" },
    parameters: { "train.c": 2 },
    purpose: { kind: "requested", reason: "Try a stronger regularisation" },
  },
  metrics: number === 1 ? {} : { f1: 0.831 + number / 1000, accuracy: 0.861, recall: 0.874 },
  aliases,
  createdAtMs: nowMs - (5 - number) * 2 * day,
  actor: "mira",
});

const node = (id: string, kind: string, label: string, link: string | null = null) => ({
  id,
  kind,
  label,
  link,
});
const edge = (from: string, to: string) => ({ from, to, label: "" });

const lineage: Lineage = {
  nodes: [
    node("src", "source", "data/messages.csv"),
    node("dv_04", "dataset_version", "messages v4", "/projects/airline-care/data/messages/4"),
    node("code", "code", "c0dec0dec0de"),
    node("env", "environment", "Python 3.12"),
    node("exe", "execution", "exe_06", "/projects/airline-care/executions/exe_06"),
    node("run", "run", "train 1"),
    node("mv", "model_version", "airline-care v3"),
    node("rel", "release", "to production", "/projects/airline-care/releases/rel_03"),
    node("dep", "deployment", "airline-care"),
  ],
  edges: [
    edge("src", "dv_04"),
    edge("dv_04", "exe"),
    edge("code", "exe"),
    edge("env", "exe"),
    edge("exe", "run"),
    edge("run", "mv"),
    edge("mv", "rel"),
    edge("rel", "dep"),
  ],
};

export const modelAnswers: Readonly<Record<string, StoryAnswer>> = {
  models: { models: [{ model: "airline-care", versions: 4, newest: modelVersion(4, []) }] },
  "models/airline-care/versions": {
    versions: [
      modelVersion(4, ["candidate"]),
      modelVersion(3, ["live"]),
      modelVersion(2, []),
      modelVersion(1, ["baseline"]),
    ],
  },
  "models/airline-care/aliases": {
    changes: [
      { alias: "live", number: 3, change: "set", atMs: nowMs - 6 * day, actor: "usr_mira" },
      { alias: "live", number: 2, change: "removed", atMs: nowMs - 6 * day, actor: "usr_mira" },
    ],
  },
  "models/airline-care/versions/4": { version: modelVersion(4, ["candidate"]), lineage },
  "models/airline-care/versions/3": { version: modelVersion(3, ["live"]), lineage },
};

export const modelPages: Readonly<Record<string, string>> = {
  models: "/projects/airline-care/models",
  "model-version": "/projects/airline-care/models/airline-care/3",
  "model-aliases": "/projects/airline-care/models/airline-care/3?tab=aliases",
  "compare-versions": "/projects/airline-care/models/airline-care/compare?at=3&other=4",
};
