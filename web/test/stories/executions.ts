import type { Execution, ExecutionSummary, Explanation, Step } from "../../src/data/executions.ts";
import type { StoryAnswer } from "./answer.ts";
import { logAnswers } from "./logs.ts";
import { manySteps } from "./many-steps.ts";
import { day, digest, minute, nowMs } from "./time.ts";

const seconds = 1_000;
const beganMs = nowMs - 6 * minute;

/** A step; `at` says in seconds after the beginning when it was ready, began and ended. */
const step = (
  stage: string,
  state: Step["state"],
  dependsOn: string[],
  at: readonly (number | null)[],
  more: Partial<Step> = {},
): Step => {
  const [ready = null, started = null, ended = null] = at.map((each) =>
    each === null ? null : beganMs + each * seconds,
  );
  return {
    id: `stp_${stage}`,
    stage,
    command: `python ${stage.split("@")[0]}.py`,
    state,
    attempt: state === "waiting" || state === "cached" || state === "skipped" ? 0 : 1,
    cacheKey: digest("ca"),
    reason:
      state === "cached"
        ? "Its command, inputs, parameters and environment are those of execution exe_06."
        : "The dependency data/messages.csv changed and the parameter train.c in params.yaml changed from 1 to 2.",
    waitingReason: null,
    runId: state === "waiting" || state === "skipped" ? null : "5f0b1c4e9a7d4a6f8c2b3d1e0f9a8b7c",
    exitCode: state === "succeeded" ? 0 : null,
    lastLines: [],
    failure: null,
    readyAtMs: ready,
    startedAtMs: started,
    endedAtMs: ended,
    dependsOn,
    outs: [],
    metrics: {},
    priority: 0,
    resources: { cpu: 1, memoryBytes: 0, gpu: 0 },
    ...more,
  };
};

const folds = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

const running: Step[] = [
  step("prepare", "cached", [], [null, null, 0]),
  step("split", "cached", ["prepare"], [null, null, 0]),
  step("train", "succeeded", ["split"], [0, 1, 92], {
    metrics: { f1: 0.8412, accuracy: 0.8632 },
    resources: { cpu: 2, memoryBytes: 4e9, gpu: 0 },
    outs: [{ path: "model/", digest: digest("0d"), sizeBytes: 1_840_210, kind: "out", isFolder: true }],
  }),
  step("vocabulary", "succeeded", ["split"], [0, 1, 34]),
  ...folds.map((fold, index) =>
    step(
      `crossvalidate@${fold}`,
      index < 6 ? "succeeded" : index === 6 ? "running" : "waiting",
      ["train", "vocabulary"],
      index < 7 ? [92, 92 + index * 34, index < 6 ? 124 + index * 34 : null] : [92, null, null],
      index < 7 ? {} : { waitingReason: `waits for 1 of 2 CPUs: ${index - 6} before it in the queue` },
    ),
  ),
  step("evaluate", "running", ["train", "vocabulary"], [92, 94, null], { attempt: 2 }),
  step("export", "waiting", ["evaluate"], [null, null, null], {
    waitingReason: "waits for evaluate, which is running",
  }),
];

const execution = (id: string, state: Execution["state"], reason: string, agoMs: number): Execution => ({
  id,
  state,
  purpose: {
    kind: state === "running" ? "retrain" : "requested",
    reason,
    ...(state === "running" ? { incident: "inc_01" } : {}),
  },
  parameters: { "train.c": 2 },
  targets: [],
  codeDigest: digest("c0de"),
  datasetVersions: { messages: "dv_04" },
  environmentDigest: digest("e4"),
  actor: state === "running" ? "system" : "mira",
  createdAtMs: nowMs - agoMs,
  startedAtMs: nowMs - agoMs,
  endedAtMs: state === "running" ? null : nowMs - agoMs + 84_000,
  failure: null,
  waitingReason: null,
  steps: state === "failed" ? failed : running,
});

const failed: Step[] = [
  step("prepare", "succeeded", [], [0, 0, 20]),
  step("train", "failed", ["prepare"], [20, 20, 61], {
    exitCode: 1,
    failure: {
      code: "step_failed",
      message: "python train.py ended with exit code 1.",
      next: "Read the last lines of its log, mend the cause, and run again: finished stages are not repeated.",
    },
  }),
  step("evaluate", "skipped", ["train"], [null, null, null], {
    reason: 'It depends on "train", which failed.',
  }),
];

const executions = [
  execution("exe_07", "running", "Recall fell below its bound", 6 * minute),
  execution("exe_06", "succeeded", "Try a stronger regularisation", 6 * day),
  execution("exe_05", "failed", "First try with emoji kept", 7 * day),
  execution("exe_04", "succeeded", "First training", 8 * day),
];

