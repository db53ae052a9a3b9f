import type { Artifact, Comparison, Preview, Run, RunView, Series } from "../../src/data/runs.ts";
import type { StoryAnswer } from "./answer.ts";
import { digest, minute, nowMs } from "./time.ts";

/** The run of this number, from the newest on. */
const runOf = (index: number): Run => ({
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
});

const runs = Array.from({ length: 240 }, (_, index) => runOf(index));
/** The run of which the story shows everything. */
export const shownRun = runOf(1);

const curve = Array.from(
  { length: 120 },
  (_, index) => 0.84 - 0.4 * Math.exp(-index / 18) + Math.sin(index * 1.7) * 0.008,
);
/** Each run a little above the one before, with one extreme that must not be lost. */
const series = (run: string, key: string): Series => {
  const order = Number.parseInt(run.slice(0, 4), 16) % 8;
  const own = curve.map((value) => value + order * 0.04);
  return {
    run,
    key,
    axis: "step",
    points: 12_000,
    step: own.map((_, index) => index * 100 + 99),
    atMs: own.map((_, index) => nowMs + index * 1_000),
    min: own.map((value) => value - 0.01),
    max: own.map((value, index) => value + (index === 61 && order === 1 ? 0.3 : 0.01)),
    last: own,
    count: own.map(() => 100),
  };
};

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

export const runAnswers: Readonly<Record<string, StoryAnswer>> = {
  runs: (query) => ({
    runs: runs.slice(
      Number(query.get("skip")),
      Number(query.get("skip")) + Number(query.get("limit") ?? 100),
    ),
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
  [`runs/${shownRun.id}`]: {
    ...shownRun,
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
  [`runs/${shownRun.id}/artifacts`]: { entries: artifacts },
  [`runs/${shownRun.id}/artifacts/preview`]: (query) => ({
    isCut: false,
    sizeBytes: 4810,
    digest: digest("9b"),
    ...previews[query.get("path") ?? ""],
  }),
};

export const runPages: Readonly<Record<string, string>> = {
  runs: "/projects/airline-care/runs",
  run: `/projects/airline-care/runs/${shownRun.id}`,
  "run-charts": `/projects/airline-care/runs/${shownRun.id}?tab=charts`,
  "run-artifacts": `/projects/airline-care/runs/${shownRun.id}?tab=artifacts`,
  "run-artifact-table": `/projects/airline-care/runs/${shownRun.id}?tab=artifacts&at=predictions.parquet`,
  "run-artifact-text": `/projects/airline-care/runs/${shownRun.id}?tab=artifacts&at=report.txt`,
  "runs-grouped": "/projects/airline-care/runs?group=params.ngram&open=%3D1-2&pinned=metrics.f1",
  "runs-chosen-columns":
    "/projects/airline-care/runs?columns=series.loss%2Cmetrics.f1%2Cparams.C%2Cid&diff=true",
  compare: `/projects/airline-care/runs/compare?runs=${shownRun.id}%2C${runOf(2).id}`,
  "compare-charts": `/projects/airline-care/runs/compare?tab=charts&smooth=0.6&runs=${shownRun.id}%2C${runOf(2).id}`,
  "compare-sweep": "/projects/airline-care/runs/compare?tab=sweep&filter=metrics.f1%20%3E%200",
};
