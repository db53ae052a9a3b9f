import type { StudyDeclaration, StudySummary, Trial } from "../../src/data/studies.ts";
import type { StoryAnswer } from "./answer.ts";
import { digest, minute, nowMs } from "./time.ts";

const declaration: StudyDeclaration = {
  space: {
    "train.c": { kind: "float", low: 0.01, high: 100, log: true, step: null },
    "train.ngram": { kind: "int", low: 1, high: 4, log: false, step: 1 },
    "train.analyzer": { kind: "choice", options: ["word", "char"] },
  },
  objectives: [{ metric: "f1", goal: "maximize" }],
  sampler: "tpe",
  trials: 24,
  parallel: 2,
  pruning: { rule: "asha", metric: "f1" },
  targets: [],
  seed: 7,
  maximumFailures: 5,
};

const stateOf = (number: number): Trial["state"] =>
  number === 5 ? "failed" : number === 13 ? "running" : number % 4 === 3 ? "pruned" : "complete";

const reasons: Partial<Record<Trial["state"], string>> = {
  failed: 'The stage "train" failed: "python train.py" ended with exit code 1.',
  pruned: "Pruned: f1 was 0.61 at step 4, not among the best one in 4 of those that came as far.",
};

const trials = Array.from({ length: 14 }, (_, number): Trial => {
  const state = stateOf(number);
  const ended = state !== "running";
  return {
    number,
    state,
    parameters: {
      "train.c": Number((0.02 * 1.9 ** number).toPrecision(4)),
      "train.ngram": (number % 4) + 1,
      "train.analyzer": number % 3 === 0 ? "char" : "word",
    },
    execution: `exe_${String(number).padStart(2, "0")}`,
    runId: `5f0b1c4e9a7d4a6f8c2b3d1e0f9a8b${String(number).padStart(2, "0")}`,
    values: state === "complete" ? [Number((0.6 + 0.02 * number - 0.0009 * number ** 2).toFixed(4))] : null,
    curve: [
      [0, 0.4],
      [1, 0.55],
    ],
    reason: reasons[state] ?? "",
    createdAtMs: nowMs - (40 - number * 2) * minute,
    endedAtMs: ended ? nowMs - (38 - number * 2) * minute : null,
  };
});

const summary: StudySummary = {
  id: "stu_01",
  name: "tune",
  declaration,
  state: "running",
  reason: "Its trials run.",
  wantedTrials: 24,
  codeDigest: digest("c0"),
  datasetVersions: {},
  runId: "5f0b1c4e9a7d4a6f8c2b3d1e0f9a8b7c",
  actor: "usr_mira",
  createdAtMs: nowMs - 40 * minute,
  endedAtMs: null,
  counts: { running: 1, complete: 9, pruned: 3, failed: 1, cancelled: 0 },
  best: trials.filter(({ number }) => number === 12),
};

const failed: StudySummary = {
  ...summary,
  id: "stu_00",
  name: "wide",
  state: "failed",
  reason: "5 trials failed. The last one: the stage train ended with exit code 1.",
  counts: { running: 0, complete: 0, pruned: 0, failed: 5, cancelled: 0 },
  best: [],
  endedAtMs: nowMs - 90 * minute,
  createdAtMs: nowMs - 99 * minute,
};

const base = "studies";

/** A study in its middle, one that failed before anything was measured, and one that waits to be begun. */
export const studyAnswers: Readonly<Record<string, StoryAnswer>> = {
  [base]: { studies: [summary, failed], declared: [{ name: "tune", declaration }] },
  [`${base}/stu_01`]: {
    ...summary,
    trials,
    importances: [
      {
        metric: "f1",
        parameters: [
          { name: "train.c", share: 0.71 },
          { name: "train.ngram", share: 0.12 },
          { name: "train.analyzer", share: 0.03 },
        ],
        together: 0.14,
        trials: 9,
      },
    ],
  },
  [`${base}/stu_00`]: { ...failed, trials: [], importances: [null] },
};

export const studyPages = {
  studies: "/projects/airline-care/studies",
  study: "/projects/airline-care/studies/stu_01",
  "study-failed": "/projects/airline-care/studies/stu_00",
};
