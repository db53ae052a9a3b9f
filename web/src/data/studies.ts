import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export type ParameterValue = string | number | boolean;

export type SearchDomain =
  | { kind: "float" | "int"; low: number; high: number; log: boolean; step: number | null }
  | { kind: "choice"; options: ParameterValue[] };

export interface StudyDeclaration {
  space: Record<string, SearchDomain>;
  objectives: { metric: string; goal: "minimize" | "maximize" }[];
  sampler: "grid" | "random" | "tpe";
  trials: number | null;
  parallel: number;
  pruning: { rule: "asha" | "median"; metric: string } | null;
  targets: string[];
  seed: number;
  maximumFailures: number;
}

export interface Trial {
  number: number;
  state: "running" | "complete" | "pruned" | "failed" | "cancelled";
  parameters: Record<string, ParameterValue>;
  execution: string | null;
  runId: string;
  /** In the order of the objectives. */
  values: number[] | null;
  /** What its runs logged on the way: (step, value). */
  curve: [number, number | null][];
  /** Why it did not complete. */
  reason: string;
  createdAtMs: number;
  endedAtMs: number | null;
}

export interface StudySummary {
  id: string;
  name: string;
  declaration: StudyDeclaration;
  state: "running" | "finished" | "stopped" | "failed";
  /** One sentence: what it does or waits for, or why it ended. */
  reason: string;
  wantedTrials: number;
  codeDigest: string;
  datasetVersions: Record<string, string>;
  runId: string;
  actor: string;
  createdAtMs: number;
  endedAtMs: number | null;
  counts: Record<Trial["state"], number>;
  /** The completed trials that no other beats in everything; of one objective the best. */
  best: Trial[];
}

export interface Study extends StudySummary {
  trials: Trial[];
  /** One for each objective; null where too few trials were completed to tell. */
  importances: (Importance | null)[];
}

export interface Importance {
  metric: string;
  parameters: { name: string; share: number }[];
  together: number;
  trials: number;
}

export interface Studies {
  studies: StudySummary[];
  /** What gyre.yaml declares under studies:. */
  declared: { name: string; declaration: StudyDeclaration }[];
}

export function studiesQuery(project: string) {
  return queryOptions({
    queryKey: [project, "studies"],
    queryFn: ({ signal }) =>
      request<Studies>(projectPath(project, "studies") + query({ limit: 100 }), { signal }),
  });
}

export function studyQuery(project: string, study: string) {
  return queryOptions({
    queryKey: [project, "studies", study],
    queryFn: ({ signal }) => request<Study>(projectPath(project, "studies", study), { signal }),
  });
}

export function startStudy(project: string, name: string) {
  return request<Study>(projectPath(project, "studies"), { method: "POST", body: { name } });
}

export function stopStudy(project: string, study: string) {
  return request<Study>(projectPath(project, "studies", study, "stop"), { method: "POST", body: {} });
}

export function resumeStudy(project: string, study: string) {
  return request<Study>(projectPath(project, "studies", study, "resume"), { method: "POST", body: {} });
}
