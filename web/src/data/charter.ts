import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

export type Comparison = ">=" | ">" | "<=" | "<";

/** A threshold generated from the charter, with the line it comes from. */
export interface Gate {
  id: string;
  metric: string;
  requirement:
    | { kind: "threshold"; comparison: Comparison; threshold: number }
    | { kind: "better_than"; betterThan: "baseline"; byShare: number };
  /** A column: the gate holds for each of its values. */
  forEach: string | null;
  source: { file: string; line: number; column: number };
  sentence: string;
}

export type RolloutStep =
  | { kind: "shadow"; durationMs: number }
  | { kind: "canary"; share: number; durationMs: number }
  | { kind: "all" };

export interface Charter {
  project: string;
  version: number;
  digest: string;
  appliedAtMs: number;
  actor: string;
  /** The text of gyre.yaml as it was applied. */
  yaml: string;
  projectFile: { objective: Objective | null };
  description: { heading: string; lines: string[] }[];
  gates: Gate[];
  decisionRule: { sentence: string; theoreticalThreshold: number } | null;
  monitors: { id: string; sentence: string; alpha: number; periodMs: number }[];
  retrainingPolicy: { sentence: string } | null;
  rolloutPlans: { environment: string; approvalsNeeded: number; steps: RolloutStep[]; sentence: string }[];
}

export interface Objective {
  decision: string;
  task: "classification" | "regression";
  target: string;
  positive: string | null;
  kpi: {
    name: string;
    now: number | null;
    target: { comparison: Comparison; threshold: number } | null;
  } | null;
  costs: { falseNegative: number; falsePositive: number; currency: string } | null;
  baseline: string | null;
  /** A day: `2027-03-31`. */
  timeBox: string | null;
  budget: { amount: number; currency: string } | null;
}

export function charterQuery(project: string) {
  return queryOptions({
    queryKey: [project, "charter"],
    queryFn: ({ signal }) => request<Charter>(projectPath(project, "charter"), { signal }),
  });
}
