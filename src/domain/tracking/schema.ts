import type { Migration } from "#kernel/db";
import type { Generated } from "kysely";

import type { MetricChunkRow } from "./store/series-chunks.ts";
import type { RunViewRow } from "./store/views.ts";

declare module "#kernel/db" {
  interface Tables {
    experiments: ExperimentRow;
    experiment_tags: { experiment: number; key: string; value: string };
    tracking_keys: { id: Generated<number>; name: string };
    runs: RunRow;
    run_params: { run: number; key: number; value: string };
    run_tags: { run: number; key: number; value: string };
    metric_points: MetricRow;
    latest_metrics: MetricRow;
    run_datasets: RunDatasetRow;
    tracked_datasets: TrackedDatasetRow;
    run_models: { run: number; direction: string; model_id: string; step: number };
    logged_models: LoggedModelRow;
    logged_model_params: { model: number; key: string; value: string };
    logged_model_tags: { model: number; key: string; value: string };
    logged_model_metrics: LoggedModelMetricRow;
    artifact_files: ArtifactRow;
    run_views: RunViewRow;
    metric_chunks: MetricChunkRow;
  }
}

export interface ExperimentRow {
  id: Generated<number>;
  name: string;
  project: string | null;
  artifact_location: string;
  state: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface RunRow {
  id: Generated<number>;
  run_id: string;
  experiment: number;
  name: string;
  status: string;
  state: string;
  user_name: string;
  actor: string;
  started_at_ms: number;
  ended_at_ms: number | null;
  artifact_root: string;
}

export interface MetricRow {
  run: number;
  key: number;
  step: number;
  at_ms: number;
  /** 0 when `is_nan`: neither engine compares NaN the way a ranking needs. */
  value: number;
  is_nan: number;
}

export interface TrackedDatasetRow {
  id: Generated<number>;
  experiment: number;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

export interface RunDatasetRow {
  run: number;
  dataset: number;
  /** JSON object: the tags a client put on the input, `mlflow.data.context` above all. */
  tags: string;
  context: string | null;
}

export interface LoggedModelRow {
  id: Generated<number>;
  model_id: string;
  experiment: number;
  name: string;
  model_type: string | null;
  source_run_id: string | null;
  status: string;
  state: string;
  artifact_root: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface LoggedModelMetricRow {
  model: number;
  run: number;
  key: number;
  step: number;
  at_ms: number;
  value: number;
  is_nan: number;
  dataset_name: string;
  dataset_digest: string;
}

export interface ArtifactRow {
  experiment: number;
  owner: string;
  path: string;
  digest: string;
  size_bytes: number;
  created_at_ms: number;
}

/**
 * Runs and keys are small whole numbers inside, so that a metric point is six numbers and every join
 * compares integers. `latest_metrics` is written in the transaction of its point. Experiment 0 is the
 * one a client uses that names none.
 */
export const migrations: readonly Migration[] = [
  {
    id: "tracking-001",
    statements: ({ text, integer, real, identity, strict, clustered }) => [
      `create table experiments (
        id ${identity}, name ${text} not null unique, project ${text}, artifact_location ${text} not null,
        state ${text} not null, created_at_ms ${integer} not null, updated_at_ms ${integer} not null
      ) ${strict}`,
      `create index experiments_project on experiments (project)`,
      `insert into experiments (id, name, project, artifact_location, state, created_at_ms, updated_at_ms)
        values (0, 'Default', null, 'mlflow-artifacts:/0', 'active', 0, 0)`,
      `create table experiment_tags (
        experiment ${integer} not null references experiments (id), key ${text} not null, value ${text} not null,
        primary key (experiment, key)
      ) ${clustered}`,
      `create table tracking_keys (id ${identity}, name ${text} not null unique) ${strict}`,
      `create table runs (
        id ${identity}, run_id ${text} not null unique, experiment ${integer} not null references experiments (id),
        name ${text} not null, status ${text} not null, state ${text} not null, user_name ${text} not null,
        actor ${text} not null, started_at_ms ${integer} not null, ended_at_ms ${integer}, artifact_root ${text} not null
      ) ${strict}`,
      `create index runs_newest on runs (experiment, state, started_at_ms desc, run_id)`,
      ...["run_params", "run_tags"].flatMap((table) => [
        `create table ${table} (
          run ${integer} not null references runs (id), key ${integer} not null, value ${text} not null,
          primary key (run, key)
        ) ${clustered}`,
      ]),
      `create index run_tags_key on run_tags (key, value)`,
      `create table metric_points (
        run ${integer} not null, key ${integer} not null, step ${integer} not null, at_ms ${integer} not null,
        value ${real} not null, is_nan ${integer} not null, primary key (run, key, step, at_ms, value, is_nan)
      ) ${clustered}`,
      `create table latest_metrics (
        run ${integer} not null, key ${integer} not null, step ${integer} not null, at_ms ${integer} not null,
        value ${real} not null, is_nan ${integer} not null, primary key (run, key)
      ) ${clustered}`,
      `create table tracked_datasets (
        id ${identity}, experiment ${integer} not null references experiments (id), name ${text} not null,
        digest ${text} not null, source_type ${text} not null, source ${text} not null, schema ${text}, profile ${text},
        unique (experiment, name, digest)
      ) ${strict}`,
      `create table run_datasets (
        run ${integer} not null references runs (id), dataset ${integer} not null references tracked_datasets (id),
        tags ${text} not null, context ${text}, primary key (run, dataset)
      ) ${clustered}`,
      `create table logged_models (
        id ${identity}, model_id ${text} not null unique, experiment ${integer} not null references experiments (id),
        name ${text} not null, model_type ${text}, source_run_id ${text}, status ${text} not null, state ${text} not null,
        artifact_root ${text} not null, created_at_ms ${integer} not null, updated_at_ms ${integer} not null
      ) ${strict}`,
      `create index logged_models_newest on logged_models (experiment, state, created_at_ms desc, model_id)`,
      ...["params", "tags"].map(
        (part) => `create table logged_model_${part} (
          model ${integer} not null references logged_models (id), key ${text} not null, value ${text} not null,
          primary key (model, key)
        ) ${clustered}`,
      ),
      `create table logged_model_metrics (
        model ${integer} not null references logged_models (id), run ${integer} not null, key ${integer} not null,
        step ${integer} not null, at_ms ${integer} not null, value ${real} not null, is_nan ${integer} not null,
        dataset_name ${text} not null, dataset_digest ${text} not null,
        primary key (model, key, run, step, at_ms, value, is_nan)
      ) ${clustered}`,
      `create table run_models (
        run ${integer} not null references runs (id), direction ${text} not null, model_id ${text} not null,
        step ${integer} not null, primary key (run, direction, model_id)
      ) ${clustered}`,
      `create table artifact_files (
        experiment ${integer} not null references experiments (id), owner ${text} not null, path ${text} not null,
        digest ${text} not null, size_bytes ${integer} not null, created_at_ms ${integer} not null,
        primary key (owner, path)
      ) ${clustered}`,
      `create index artifact_files_digest on artifact_files (digest)`,
    ],
  },
  {
    id: "tracking-run-views",
    statements: ({ text, integer, strict }) => [
      `create table run_views (
        id ${text} primary key, project ${text} not null, name ${text} not null, state ${text} not null,
        owner ${text} not null, is_shared ${integer} not null, created_at_ms ${integer} not null,
        updated_at_ms ${integer} not null, unique (project, owner, name)
      ) ${strict}`,
    ],
  },
  {
    id: "tracking-search",
    statements: () => [
      `create index latest_metrics_value on latest_metrics (key, is_nan, value, run)`,
      // PostgreSQL refuses an index row of more than 2704 bytes, and a tag may have 8000 characters.
      `drop index run_tags_key`,
      `create index run_tags_value on run_tags (key, substr(value, 1, 100))`,
      `create index run_params_value on run_params (key, substr(value, 1, 100))`,
    ],
  },
  {
    id: "tracking-metric-chunks",
    statements: ({ integer, real, clustered }) => [
      `create table metric_chunks (
        run ${integer} not null, key ${integer} not null, chunk ${integer} not null, points ${integer} not null,
        from_step ${integer} not null, to_step ${integer} not null, from_ms ${integer} not null,
        to_ms ${integer} not null, min_value ${real}, max_value ${real}, last_value ${real},
        end_ms ${integer} not null, end_value ${real} not null, end_nan ${integer} not null,
        primary key (run, key, chunk)
      ) ${clustered}`,
    ],
  },
  {
    id: "tracking-runs-by-name",
    statements: () => [
      `create index runs_by_name on runs (experiment, state, name, started_at_ms desc, run_id)`,
    ],
  },
];
