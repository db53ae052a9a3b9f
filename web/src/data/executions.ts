import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export interface Execution {
  id: string;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  purpose: {
    kind: "requested" | "retrain" | "schedule" | "trigger" | "backfill" | "study";
    reason: string;
    incident?: string;
    /** The schedule, trigger or backfill it came from. */
    source?: string;
    /** The study it is a trial of. */
    study?: string;
    trial?: number;
  };
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
  /** Why it was cancelled, where whoever did so said. */
  cancelReason?: string | null;
  /** What it waits for while nothing of it runs. */
  waitingReason?: string | null;
  /** How many steps there are in each state; of very many steps only some come along. */
  counts?: Partial<Record<Step["state"], number>>;
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
  /** What a waiting step waits for. */
  waitingReason?: string | null;
  /** When all that it depends on was there. */
  readyAtMs?: number | null;
  priority?: number;
  resources?: Resources;
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

/** What a step takes of a machine while it runs. */
export interface Resources {
  cpu: number;
  memoryBytes: number;
  gpu: number;
}

/** The graph of the current `dvc.yaml` with the last step of each stage. */
export interface Pipeline {
  file: string;
  stages: {
    name: string;
    commands: string[];
    description: string | null;
    dependsOn: string[];
    /** Where it runs; null for the server's machine. */
    target: string | null;
    /** The image it runs in; null where it runs in none. */
    image: string | null;
    last: (Step & { execution: string }) | null;
  }[];
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

export interface Difference {
  part: string;
  name: string;
  before: string | null;
  now: string | null;
  /** Of a folder, the files in it that differ. */
  files?: string[];
}

/** What the result of a step depends on: with all of it equal, its result is taken from the cache. */
export interface KeyParts {
  commands: string[];
  wdir: string;
  deps: Record<string, string>;
  params: Record<string, Record<string, unknown>>;
  environment: string | null;
  outs: string[];
  secrets?: string[];
  /** These three only of steps that run elsewhere. */
  image?: string;
  platform?: string;
  interpreter?: string;
}

/** Whether a stage would run now, and what differs from the last time. */
export interface Explanation {
  stage: string;
  verdict: "cached" | "runs";
  sentence: string;
  /** From the earlier result that differs in the fewest parts. */
  differences: Difference[];
  cacheKey: string | null;
  now: KeyParts | null;
  last: KeyParts | null;
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

/** What an execution did: why a step ran or not, against the nearest result before it. */
export function stepWhyQuery(project: string, execution: string, stage: string) {
  return queryOptions({
    queryKey: [project, "executions", execution, "why", stage],
    queryFn: ({ signal }) =>
      request<Explanation>(projectPath(project, "executions", execution, "steps", stage, "why"), { signal }),
  });
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