/** A log with colours, an address and an error, as a training prints it. */
const trainingLog = {
  total: 400,
  errors: [210, 212],
  line: (number: number) =>
    number === 210
      ? "Traceback (most recent call last):"
      : number === 211
        ? '  File "evaluate.py", line 41, in <module>'
        : number === 212
          ? "ValueError: unknown label 'angry' in row 812, see https://example.org/labels"
          : `2027-03-12 09:2${number % 10}:11 \u001b[36mevaluate\u001b[0m: fold ${number}, f1 \u001b[${number % 13 === 0 ? "1;32" : "33"}m${(0.8 + (number % 13) / 200).toFixed(4)}\u001b[0m`,
};

/** A gigabyte, at 64 bytes a line. */
const giantLog = {
  total: 16_000_000,
  errors: [12_345_678],
  line: (number: number) =>
    number === 12_345_678 ? "RuntimeError: out of luck" : `line ${number} of a long story`,
};

const parts = {
  commands: ["python train.py"],
  wdir: ".",
  deps: {
    "data/messages.csv": digest("4d").slice(7),
    "train.py": digest("7a").slice(7),
    "src/": digest("5c").slice(7),
  },
  params: { "params.yaml": { "train.c": 2, "train.ngram": 3 } },
  environment: digest("e4").slice(7),
  outs: ["model/", "metrics.json"],
};

const why: Explanation = {
  stage: "train",
  verdict: "runs",
  sentence:
    "The dependency data/messages.csv changed and the parameter train.c in params.yaml changed from 1 to 2.",
  differences: [
    {
      part: "dependency",
      name: "data/messages.csv",
      before: digest("3b").slice(7),
      now: digest("4d").slice(7),
    },
    {
      part: "dependency",
      name: "src/",
      before: digest("1c").slice(7),
      now: digest("5c").slice(7),
      files: ["src/text.py", "src/words.py"],
    },
    { part: "parameter", name: "train.c in params.yaml", before: "1", now: "2" },
    { part: "parameter", name: "train.ngram in params.yaml", before: null, now: "3" },
  ],
  cacheKey: digest("ca"),
  now: parts,
  last: { ...parts, params: { "params.yaml": { "train.c": 1 } } },
  lastStep: { execution: "exe_06", step: "stp_train", atMs: nowMs - 6 * day },
};

const cachedWhy: Explanation = {
  ...why,
  stage: "prepare",
  verdict: "cached",
  sentence: "Its command, inputs, parameters and environment are those of execution exe_06.",
  differences: [],
  last: parts,
};

const whyOf = (each: Step): Explanation =>
  each.state === "cached" ? { ...cachedWhy, stage: each.stage } : { ...why, stage: each.stage };

const many = {
  ...execution("exe_big", "running", "Every airline, every word list", 6 * minute),
  steps: manySteps(2_000, beganMs),
};
const answersOf = ({ id, steps }: Execution): Record<string, StoryAnswer> =>
  Object.assign(
    {},
    ...steps.map((each) => ({
      ...logAnswers(`executions/${id}/steps/${each.stage}/log`, trainingLog),
      [`executions/${id}/steps/${each.stage}/why`]: whyOf(each),
    })),
  );

/** What the invented server says about executions and the pipeline. */
export const executionAnswers: Record<string, StoryAnswer> = {
  executions: { executions: executions satisfies ExecutionSummary[], next: null },
  ...Object.fromEntries(executions.map((each) => [`executions/${each.id}`, each])),
  ...Object.assign({}, ...executions.map(answersOf)),
  "executions/exe_big": many,
  ...answersOf(many),
  ...logAnswers("executions/exe_06/steps/train/log", giantLog),
  pipeline: {
    file: "dvc.yaml",
    stages: running.map((each) => ({
      name: each.stage,
      commands: [each.command],
      description: null,
      dependsOn: each.dependsOn,
      target: null,
      image: null,
      last: { ...each, execution: "exe_07" },
    })),
  },
  "pipeline/why/train": { explanations: [why] },
  "pipeline/why/prepare": { explanations: [cachedWhy] },
};

const base = "/projects/airline-care/executions";

export const executionPages: Record<string, string> = {
  "pipeline-why": "/projects/airline-care/pipeline?at=train",
  execution: `${base}/exe_07`,
  "execution-train": `${base}/exe_07?at=train&path=true&open=crossvalidate%40*`,
  "execution-cached": `${base}/exe_07?at=split`,
  "execution-waiting": `${base}/exe_07?at=export`,
  "execution-timeline": `${base}/exe_07?tab=timeline`,
  "execution-places": `${base}/exe_07?tab=timeline&axis=place`,
  "execution-steps": `${base}/exe_07?tab=steps`,
  "execution-facts": `${base}/exe_07?tab=facts`,
  "execution-failed": `${base}/exe_05`,
  "execution-search": `${base}/exe_05?at=train&find=fold%202&line=212`,
  "execution-many": `${base}/exe_big`,
  "execution-many-open": `${base}/exe_big?group=none`,
  "execution-many-timeline": `${base}/exe_big?tab=timeline`,
};
