/** An invented project in the middle of its loop, for tests of pages only: every page has content. */
import type { LedgerEvent } from "../src/data/audit.ts";
import type { Charter, Gate, Objective } from "../src/data/charter.ts";
import type { ColumnProfile, DatasetVersion } from "../src/data/datasets.ts";
import type { Deployment, TrafficPoint } from "../src/data/deployments.ts";
import type { Incident } from "../src/data/incidents.ts";
import type { Lineage, ModelVersion } from "../src/data/models.ts";
import type {
  DriftFeature,
  Monitor,
  MonitoringOverview,
  Quality,
  RolloutReading,
  Window,
} from "../src/data/monitoring.ts";
import type { Trace } from "../src/data/predictions.ts";
import type { Person } from "../src/data/session.ts";
import type { Overview } from "../src/data/projects.ts";
import type { GateResult, Release } from "../src/data/releases.ts";
import type { Artifact, Comparison, Preview, Run, RunView, Series } from "../src/data/runs.ts";
import type { TraceSpan, TraceSummary } from "../src/data/traces.ts";
import { automationAnswers, automationPages } from "./stories/automation.ts";
import { computeAnswers, computeEverywhere, computePages } from "./stories/compute.ts";
import { executionAnswers, executionPages } from "./stories/executions.ts";
import { studyAnswers, studyPages } from "./stories/studies.ts";
import { day, digest, hour, minute, nowMs } from "./stories/time.ts";

export { nowMs } from "./stories/time.ts";
import type { StoryAnswer } from "./stories/answer.ts";

const gate = (
  id: string,
  metric: string,
  sentence: string,
  line: number,
  threshold: number,
  forEach: string | null = null,
): Gate => ({
  id,
  metric,
  requirement: { kind: "threshold", comparison: metric === "recall" ? ">=" : "<=", threshold },
  forEach,
  source: { file: "gyre.yaml", line, column: 7 },
  sentence,
});

const gates: Gate[] = [
  {
    ...gate("expected_cost", "expected_cost", "Expected cost at least 20 % better than the baseline", 19, 0),
    requirement: { kind: "better_than", betterThan: "baseline", byShare: 0.2 },
  },
  gate("recall", "recall", "Recall of negative at least 0.85", 20, 0.85),
  gate("recall:for_each:airline", "recall", "Recall at least 0.80 for each airline", 21, 0.8, "airline"),
  gate("latency_p95_ms", "latency_p95_ms", "95 % of predictions within 50 ms", 23, 50),
];

const objective: Objective = {
  decision: "Which messages does the care team answer first?",
  task: "classification",
  target: "sentiment",
  positive: "negative",
  kpi: { name: "answered_within_hour", now: 0.47, target: { comparison: ">=", threshold: 0.6 } },
  costs: { falseNegative: 12, falsePositive: 1.5, currency: "EUR" },
  baseline: "baseline.yaml",
  timeBox: "2027-03-31",
  budget: { amount: 200, currency: "EUR" },
};

const charter: Charter = {
  project: "airline-care",
  version: 3,
  digest: digest("3fa9"),
  appliedAtMs: nowMs - 9 * day,
  actor: "mira",
  yaml: "project: airline-care\n\nobjective:\n  decision: Which messages does the care team answer first?\n  task: classification\n  target: sentiment\n  positive: negative\n",
  projectFile: { objective },
  description: [],
  gates,
  decisionRule: {
    sentence: "A message is answered first when its probability of negative reaches the cheapest threshold.",
    theoreticalThreshold: 0.11,
  },
  monitors: gates.slice(0, 3).map((each) => ({
    id: `performance:${each.id}`,
    sentence: each.sentence,
    alpha: 0.003,
    periodMs: 90 * day,
  })),
  retrainingPolicy: {
    sentence:
      "Retrains when a performance monitor alarms, after 2,000 new labels, or on Mondays at 03:00; at most once a day.",
  },
  rolloutPlans: [
    {
      environment: "production",
      approvalsNeeded: 1,
      steps: [{ kind: "all" }],
      sentence: "production: one approval, then shadow for 10 minutes, canary of 10 % for 10 minutes, all.",
    },
  ],
};

