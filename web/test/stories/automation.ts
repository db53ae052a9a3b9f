import type { Schedule, Trigger } from "../../src/data/automation.ts";
import type { Backfill, Partition } from "../../src/data/backfills.ts";
import type { StoryAnswer } from "./answer.ts";
import { day, hour, nowMs } from "./time.ts";

const schedule = (name: string, more: Partial<Schedule>): Schedule => ({
  id: `sch_${name}`,
  name,
  cron: "0 3 * * *",
  timezone: "Europe/Berlin",
  targets: [],
  parameters: {},
  missed: "once",
  overlap: "skip",
  isPaused: false,
  actor: "usr_mira",
  createdAtMs: nowMs - 40 * day,
  nextAtMs: nowMs + 17 * hour,
  lastAtMs: nowMs - 7 * hour,
  lastExecution: "exe_06",
  lastOutcome: "It began an execution.",
  ...more,
});

const schedules: Schedule[] = [
  schedule("nightly", {}),
  schedule("every-hour", {
    cron: "0 * * * *",
    timezone: "UTC",
    targets: ["evaluate"],
    parameters: { "train.c": 2 },
    missed: "skip",
    lastExecution: null,
    lastAtMs: nowMs - hour / 2,
    lastOutcome: "Left out: the execution of the turn before had not ended.",
    nextAtMs: nowMs + hour / 2,
  }),
  schedule("quarterly-audit", {
    isPaused: true,
    cron: "0 3 1 */3 *",
    nextAtMs: null,
    lastAtMs: null,
    lastExecution: null,
    lastOutcome: null,
  }),
];

const triggers: Trigger[] = [
  {
    id: "trg_1",
    name: "crm-export",
    kind: "webhook",
    dataset: null,
    targets: [],
    parameters: {},
    actor: "usr_mira",
    createdAtMs: nowMs - 20 * day,
  },
  {
    id: "trg_2",
    name: "new-messages",
    kind: "data",
    dataset: "messages",
    targets: ["train"],
    parameters: {},
    actor: "usr_mira",
    createdAtMs: nowMs - 9 * day,
  },
];

const backfill = (
  id: string,
  state: Backfill["state"],
  values: number,
  stateOf: (at: number) => Partition["state"],
): Backfill => {
  const partitions = Array.from({ length: values }, (_, at): Partition => {
    const found = stateOf(at);
    return {
      position: at,
      value: new Date(Date.UTC(2026, 10, 1 + at)).toISOString().slice(0, 10),
      execution: found === "waiting" ? null : "exe_06",
      state: found,
      failure: null,
    };
  });
  const counts: Backfill["counts"] = {};
  for (const each of partitions) counts[each.state] = (counts[each.state] ?? 0) + 1;
  return {
    id,
    parameter: "data.day",
    targets: ["train"],
    parameters: {},
    concurrency: 4,
    state,
    actor: "usr_mira",
    createdAtMs: nowMs - 5 * hour,
    endedAtMs: state === "running" ? null : nowMs - hour,
    counts,
    partitions,
  };
};

const backfills = [
  backfill("bkf_2", "running", 90, (at) =>
    at < 41 ? (at === 17 ? "failed" : "succeeded") : at < 45 ? "running" : "waiting",
  ),
  backfill("bkf_1", "failed", 31, (at) => (at % 9 === 4 ? "failed" : "succeeded")),
  backfill("bkf_0", "succeeded", 5_000, () => "succeeded"),
];

/** What the invented server says about what runs the pipeline by itself. */
export const automationAnswers: Record<string, StoryAnswer> = {
  schedules: { schedules },
  triggers: { triggers },
  backfills: { backfills: backfills.map((each) => ({ ...each, partitions: [] })) },
  ...Object.fromEntries(backfills.map((each) => [`backfills/${each.id}`, each])),
};

const base = "/projects/airline-care";

export const automationPages: Record<string, string> = {
  schedules: `${base}/pipeline?tab=schedules`,
  backfills: `${base}/pipeline?tab=backfills`,
  "backfill-running": `${base}/backfills/bkf_2`,
  "backfill-failed": `${base}/backfills/bkf_1?tab=table&state=failed`,
  "backfill-large": `${base}/backfills/bkf_0`,
};
