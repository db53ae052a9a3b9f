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
  failure: Failure | null;
  steps: Step[];
}

/** An execution in a list: its steps without what they printed and made. */
export interface ExecutionSummary extends Omit<Execution, "steps"> {
  steps: Pick<Step, "id" | "stage" | "state" | "startedAtMs" | "endedAtMs" | "metrics">[];
}

export interface Failure {
  code: string;
  message: string;
  next: string;
  lastLines?: string[];
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
  failure: Failure | null;
  lastLines: string[];
  startedAtMs: number | null;
  endedAtMs: number | null;
  dependsOn: string[];
  outs: {
    path: string;
    digest: string;
    sizeBytes: number;
    kind: "out" | "metrics" | "plots";
    isFolder: boolean;
  }[];
  metrics: Record<string, number>;
}

/** The graph of the current `dvc.yaml` with the last step of each stage. */
export interface Pipeline {
  file: string;
  stages: {
    name: string;
    commands: string[];
    description: string | null;
    dependsOn: string[];
    last: (Step & { execution: string }) | null;
  }[];
}

interface StepLog {
  text: string;
  nextByte: number;
}

export function executionsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "executions"],
    queryFn: ({ signal }) =>
      request<{ executions: ExecutionSummary[]; next: string | null }>(
        projectPath(project, "executions") + query({ limit: 100 }),
        {
          signal,
        },
      ),
  });
}

export function executionQuery(project: string, execution: string) {
  return queryOptions({
    queryKey: [project, "executions", execution],
    queryFn: ({ signal }) => request<Execution>(projectPath(project, "executions", execution), { signal }),
  });
}

export function pipelineQuery(project: string) {
  return queryOptions({
    queryKey: [project, "pipeline"],
    queryFn: ({ signal }) => request<Pipeline>(projectPath(project, "pipeline"), { signal }),
  });
}

/** Whether a stage would run now, and what differs from the last time. */
export interface Explanation {
  stage: string;
  verdict: "cached" | "runs";
  sentence: string;
  differences: { part: string; name: string; before: string | null; now: string | null }[];
  cacheKey: string | null;
  lastStep: { execution: string; step: string; atMs: number } | null;
}

export function whyQuery(project: string, stage: string) {
  return queryOptions({
    queryKey: [project, "pipeline", "why", stage],
    queryFn: ({ signal }) =>
      request<{ explanations: Explanation[] }>(projectPath(project, "pipeline", "why", stage), { signal }),
    staleTime: 5_000,
  });
}

export function stepLogQuery(project: string, execution: string, stage: string) {
  return queryOptions({
    queryKey: [project, "executions", execution, "log", stage],
    queryFn: ({ signal }) =>
      readLog(projectPath(project, "executions", execution, "steps", stage, "log"), signal),
  });
}

/** The log comes in parts; what is longer than anyone reads in a browser is left to the command line. */
async function readLog(path: string, signal: AbortSignal): Promise<string> {
  const parts: string[] = [];
  let nextByte = 0;
  while (nextByte < mostLogBytes) {
    const part = await request<StepLog>(path + query({ from: nextByte }), { signal });
    if (part.text === "") break;
    parts.push(part.text);
    const read = part.nextByte - nextByte;
    nextByte = part.nextByte;
    if (read < fullPartBytes) break;
  }
  return parts.join("");
}

const mostLogBytes = 16_000_000;
/** A part shorter than this is the last one. */
const fullPartBytes = 1_000_000;

/** Follows all steps from their beginning: `log` {stage, text}, `step` {stage, state}, `end`. */
export function logStreamPath(project: string, execution: string): string {
  return projectPath(project, "executions", execution, "log", "stream");
}

export function execute(
  project: string,
  body: { targets?: string[]; parameters?: Record<string, unknown>; reason?: string },
) {
  return request<Execution>(projectPath(project, "executions"), { method: "POST", body });
}

export function cancelExecution(project: string, execution: string) {
  return request<Execution>(projectPath(project, "executions", execution, "cancel"), {
    method: "POST",
    body: {},
  });
}
