import type { LedgerEvent } from "../../src/data/audit.ts";
import type { StoryAnswer } from "./answer.ts";
import { digest, minute, nowMs } from "./time.ts";

export const events: LedgerEvent[] = (
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

export const auditAnswers: Readonly<Record<string, StoryAnswer>> = {
  events: { events },
};

export const auditPages: Readonly<Record<string, string>> = {
  audit: "/projects/airline-care/audit",
};
