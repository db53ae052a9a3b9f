import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

/** A threshold generated from the charter, with the line it comes from. */
export interface Gate {
  id: string;
  metric: string;
  sentence: string;
  bound?: number;
  direction?: "at_least" | "at_most";
  sliceColumn?: string | null;
  line?: number;
}

export interface Charter {
  version: number;
  digest: string;
  appliedAtMs: number;
  actor: string;
  /** The text of gyre.yaml as it was applied. */
  text: string;
  objective: {
    decision: string | null;
    task: string | null;
    target: string | null;
    positive: string | null;
    kpi: { name: string; now: number | null; target: string | null } | null;
    costs: { falseNegative: number; falsePositive: number; currency: string } | null;
    baseline: string | null;
    timeBoxMs: number | null;
    budget: { amount: number; currency: string } | null;
  };
  gates: Gate[];
  monitors: Gate[];
  retraining: { sentence: string }[];
  approvals: Record<string, number>;
  rollout: { sentence: string }[];
}

export function charterQuery(project: string) {
  return queryOptions({
    queryKey: [project, "charter"],
    queryFn: ({ signal }) =>
      request<{ charter: Charter | null }>(projectPath(project, "charter"), { signal }),
  });
}
