import type { Charter, Gate, Objective } from "../../src/data/charter.ts";
import type { StoryAnswer } from "./answer.ts";
import { day, digest, nowMs } from "./time.ts";

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

export const costGate: Gate = {
  ...gate("expected_cost", "expected_cost", "Expected cost at least 20 % better than the baseline", 19, 0),
  requirement: { kind: "better_than", betterThan: "baseline", byShare: 0.2 },
};
export const recallGate = gate("recall", "recall", "Recall of negative at least 0.85", 20, 0.85);
export const airlineGate = gate(
  "recall:for_each:airline",
  "recall",
  "Recall at least 0.80 for each airline",
  21,
  0.8,
  "airline",
);
export const latencyGate = gate(
  "latency_p95_ms",
  "latency_p95_ms",
  "95 % of predictions within 50 ms",
  23,
  50,
);
export const gates = [costGate, recallGate, airlineGate, latencyGate];

export const objective: Objective = {
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

export const charterAnswers: Readonly<Record<string, StoryAnswer>> = {
  charter,
};

export const charterPages: Readonly<Record<string, string>> = {
  charter: "/projects/airline-care/charter",
};