const overview: Overview = {
  project: "airline-care",
  nowMs,
  charter: {
    decision: objective.decision,
    kpi: { name: "answered_within_hour", now: 0.47, target: ">= 0.6" },
    timeBoxMs: Date.parse("2027-03-31"),
    budget: { amount: 200, spent: 31.4, currency: "EUR" },
  },
  stations: [
    { key: "data", state: "usable", headline: "messages v4 · 14,640 rows", detail: "contract kept" },
    { key: "labels", state: "done", headline: "2,114 new outcomes", detail: "4 % unsure" },
    {
      key: "pipeline",
      state: "running",
      headline: "retraining: stage evaluate",
      detail: "3 of 5 stages done",
    },
    { key: "model", state: "ready", headline: "airline-care v3", detail: "onnx, parity agrees" },
    { key: "gates", state: "passed", headline: "4 of 4 passed", detail: "cost 38 % below baseline" },
    { key: "release", state: "live", headline: "v3 live since 6 d", detail: "approved by jonas" },
    { key: "serving", state: "ready", headline: "182 predictions an hour", detail: "p95 4.1 ms" },
    {
      key: "monitoring",
      state: "attention",
      headline: "recall 0.71, should be 0.85",
      detail: "n 412, 88 % covered",
    },
    { key: "feedback", state: "open", headline: "1 incident open", detail: "new vocabulary" },
  ],
  needs: [
    {
      id: "n1",
      tone: "bad",
      title: "Recall of negative fell to 0.71",
      detail: "New words since Tuesday: strike, rebooking, voucher",
      atMs: nowMs - 3 * hour,
      about: { kind: "incident", id: "inc_01" },
    },
    {
      id: "n2",
      tone: "warn",
      title: "airline-care v4 awaits an approval",
      detail: "All gates passed. You did not ask for it, so you may approve.",
      atMs: nowMs - 20 * minute,
      about: { kind: "release", id: "rel_04" },
    },
    {
      id: "n3",
      tone: "warn",
      title: "messages v5 is quarantined",
      detail: "sentiment: 12 rows hold a value that is not allowed",
      atMs: nowMs - 26 * hour,
      about: { kind: "dataset", id: "dv_05", name: "messages", number: 5 },
    },
  ],
  events: [],
};

const events: LedgerEvent[] = (
  [
    [
      "step.finished",
      "stp_9",
      { execution: "exe_07", stage: "train", state: "succeeded", durationMs: 21_400 },
      2,
    ],
    [
      "execution.started",
      "exe_07",
      { purpose: { kind: "retrain", reason: "recall fell below its bound" } },
      6,
    ],
    ["incident.opened", "inc_01", { kind: "performance", title: "Recall of negative fell to 0.71" }, 180],
    ["outcomes.recorded", "airline-care", { count: 312 }, 190],
    ["dataset_version.quarantined", "dv_05", { dataset: "messages", number: 5 }, 1560],
    ["release.live", "rel_03", { replaces: "rel_01" }, 8640],
    ["rollout.step_started", "rel_03", { step: "canary", share: 0.1 }, 8660],
    ["release.approved", "rel_03", { by: "jonas" }, 8680],
    ["model_version.registered", "mv_03", { model: "airline-care", number: 3 }, 8800],
    [
      "dataset_version.created",
      "dv_04",
      { dataset: "messages", number: 4, rows: 14_640, state: "usable" },
      9000,
    ],
    ["charter.applied", "airline-care", { version: 3 }, 12_960],
  ] as const
).map(([kind, subject, data, minutesAgo], index) => ({
  seq: 220 - index,
  atMs: nowMs - minutesAgo * minute,
  actor: `usr_${index % 3}`,
  actorName: ["mira", "system", "jonas"][index % 3] ?? "system",
  through: null,
  project: "airline-care",
  kind,
  subject,
  data,
  hash: digest(`${index}c4`),
}));
overview.events = events;

const version = (number: number, state: "usable" | "quarantined"): DatasetVersion => ({
  id: `dv_0${number}`,
  dataset: "messages",
  number,
  digest: digest(`${number}be`),
  sizeBytes: 2_143_216 + number * 40_000,
  rows: 14_640 + (number - 4) * 1200,
  columns: [
    { name: "created_at", type: "time" },
    { name: "text", type: "text" },
    { name: "airline", type: "text" },
    { name: "sentiment", type: "text" },
    { name: "followers", type: "integer" },
  ],
  source: "file data/messages.csv",
  parent: number > 1 ? `dv_0${number - 1}` : null,
  contractDigest: digest("c0"),
  state,
  breaches:
    state === "usable"
      ? []
      : [
          {
            column: "sentiment",
            rule: "allowed",
            count: 12,
            share: 0.0008,
            examples: [
              { row: 812, value: "angry" },
              { row: 2210, value: "?" },
            ],
            message: "sentiment: 12 rows hold a value other than negative, neutral, positive.",
          },
        ],
  createdAtMs: nowMs - (6 - number) * 3 * day,
  actor: "mira",
});

