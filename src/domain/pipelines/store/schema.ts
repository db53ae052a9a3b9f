import type { Migration } from "#kernel/db";

import { keyMigrations } from "./keys.ts";

declare module "#kernel/db" {
  interface Tables {
    executions: ExecutionRow;
    execution_steps: StepRow;
    step_results: ResultRow;
  }
}

export interface ExecutionRow {
  id: string;
  project: string;
  state: string;
  /** JSON, as are `parameters`, `targets`, `dataset_versions`, `failure`. */
  purpose: string;
  parameters: string;
  targets: string;
  complete: number;
  code_digest: string;
  dataset_versions: string;
  environment_digest: string | null;
  actor: string;
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  failure: string | null;
  /** Counts who has worked on it: only the newest may still write. */
  claim: number;
  cancel_requested: number;
}

export interface StepRow {
  id: string;
  execution: string;
  project: string;
  stage: string;
  /** The place in the order of the execution. */
  position: number;
  /** JSON: the resolved stage. */
  definition: string;
  depends_on: string;
  state: string;
  attempt: number;
  cache_key: string | null;
  key_parts: string | null;
  reason: string;
  run_id: string | null;
  exit_code: number | null;
  failure: string | null;
  last_lines: string;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  outs: string;
  metrics: string;
  pid: number | null;
  start_ticks: string | null;
}

/** The step cache: what a step with these parts produced. The newest result of a stage is also what `why` compares with. */
export interface ResultRow {
  project: string;
  cache_key: string;
  stage: string;
  key_parts: string;
  outs: string;
  metrics: string;
  run_id: string | null;
  execution: string;
  step: string;
  created_at_ms: number;
  /** Orders results of one millisecond. */
  seq: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "pipelines-001",
    statements: ({ text, integer, strict, clustered }) => [
      `create table executions (
        id ${text} primary key, project ${text} not null, state ${text} not null, purpose ${text} not null,
        parameters ${text} not null, targets ${text} not null, complete ${integer} not null,
        code_digest ${text} not null, dataset_versions ${text} not null, environment_digest ${text},
        actor ${text} not null, created_at_ms ${integer} not null, started_at_ms ${integer},
        ended_at_ms ${integer}, failure ${text}, claim ${integer} not null, cancel_requested ${integer} not null
      ) ${strict}`,
      `create index executions_project on executions (project, id)`,
      `create table execution_steps (
        id ${text} primary key, execution ${text} not null references executions (id), project ${text} not null,
        stage ${text} not null, position ${integer} not null, definition ${text} not null,
        depends_on ${text} not null, state ${text} not null, attempt ${integer} not null, cache_key ${text},
        key_parts ${text}, reason ${text} not null, run_id ${text}, exit_code ${integer}, failure ${text},
        last_lines ${text} not null, started_at_ms ${integer}, ended_at_ms ${integer}, outs ${text} not null,
        metrics ${text} not null, pid ${integer}, start_ticks ${text},
        unique (execution, stage)
      ) ${strict}`,
      `create index execution_steps_stage on execution_steps (project, stage, id)`,
      `create table step_results (
        project ${text} not null, cache_key ${text} not null, stage ${text} not null, key_parts ${text} not null,
        outs ${text} not null, metrics ${text} not null, run_id ${text}, execution ${text} not null,
        step ${text} not null, created_at_ms ${integer} not null, seq ${integer} not null,
        primary key (project, cache_key)
      ) ${clustered}`,
      `create index step_results_stage on step_results (project, stage, seq)`,
    ],
  },
  ...keyMigrations,
];
