import type { Migration } from "#kernel/db";

import { studyMigrations } from "../studies/store/schema.ts";
import { backfillMigrations } from "./backfills.ts";
import { keyMigrations } from "./keys.ts";
import { scheduleMigrations } from "./schedules.ts";
import { secretMigrations } from "./secrets.ts";
import { verificationMigrations } from "./verifications.ts";
import { triggerMigrations } from "./triggers.ts";

declare module "#kernel/db" {
  interface Tables {
    executions: ExecutionRow;
    execution_steps: StepRow;
    step_results: ResultRow;
    pipeline_plans: PlanRow;
    step_attempts: AttemptRow;
    step_approvals: ApprovalRow;
    step_checkpoints: CheckpointRow;
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
  /** Why it was cancelled, where whoever did so said. */
  cancel_reason: string | null;
  /** What it does; null in executions older than plans, whose steps all have rows. */
  plan_digest: string | null;
}

/**
 * What an execution does: its stages in their order, in parts, once for all executions that do the same.
 * A step has a row of its own only from the moment on when something happened to it, so that planning a
 * hundred thousand steps writes a few rows.
 */
export interface PlanRow {
  digest: string;
  part: number;
  /** JSON. */
  content: string;
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
  retries: number;
  preemptions: number;
  /** System time: a retry waits in real time, whatever clock the rest follows. */
  retry_at_ms: number | null;
  ready_at_ms: number | null;
  preempt_requested: number;
}

/** Attempts of a step before its last one. */
export interface AttemptRow {
  step: string;
  attempt: number;
  execution: string;
  outcome: string;
  exit_code: number | null;
  reason: string;
  run_id: string | null;
  started_at_ms: number;
  ended_at_ms: number;
}

export interface ApprovalRow {
  step: string;
  execution: string;
  project: string;
  stage: string;
  question: string;
  asked_at_ms: number;
  answer: string | null;
  note: string | null;
  actor: string | null;
  answered_at_ms: number | null;
}

/** The checkpoint folder of a step that has not succeeded yet, by what the step depends on. */
export interface CheckpointRow {
  project: string;
  cache_key: string;
  digest: string;
  saved_at_ms: number;
}

/** The step cache: what a step with these parts produced. The newest results of a stage are also what `why` compares with. */
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
  {
    id: "pipelines-002",
    statements: ({ text, integer, strict, clustered }) => [
      `alter table executions add column plan_digest ${text}`,
      `alter table execution_steps add column retries ${integer} not null default 0`,
      `alter table execution_steps add column preemptions ${integer} not null default 0`,
      `alter table execution_steps add column retry_at_ms ${integer}`,
      `alter table execution_steps add column ready_at_ms ${integer}`,
      `alter table execution_steps add column preempt_requested ${integer} not null default 0`,
      `create table pipeline_plans (
        digest ${text} not null, part ${integer} not null, content ${text} not null, primary key (digest, part)
      ) ${strict}`,
      `create table step_attempts (
        step ${text} not null, attempt ${integer} not null, execution ${text} not null, outcome ${text} not null,
        exit_code ${integer}, reason ${text} not null, run_id ${text}, started_at_ms ${integer} not null,
        ended_at_ms ${integer} not null, primary key (step, attempt)
      ) ${clustered}`,
      `create index step_attempts_execution on step_attempts (execution)`,
      `create table step_approvals (
        step ${text} primary key, execution ${text} not null, project ${text} not null, stage ${text} not null,
        question ${text} not null, asked_at_ms ${integer} not null, answer ${text}, note ${text}, actor ${text},
        answered_at_ms ${integer}
      ) ${strict}`,
      `create index step_approvals_execution on step_approvals (execution)`,
      `create index step_approvals_project on step_approvals (project, answered_at_ms)`,
      `create table step_checkpoints (
        project ${text} not null, cache_key ${text} not null, digest ${text} not null,
        saved_at_ms ${integer} not null, primary key (project, cache_key)
      ) ${clustered}`,
    ],
  },
  {
    id: "pipelines-cancel-reason-001",
    statements: ({ text }) => [`alter table executions add column cancel_reason ${text}`],
  },
  ...keyMigrations,
  ...secretMigrations,
  ...studyMigrations,
  ...scheduleMigrations,
  ...triggerMigrations,
  ...backfillMigrations,
  ...verificationMigrations,
];
