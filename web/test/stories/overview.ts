import type { Overview } from "../../src/data/projects.ts";
import type { StoryAnswer } from "./answer.ts";
import { events } from "./audit.ts";
import { objective } from "./charter.ts";
import { hour, minute, nowMs } from "./time.ts";

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
  events,
};

export const overviewAnswers: Readonly<Record<string, StoryAnswer>> = {
  overview,
};