const profile: ColumnProfile[] = [
  {
    name: "created_at",
    type: "time",
    count: 14_640,
    missing: 0,
    distinct: 14_247,
    min: nowMs - 40 * day,
    max: nowMs - day,
    histogram: {
      edges: bell(12).edges.map((_, index) => nowMs - 40 * day + index * 3.25 * day),
      counts: bell(12).counts,
    },
  },
  {
    name: "text",
    type: "text",
    count: 14_640,
    missing: 0,
    distinct: 14_427,
    top: [
      { value: "thanks!", count: 61 },
      { value: "when will my flight leave", count: 14 },
      { value: "great service", count: 9 },
    ],
  },
  {
    name: "airline",
    type: "text",
    count: 14_640,
    missing: 0,
    distinct: 6,
    top: [
      { value: "United", count: 3822 },
      { value: "US Airways", count: 2913 },
      { value: "American", count: 2759 },
      { value: "Southwest", count: 2420 },
      { value: "Delta", count: 2222 },
    ],
  },
  {
    name: "sentiment",
    type: "text",
    count: 14_640,
    missing: 0,
    distinct: 3,
    top: [
      { value: "negative", count: 9178 },
      { value: "neutral", count: 3099 },
      { value: "positive", count: 2363 },
    ],
  },
  {
    name: "followers",
    type: "integer",
    count: 14_100,
    missing: 540,
    distinct: 3120,
    min: 0,
    max: 48_211,
    mean: 812.4,
    stddev: 2210.1,
    histogram: bell(20),
  },
];

function bell(bins: number) {
  return {
    edges: Array.from({ length: bins + 1 }, (_, index) => index * 2500),
    counts: Array.from({ length: bins }, (_, index) =>
      Math.round(1200 * Math.exp(-((index - bins / 3) ** 2) / bins)),
    ),
  };
}

const runs: Run[] = Array.from({ length: 240 }, (_, index) => ({
  id: `${(index + 4096).toString(16)}b1c4e9a7d4a6f8c2b3d1e0f9a8b7c`.slice(0, 32),
  name: index % 5 === 0 ? `evaluate ${index}` : `train ${index}`,
  experimentId: "1",
  status: index === 0 ? "running" : index % 17 === 3 ? "failed" : "finished",
  startedAtMs: nowMs - index * 47 * minute,
  endedAtMs: index === 0 ? null : nowMs - index * 47 * minute + 21_000 + index * 10,
  actor: index % 3 === 0 ? "system" : "mira",
  userName: "mira",
  params: {
    C: String(2 ** (index % 6)),
    ngram: `1-${1 + (index % 3)}`,
    solver: "liblinear",
    seed: String(index),
  },
  metrics: {
    f1: 0.78 + ((index * 7) % 90) / 1000,
    accuracy: 0.8 + ((index * 11) % 70) / 1000,
    expected_cost: 2.1 - ((index * 5) % 60) / 100,
    recall: 0.8 + ((index * 3) % 90) / 1000,
    loss: 0.31 + (index % 20) / 100,
  },
  tags: { "gyre.execution": "exe_07", "gyre.stage": "train", "mlflow.source.name": "train.py" },
}));

const traceSpans: TraceSpan[] = [
  span("01", null, 0, 3, "answer", "CHAIN", 0, 1840, { inputs: { question: "Where is my bag?" } }),
  span("02", "01", 1, 1, "retrieve", "RETRIEVER", 12, 310, { outputs: ["lost luggage", "claims"] }),
  span("03", "02", 2, 0, "embed", "EMBEDDING", 14, 120, {}),
  span("04", "01", 1, 0, "search the policy of every partner airline by its full name", "TOOL", 340, 620, {
    status: "ERROR",
    statusMessage: "TimeoutError: the partner did not answer within 600 ms",
    events: [{ name: "exception", offsetMs: 958, attributes: { "exception.type": "TimeoutError" } }],
  }),
  span("05", "01", 1, 0, "generate", "CHAT_MODEL", 980, 850, {
    outputs: "Your bag is in Oslo.",
    attributes: {
      "mlflow.llm.model": "small-7b",
      temperature: 0.2,
      "mlflow.chat.tokenUsage": { total_tokens: 431 },
    },
  }),
];

function span(
  id: string,
  parentId: string | null,
  depth: number,
  children: number,
  name: string,
  type: string,
  offsetMs: number,
  durationMs: number,
  more: Partial<TraceSpan>,
): TraceSpan {
  return {
    id,
    parentId,
    depth,
    children,
    name,
    type,
    offsetMs,
    durationMs,
    status: "OK",
    statusMessage: "",
    inputs: null,
    outputs: null,
    attributes: {},
    events: [],
    ...more,
  };
}

