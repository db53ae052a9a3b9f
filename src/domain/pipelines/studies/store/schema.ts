import type { Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    studies: StudyRow;
    study_trials: TrialRow;
  }
}

export interface StudyRow {
  id: string;
  project: string;
  name: string;
  /** JSON, as is `dataset_versions`. */
  declaration: string;
  state: string;
  reason: string;
  wanted_trials: number;
  code_digest: string;
  dataset_versions: string;
  run_id: string;
  actor: string;
  created_at_ms: number;
  ended_at_ms: number | null;
  failures_count_from: number;
  /** Counts who has worked on it: only the newest may still write. */
  claim: number;
  stop_requested: number;
}

export interface TrialRow {
  study: string;
  number: number;
  state: string;
  /** JSON, as are `objective_values`, `curve` and `rungs`. */
  parameters: string;
  execution: string | null;
  run_id: string;
  objective_values: string | null;
  curve: string;
  rungs: string;
  reason: string;
  created_at_ms: number;
  ended_at_ms: number | null;
}

export const studyMigrations: readonly Migration[] = [
  {
    id: "studies-001",
    statements: ({ text, integer, strict, clustered }) => [
      `create table studies (
        id ${text} primary key, project ${text} not null, name ${text} not null, declaration ${text} not null,
        state ${text} not null, reason ${text} not null, wanted_trials ${integer} not null,
        code_digest ${text} not null, dataset_versions ${text} not null, run_id ${text} not null,
        actor ${text} not null, created_at_ms ${integer} not null, ended_at_ms ${integer},
        failures_count_from ${integer} not null, claim ${integer} not null, stop_requested ${integer} not null
      ) ${strict}`,
      `create index studies_project on studies (project, id)`,
      `create table study_trials (
        study ${text} not null references studies (id), number ${integer} not null, state ${text} not null,
        parameters ${text} not null, execution ${text}, run_id ${text} not null, objective_values ${text},
        curve ${text} not null, rungs ${text} not null, reason ${text} not null,
        created_at_ms ${integer} not null, ended_at_ms ${integer}, primary key (study, number)
      ) ${clustered}`,
    ],
  },
];
