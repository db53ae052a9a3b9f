import type { Incident } from "../../src/data/incidents.ts";
import type {
  DriftFeature,
  Monitor,
  MonitoringOverview,
  Quality,
  Window,
} from "../../src/data/monitoring.ts";
import type { StoryAnswer } from "./answer.ts";
import { gates } from "./charter.ts";
import { day, hour, minute, nowMs } from "./time.ts";

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

export const monitoringAnswers: Readonly<Record<string, StoryAnswer>> = {
  monitoring,
  "monitoring/quality": quality,
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
};

export const monitoringPages: Readonly<Record<string, string>> = {
  monitoring: "/projects/airline-care/monitoring",
  drift: "/projects/airline-care/monitoring?tab=drift",
  incidents: "/projects/airline-care/incidents",
  incident: "/projects/airline-care/incidents/inc_01",
};