const traces: TraceSummary[] = Array.from({ length: 60 }, (_, index) => ({
  id: `tr-${(index + 4096).toString(16).padStart(32, "0")}`,
  experimentId: "1",
  name: index % 4 === 0 ? "summarise" : "answer",
  state: index === 0 ? "IN_PROGRESS" : index % 9 === 2 ? "ERROR" : "OK",
  startedAtMs: nowMs - index * 3 * minute,
  durationMs: index === 0 ? null : 700 + ((index * 137) % 2300),
  requestPreview: "Where is my bag? I waited an hour at the belt and nobody could tell me anything.",
  responsePreview: index === 0 ? null : "Your bag is in Oslo.",
  runId: index % 3 === 0 ? runs[1]!.id : null,
  session: `session-${index % 7}`,
  user: "traveller",
  tokens: index === 0 ? null : 300 + index,
  assessments:
    index % 5 === 1
      ? [
          {
            id: `a-${index}`,
            spanId: index === 1 ? "05" : null,
            kind: "feedback",
            name: "correct",
            value: index % 2 === 1,
            error: null,
            rationale: "The bag was found in Oslo.",
            sourceType: "HUMAN",
            sourceId: "mira",
            isValid: true,
            createdAtMs: nowMs - minute,
            updatedAtMs: nowMs - minute,
          },
        ]
      : [],
}));

const curve = Array.from(
  { length: 120 },
  (_, index) => 0.84 - 0.4 * Math.exp(-index / 18) + Math.sin(index * 1.7) * 0.008,
);
const series = (run: string, key: string): Series => ({
  run,
  key,
  axis: "step",
  points: 12_000,
  step: curve.map((_, index) => index * 100 + 99),
  atMs: curve.map((_, index) => nowMs + index * 1_000),
  min: curve.map((value) => value - 0.03),
  max: curve.map((value, index) => value + (index === 61 ? 0.3 : 0.03)),
  last: curve,
  count: curve.map(() => 100),
});

const compared: Comparison = {
  runs: runs.slice(1, 9),
  params: ["C", "ngram", "seed", "solver"].map((key) => {
    const values = runs.slice(1, 9).map((run) => run.params[key] ?? null);
    return { key, values, differs: key !== "solver" };
  }),
  metrics: ["accuracy", "f1", "loss"].map((key) => ({
    key,
    values: runs.slice(1, 9).map((run) => run.metrics[key] ?? null),
    differs: true,
  })),
  tags: [
    {
      key: "gyre.stage",
      values: runs.slice(1, 9).map((run) => run.tags["gyre.stage"] ?? null),
      differs: false,
    },
  ],
};

const views: RunView[] = [
  {
    id: "view_01",
    name: "Good ones",
    state: { filter: "metrics.f1 > 0.8", order: "-metrics.f1", group: "params.ngram" },
    owner: "usr_mira",
    isShared: true,
    updatedAtMs: nowMs,
  },
];

const artifacts: Artifact[] = [
  { path: "model", isFolder: true, sizeBytes: null, digest: null },
  { path: "confusion.json", isFolder: false, sizeBytes: 1204, digest: digest("9a") },
  { path: "predictions.parquet", isFolder: false, sizeBytes: 48_100, digest: digest("9d") },
  { path: "report.txt", isFolder: false, sizeBytes: 4810, digest: digest("9b") },
  { path: "report.html", isFolder: false, sizeBytes: 910, digest: digest("9c") },
];

const previews: Readonly<Record<string, Partial<Preview>>> = {
  "confusion.json": { kind: "json", text: '{"negative": [812, 40], "other": [66, 1204]}' },
  "report.txt": { kind: "text", text: "precision 0.84\nrecall 0.81\n".repeat(40), isCut: true },
  "report.html": { kind: "page" },
  "predictions.parquet": {
    kind: "table",
    columns: ["id", "text", "score", "label"],
    rows: Array.from({ length: 40 }, (_, index) => [
      index,
      `my bag number ${index} is lost and nobody answers`,
      index === 3 ? null : 0.4 + index / 100,
      index % 2 === 0,
    ]),
    isCut: true,
  },
};

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
    runId: number === 1 ? null : (runs[1]?.id ?? null),
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

