import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export interface Execution {
  id: string;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  purpose: { kind: "requested" | "retrain" | "schedule"; reason: string; incident?: string };
  parameters: Record<string, unknown>;
  targets: string[];
  codeDigest: string;
  datasetVersions: Record<string, string>;
  environmentDigest: string | null;
  actor: string;
  createdAtMs: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
  steps: Step[];
}

export interface Step {
  id: string;
  stage: string;
  command: string;
  state: "waiting" | "running" | "succeeded" | "cached" | "failed" | "skipped" | "cancelled";
  attempt: number;
  cacheKey: string | null;
  /** One sentence: why it ran, or why not. */
  reason: string;
  runId: string | null;
  exitCode: number | null;
  lastLines: string[];
  startedAtMs: number | null;
  endedAtMs: number | null;
  dependsOn: string[];
  outs: { path: string; digest: string; sizeBytes: number; kind: "out" | "metrics" | "plots" }[];
  metrics: Record<string, number>;
}

/** The graph of the current `dvc.yaml` with the last known state of each stage. */
export interface Pipeline {
  stages: {
    name: string;
    command: string;
    dependsOn: string[];
    state: string;
    reason?: string;
    lastExecution?: string | null;
  }[];
}

export interface StepLog {
  text: string;
  nextByte: number;
  complete: boolean;
}

export function executionsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "executions"],
    queryFn: ({ signal }) =>
      request<{ executions: Execution[] }>(projectPath(project, "executions"), { signal }),
  });
}

export function executionQuery(project: string, execution: string) {
  return queryOptions({
    queryKey: [project, "executions", execution],
    queryFn: ({ signal }) =>
      request<{ execution: Execution }>(projectPath(project, "executions", execution), { signal }),
  });
}

export function pipelineQuery(project: string) {
  return queryOptions({
    queryKey: [project, "pipeline"],
    queryFn: ({ signal }) => request<Pipeline>(projectPath(project, "pipeline"), { signal }),
  });
}

export function stepLogQuery(project: string, execution: string, stage: string) {
  return queryOptions({
    queryKey: [project, "executions", execution, "log", stage],
    queryFn: ({ signal }) => readLog(project, execution, stage, 0, signal),
  });
}

/** The log of a step from a byte on; a following call continues at `nextByte`. */
export function readLog(
  project: string,
  execution: string,
  stage: string,
  from: number,
  signal?: AbortSignal,
): Promise<StepLog> {
  const path = projectPath(project, "executions", execution, "steps", stage, "log") + query({ from });
  return request<StepLog>(path, signal ? { signal } : {});
}

/** Where the lines of all steps come as they are printed (server-sent events). */
export function logStreamPath(project: string, execution: string): string {
  return projectPath(project, "executions", execution, "log", "stream");
}

export function execute(project: string, body: { targets?: string[]; parameters?: Record<string, unknown> }) {
  return request<{ execution: Execution }>(projectPath(project, "executions"), { method: "POST", body });
}

export function cancelExecution(project: string, execution: string) {
  return request<{ execution: Execution }>(projectPath(project, "executions", execution, "cancel"), {
    method: "POST",
    body: {},
  });
}
