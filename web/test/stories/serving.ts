import type { Deployment, TrafficPoint } from "../../src/data/deployments.ts";
import type { Trace } from "../../src/data/predictions.ts";
import type { StoryAnswer } from "./answer.ts";
import { shownRun } from "./runs.ts";
import { day, digest, hour, minute, nowMs } from "./time.ts";

const deployment: Deployment = {
  id: "dep_01",
  environment: "production",
  model: "airline-care",
  endpoint: "http://127.0.0.1:7358/v2/models/airline-care/infer",
  state: "ready",
  variants: [
    {
      role: "live",
      modelVersionId: "mv_03",
      number: 3,
      releaseId: "rel_03",
      share: 0.9,
      threshold: 0.31,
      requests: 21_840,
      errors: 0,
      latencyMs: { p50: 1.8, p95: 4.1, p99: 6 },
    },
    {
      role: "canary",
      modelVersionId: "mv_04",
      number: 4,
      releaseId: "rel_05",
      share: 0.1,
      threshold: 0.29,
      requests: 210,
      errors: 1,
      latencyMs: null,
    },
  ],
  updatedAtMs: nowMs - 12 * minute,
};

const traffic: TrafficPoint[] = Array.from({ length: 60 }, (_, index) => nowMs - (60 - index) * day).flatMap(
  (startMs, index) => [
    {
      startMs,
      modelVersionId: "mv_03",
      role: "live",
      predictions: Math.round(360 + 90 * Math.sin(index / 1.1)),
      positiveShare: 0.6,
      latencyP95Ms: 4,
    },
    ...(index > 50
      ? [
          {
            startMs,
            modelVersionId: "mv_04",
            role: "canary",
            predictions: 38,
            positiveShare: 0.6,
            latencyP95Ms: 4,
          },
        ]
      : []),
  ],
);

const trace: Trace = {
  prediction: {
    predictionId: "pred_01",
    atMs: nowMs - hour,
    deployment: "dep_01",
    releaseId: "rel_03",
    modelVersionId: "mv_03",
    role: "live",
    unit: "customer-7",
    inputs: { text: "my bag is lost and nobody answers", airline: "Sunlark" },
    label: "negative",
    score: 0.93,
    decision: true,
    threshold: 0.14,
    latencyMs: 2.4,
    requestId: "req_01",
  },
  outcome: { value: "negative", observedAtMs: nowMs, receivedAtMs: nowMs, actor: "usr_mira" },
  earlierOutcomes: [],
  release: {
    id: "rel_03",
    environment: "production",
    state: "live",
    reason: "the third model",
    requestedBy: { id: "usr_mira", name: "mira" },
    requestedAtMs: nowMs - 7 * day,
    approvals: [{ by: { id: "usr_jonas", name: "jonas" }, atMs: nowMs - 6 * day, note: "the gates hold" }],
    liveAtMs: nowMs - 6 * day,
  },
  modelVersion: {
    id: "mv_03",
    model: "airline-care",
    number: 3,
    kind: "onnx",
    digest: digest("3c"),
    createdAtMs: nowMs - 7 * day,
    author: { id: "usr_mira", name: "mira" },
    purpose: { kind: "requested", reason: "more words" },
  },
  runId: shownRun.id,
  executionId: "exe_07",
  codeDigest: digest("c0"),
  environmentDigest: digest("e0"),
  data: [
    {
      id: "dv_04",
      dataset: "messages",
      number: 4,
      digest: digest("da"),
      source: "file data/messages.csv",
      rows: 14_640,
    },
  ],
};

export const servingAnswers: Readonly<Record<string, StoryAnswer>> = {
  deployments: { deployments: [deployment] },
  "deployments/dep_01": { deployment },
  "deployments/dep_01/traffic": { points: traffic },
  "predictions/pred_01/trace": trace,
};

export const servingPages: Readonly<Record<string, string>> = {
  serving: "/projects/airline-care/serving",
  deployment: "/projects/airline-care/serving/dep_01",
  prediction: "/projects/airline-care/predictions/pred_01",
};