const results: GateResult[] = [
  {
    gate: gates[0]!,
    verdict: "passed",
    value: 1.31,
    interval: [1.22, 1.4],
    n: 2928,

    baseline: 2.12,
    slices: [],
    bound: 1.7,
    finding: "1.31 EUR a message against 2.12 EUR of the baseline: 38 % better.",
  },
  {
    gate: gates[1]!,
    verdict: "passed",
    value: 0.874,
    interval: [0.858, 0.889],
    n: 1836,
    baseline: null,
    slices: [],
    bound: 0.85,
    finding: "0.874 of 1,836 negative messages were found.",
  },
  {
    gate: gates[2]!,
    verdict: "failed",
    value: 0.77,
    interval: [0.71, 0.82],
    n: 1836,
    baseline: null,
    bound: 0.8,
    finding: "Delta reaches 0.77, which is below 0.80.",
    slices: [
      { slice: "United", verdict: "passed", value: 0.89, interval: [0.86, 0.91], n: 526 },
      { slice: "Delta", verdict: "failed", value: 0.77, interval: [0.71, 0.82], n: 191 },
      { slice: "Virgin America", verdict: "inconclusive", value: 0.81, interval: [0.63, 0.91], n: 27 },
    ],
  },
  {
    gate: gates[3]!,
    verdict: "passed",
    value: 4.1,
    interval: [3.9, 4.4],
    n: 5000,
    baseline: null,
    slices: [],
    bound: 50,
    finding: "4.1 ms at 200 requests a second, no errors.",
  },
];

const mended: GateResult[] = results.map((each) => ({
  ...each,
  verdict: "passed",
  finding: each.verdict === "failed" ? "Every airline with enough rows reaches 0.80." : each.finding,
  slices: each.slices.map((slice) =>
    slice.verdict === "failed" ? { ...slice, verdict: "passed", value: 0.83, interval: [0.78, 0.87] } : slice,
  ),
}));

const release = (id: string, number: number, state: Release["state"]): Release => ({
  id,
  environment: "production",
  modelVersionId: `mv_0${number}`,
  model: "airline-care",
  number,
  state,
  requestedBy: "mira",
  requestedAtMs: nowMs - (5 - number) * 2 * day,
  author: "mira",
  reason: state === "awaiting_approval" ? "Retrained after the strike" : "",
  threshold: 0.31,
  thresholdCurve: Array.from({ length: 41 }, (_, index) => ({
    threshold: index / 40,
    costPerPrediction: 1.31 + 6 * (index / 40 - 0.31) ** 2,
  })),
  gates: state === "refused" ? results : mended,
  judgedAtMs: nowMs - day,
  approvals:
    state === "live" || state === "rolling_out"
      ? [{ by: "jonas", atMs: nowMs - 2 * day, note: "Looked at Delta by hand." }]
      : [],
  approvalsNeeded: 1,
  exception: null,
  steps: [
    { kind: "shadow", durationMs: 10 * minute },
    { kind: "canary", share: 0.1, durationMs: 10 * minute },
    { kind: "all" },
  ],
  currentStep: state === "rolling_out" ? 1 : null,
  stepStartedAtMs: null,
  replaces: number > 1 ? "rel_01" : null,
  liveAtMs: state === "live" ? nowMs - 34 * day : null,
  endedAtMs: state === "refused" ? nowMs - day : null,
  endReason: state === "refused" ? "The gate recall for each airline failed." : null,
});

const releases = [
  release("rel_05", 4, "rolling_out"),
  release("rel_04", 4, "awaiting_approval"),
  release("rel_03", 3, "live"),
  release("rel_02", 2, "refused"),
];

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

const windows: Window[] = Array.from({ length: 40 }, (_, index) => {
  const value = index < 30 ? 0.875 + Math.sin(index) * 0.008 : 0.875 - (index - 29) * 0.018;
  return {
    metric: "recall",
    segment: null,
    startMs: nowMs - (40 - index) * day,
    endMs: nowMs - (39 - index) * day,
    state: index > 36 ? "provisional" : "final",
    n: Math.round(380 + 60 * Math.sin(index * 1.3)) * (index > 37 ? 0.4 : 1),
    predictions: 440,
    outcomes: 400,
    coverage: index > 36 ? 0.9 - (index - 36) * 0.2 : 0.93,
    value,
    interval: [value - 0.025, value + 0.022],
    restated: index % 6 === 0 ? 1 : 0,
    asOfMs: nowMs,
  };
});

