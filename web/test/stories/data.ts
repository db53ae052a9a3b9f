import type { ColumnProfile, DatasetVersion } from "../../src/data/datasets.ts";
import type { StoryAnswer } from "./answer.ts";
import { day, digest, nowMs } from "./time.ts";

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

export const dataAnswers: Readonly<Record<string, StoryAnswer>> = {
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
};

export const dataPages: Readonly<Record<string, string>> = {
  data: "/projects/airline-care/data",
  "dataset-version": "/projects/airline-care/data/messages/4",
  "dataset-quarantined": "/projects/airline-care/data/messages/5",
  "dataset-rows": "/projects/airline-care/data/messages/4?tab=rows",
};
