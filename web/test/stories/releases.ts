import type { RolloutReading } from "../../src/data/monitoring.ts";
import type { GateResult, Release } from "../../src/data/releases.ts";
import type { StoryAnswer } from "./answer.ts";
import { airlineGate, costGate, latencyGate, recallGate } from "./charter.ts";
import { day, hour, minute, nowMs } from "./time.ts";

const results: GateResult[] = [
  {
    gate: costGate,
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
    gate: recallGate,
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
    gate: airlineGate,
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
    gate: latencyGate,
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

export const releaseAnswers: Readonly<Record<string, StoryAnswer>> = {
  releases: { releases },
  ...Object.fromEntries(releases.map((each) => [`releases/${each.id}`, { release: each }])),
  "releases/rel_05/rollout": { reading: rollout },
  ...Object.fromEntries(
    releases
      .filter((each) => each.id !== "rel_05")
      .map((each) => [`releases/${each.id}/rollout`, { reading: null }]),
  ),
};

export const releasePages: Readonly<Record<string, string>> = {
  releases: "/projects/airline-care/releases",
  release: "/projects/airline-care/releases/rel_04",
  "release-refused": "/projects/airline-care/releases/rel_02",
  "release-rolling": "/projects/airline-care/releases/rel_05",
};