const incident: Incident = {
  id: "inc_01",
  kind: "performance",
  severity: "page",
  monitor: "performance:recall",
  title: "Recall of negative fell to 0.71",
  state: "open",
  openedAtMs: nowMs - 3 * hour,
  onsetMs: nowMs - 9 * day,
  environment: "production",
  modelVersionId: "mv_03",
  releaseId: "rel_03",
  cause: {
    sentence: "Messages use words the model has not seen: strike, rebooking, voucher.",
    ranked: [
      {
        kind: "vocabulary",
        name: "text",
        detail: "38 % of messages hold a new word",
        weight: 0.61,
        examples: ["strike 0 to 412", "voucher 3 to 210"],
      },
      {
        kind: "class_mix",
        name: "sentiment",
        detail: "negative from 63 % to 74 %",
        weight: 0.22,
        examples: [],
      },
      { kind: "segment", name: "airline Delta", detail: "recall 0.64", weight: 0.11, examples: [] },
    ],
  },
  evidence: {
    metric: "recall",
    value: 0.71,
    expected: 0.875,
    interval: [0.66, 0.76],
    n: 412,
    eValue: 1200,
    windowStartMs: nowMs - 9 * day,
    windowEndMs: nowMs - 8 * day,
  },
  timeline: [
    { atMs: nowMs - 9 * day, text: "The change began", link: null, seq: null },
    { atMs: nowMs - 3 * hour, text: "The monitor was sure", link: null, seq: 218 },
    {
      atMs: nowMs - 6 * minute,
      text: "Retraining started",
      link: "/projects/airline-care/executions/exe_07",
      seq: 219,
    },
  ],
  resolvedAtMs: null,
  resolution: null,
};

const monitor = (
  metric: string,
  segment: string | null,
  state: Monitor["state"],
  value: number,
  n: number,
  bound: number,
  eValue: number,
): Monitor => ({
  monitor: `performance:${metric}`,
  kind: "performance",
  sentence: gates.find((each) => each.metric === metric)?.sentence ?? metric,
  metric,
  segment,
  comparison: metric === "recall" ? ">=" : "<=",
  bound,
  state,
  releaseId: "rel_03",
  modelVersionId: "mv_03",
  value,
  interval: [value * 0.94, value * 1.05],
  n,
  eValue,
  alarmAt: 400,
  alarm: state === "alarm" ? { windowStartMs: nowMs - day, onsetMs: nowMs - 9 * day } : null,
});

const monitoring: MonitoringOverview = {
  evaluatedUntilMs: nowMs - hour,
  predictions: 21_840,
  outcomes: 19_219,
  windowMs: day,
  currency: "EUR",
  segments: ["airline=Delta", "airline=United", "airline=Southwest"],
  monitors: [
    monitor("recall", null, "alarm", 0.71, 412, 0.85, 1200),
    monitor("expected_cost", null, "watching", 1.62, 412, 1.7, 30),
    monitor("recall", "airline=Delta", "too_early", 0.78, 27, 0.8, 2),
    monitor("latency_p95_ms", null, "watching", 4.1, 21_840, 50, 0.2),
  ],
  openIncidents: [incident],
};

const drift: DriftFeature[] = (["text_length", "airline", "score"] as const).map((feature, which) => ({
  feature,
  kind: which === 0 ? "text_length" : which === 1 ? "segment" : "score",
  eValue: which === 0 ? 2000 : 0.7,
  alarm: which === 0 ? { windowStartMs: nowMs - 5 * day, onsetMs: nowMs - 9 * day } : null,
  strongest: {
    cell: which === 1 ? "Delta" : "over 120",
    direction: "more",
    referenceShare: 0.14,
    share: 0.31,
    interval: [0.27, 0.35],
  },
  reference: { cells: ["up to 40", "to 80", "to 120", "over 120"], counts: [300, 420, 220, 140] },
  counts: [210, 300, 240, 330],
  series: windows.map((window, index) => ({
    startMs: window.startMs,
    n: 440,
    eValue: which === 0 && index > 29 ? 10 ** ((index - 29) / 3) : 0.4 + Math.abs(Math.sin(index + which)),
  })),
}));

const quality: Quality = {
  windows,
  bound: 0.85,
  comparison: ">=",
  releases: [{ atMs: nowMs - 6 * day, text: "version 3 live", id: "rel_03" }],
  incidents: [{ atMs: nowMs - 2 * day, text: incident.title, id: incident.id }],
};

const rollout: RolloutReading = {
  releaseId: "rel_05",
  liveReleaseId: "rel_03",
  step: "canary",
  sinceMs: nowMs - hour,
  predictions: { candidate: 212, live: 1_840 },
  outcomes: { candidate: 90, live: 801 },
  agreement: 0.94,
  verdict: "undecided",
  comparisons: [
    {
      metric: "expected_cost",
      method: "two_samples",
      candidate: 0.31,
      live: 0.34,
      bound: null,
      difference: -0.03,
      interval: [-0.2, 0.14],
      n: 90,
      verdict: "undecided",
      sentence: "Cost per prediction: 0.31 against 0.34 of the live version: too early to say",
    },
    {
      metric: "errors",
      method: "bound",
      candidate: 0,
      live: null,
      bound: 0.01,
      difference: null,
      interval: [0, 0.02],
      n: 212,
      verdict: "not_worse",
      sentence: "Errors: 0 of 212 requests: within the bound",
    },
  ],
};

const people: Person[] = [
  { id: "system", name: "Gyre", kind: "system" },
  { id: "usr_mira", name: "mira", kind: "person" },
];

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
  runId: runs[1]!.id,
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

/** What the invented server answers, by path. */
export const answers: Readonly<Record<string, StoryAnswer>> = {
  "/api/v1/me": {
    permissions: { everywhere: [], projects: {} },
    principal: { id: "usr_mira", name: "Mira Halonen", kind: "person", via: "session" },
  },
  "/api/v1/projects": {
    projects: [
      { id: "airline-care", folder: null, charterVersion: 3, createdAtMs: nowMs - 60 * day },
      { id: "bike-demand", folder: null, charterVersion: 1, createdAtMs: nowMs - 20 * day },
    ],
  },
  "/api/v1/compute": computeEverywhere,
  "/api/v1/audit/verify": { intact: true, events: 220, headHash: "ab", firstBroken: null },
  ...project({
    overview,
    charter,
    datasets: { datasets: [{ dataset: "messages", versions: 5, newest: version(5, "quarantined") }] },
    "datasets/messages/versions": {
      versions: [version(5, "quarantined"), version(4, "usable"), version(3, "usable")],
    },
    "datasets/messages/versions/4": { version: version(4, "usable"), profile },
    "datasets/messages/versions/5": { version: version(5, "quarantined"), profile },
    "datasets/messages/versions/4/preview": {
      columns: ["created_at", "text", "airline"],
      rows: Array.from({ length: 30 }, (_, index) => [
        "2027-02-24 11:35",
        `my bag number ${index} is lost and nobody answers`,
        index % 7 === 0 ? null : "United",
      ]),
    },
    ...executionAnswers,
    ...computeAnswers,
    ...studyAnswers,
    ...automationAnswers,
    traces: { traces, cursor: "older" },
    [`traces/${traces[1]!.id}`]: {
      ...traces[1],
      clientRequestId: "req-17",
      tags: { "mlflow.traceName": "answer", "mlflow.trace.spansLocation": "TRACKING_STORE" },
      metadata: { "mlflow.source.name": "serve.py", "mlflow.trace.session": "session-1" },
      spans: traceSpans,
    },
    runs: (query) => ({
      runs: runs.slice(Number(query.get("skip")), Number(query.get("skip")) + 100),
      cursor: null,
      total: runs.length,
    }),
    "runs/columns": {
      runs: runs.length,
      complete: true,
      columns: [
        ...["accuracy", "expected_cost", "f1", "loss", "recall"].map((key) => ({
          kind: "metric",
          key,
          runs: 240,
        })),
        ...["C", "ngram", "seed", "solver"].map((key) => ({ kind: "param", key, runs: 240 })),
        ...["gyre.execution", "gyre.stage", "mlflow.source.name"].map((key) => ({
          kind: "tag",
          key,
          runs: 240,
        })),
      ],
    },
    "runs/groups": {
      total: runs.length,
      groups: ["1-1", "1-2", "1-3"].map((value) => ({ value, runs: 80, newestMs: nowMs })),
    },
    "runs/views": { views },
    "runs/compare": compared,
    "runs/series": (query) => ({
      series: (query.get("runs") ?? "")
        .split(",")
        .flatMap((run) => (query.get("metrics") ?? "").split(",").map((key) => series(run, key))),
    }),
    [`runs/${runs[1]!.id}`]: {
      ...runs[1],
      experimentName: "airline-care",
      state: "active",
      inputs: [
        {
          name: "messages",
          digest: "4be4be",
          sourceType: "file",
          source: "data/messages.csv",
          context: "training",
        },
      ],
      models: [],
      parentRunId: null,
      children: [],
    },
    [`runs/${runs[1]!.id}/artifacts`]: { entries: artifacts },
    [`runs/${runs[1]!.id}/artifacts/preview`]: (query) => ({
      isCut: false,
      sizeBytes: 4810,
      digest: digest("9b"),
      ...previews[query.get("path") ?? ""],
    }),
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
    releases: { releases },
    ...Object.fromEntries(releases.map((each) => [`releases/${each.id}`, { release: each }])),
    deployments: { deployments: [deployment] },
    "deployments/dep_01": { deployment },
    "deployments/dep_01/traffic": { points: traffic },
    monitoring,
    "monitoring/quality": quality,
    "releases/rel_05/rollout": { reading: rollout },
    ...Object.fromEntries(
      releases
        .filter((each) => each.id !== "rel_05")
        .map((each) => [`releases/${each.id}/rollout`, { reading: null }]),
    ),
    people: { people },
    "predictions/pred_01/trace": trace,
    "monitoring/drift": { features: drift },
    incidents: {
      incidents: [
        incident,
        {
          ...incident,
          id: "inc_00",
          title: "p95 latency above 50 ms",
          kind: "guardrail",
          state: "resolved",
          resolvedAtMs: nowMs - 20 * day,
          onsetMs: nowMs - 21 * day,
          openedAtMs: nowMs - 21 * day,
          resolution: { by: "system", verdict: "rolled_back", note: "The canary was slower." },
        },
      ],
    },
    "incidents/inc_01": { incident },
    events: { events },
  }),
};

/** Every page of the product, by a name for its picture. */
export const pages: Readonly<Record<string, string>> = {
  projects: "/?all=true",
  "sign-in": "/sign-in",
  "not-found": "/nowhere",
  home: "/projects/airline-care",
  charter: "/projects/airline-care/charter",
  data: "/projects/airline-care/data",
  "dataset-version": "/projects/airline-care/data/messages/4",
  "dataset-quarantined": "/projects/airline-care/data/messages/5",
  "dataset-rows": "/projects/airline-care/data/messages/4?tab=rows",
  pipeline: "/projects/airline-care/pipeline",
  ...executionPages,
  ...computePages,
  ...studyPages,
  ...automationPages,
  runs: "/projects/airline-care/runs",
  run: `/projects/airline-care/runs/${runs[1]!.id}`,
  "run-charts": `/projects/airline-care/runs/${runs[1]!.id}?tab=charts`,
  "run-artifacts": `/projects/airline-care/runs/${runs[1]!.id}?tab=artifacts`,
  "run-artifact-table": `/projects/airline-care/runs/${runs[1]!.id}?tab=artifacts&at=predictions.parquet`,
  "run-artifact-text": `/projects/airline-care/runs/${runs[1]!.id}?tab=artifacts&at=report.txt`,
  "runs-grouped": "/projects/airline-care/runs?group=params.ngram&open=%3D1-2&pinned=metrics.f1",
  "runs-chosen-columns":
    "/projects/airline-care/runs?columns=series.loss%2Cmetrics.f1%2Cparams.C%2Cid&diff=true",
  compare: `/projects/airline-care/runs/compare?runs=${runs[1]!.id}%2C${runs[2]!.id}`,
  "compare-charts": `/projects/airline-care/runs/compare?tab=charts&smooth=0.6&runs=${runs[1]!.id}%2C${runs[2]!.id}`,
  "compare-sweep": "/projects/airline-care/runs/compare?tab=sweep&filter=metrics.f1%20%3E%200",
  traces: "/projects/airline-care/traces",
  trace: `/projects/airline-care/traces/${traces[1]!.id}`,
  "trace-failed": `/projects/airline-care/traces/${traces[1]!.id}?at=04`,
  "trace-spans": `/projects/airline-care/traces/${traces[1]!.id}?tab=table`,
  "trace-assessments": `/projects/airline-care/traces/${traces[1]!.id}?tab=assessments`,
  "trace-facts": `/projects/airline-care/traces/${traces[1]!.id}?tab=facts`,
  models: "/projects/airline-care/models",
  "model-version": "/projects/airline-care/models/airline-care/3",
  "model-aliases": "/projects/airline-care/models/airline-care/3?tab=aliases",
  "compare-versions": "/projects/airline-care/models/airline-care/compare?at=3&other=4",
  releases: "/projects/airline-care/releases",
  release: "/projects/airline-care/releases/rel_04",
  "release-refused": "/projects/airline-care/releases/rel_02",
  "release-rolling": "/projects/airline-care/releases/rel_05",
  serving: "/projects/airline-care/serving",
  deployment: "/projects/airline-care/serving/dep_01",
  prediction: "/projects/airline-care/predictions/pred_01",
  monitoring: "/projects/airline-care/monitoring",
  drift: "/projects/airline-care/monitoring?tab=drift",
  incidents: "/projects/airline-care/incidents",
  incident: "/projects/airline-care/incidents/inc_01",
  audit: "/projects/airline-care/audit",
  missing: "/projects/airline-care/releases/rel_99",
};

function project(parts: Record<string, StoryAnswer>): Record<string, StoryAnswer> {
  return Object.fromEntries(
    Object.entries(parts).map(([path, answer]) => [`/api/v1/projects/airline-care/${path}`, answer]),
  );
}
