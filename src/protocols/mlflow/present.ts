import type {
  ArtifactEntry,
  DatasetInput,
  Experiment,
  LoggedModel,
  LoggedModelStatus,
  MetricPoint,
  Run,
  RunStatus,
} from "#tracking";

import { toPairs, wireNumber } from "./wire.ts";

/* Our things in MLflow's shapes. Ids that are texts in MLflow stay texts; times and steps are numbers. */

export function presentExperiment(experiment: Experiment): object {
  return {
    experiment_id: experiment.id,
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.state,
    last_update_time: experiment.updatedAtMs,
    creation_time: experiment.createdAtMs,
    tags: toPairs(experiment.tags),
  };
}

export function presentRun(run: Run): object {
  return {
    info: presentRunInfo(run),
    data: {
      metrics: run.latestMetrics.map(presentMetric),
      params: toPairs(run.params),
      tags: toPairs(run.tags),
    },
    inputs: {
      dataset_inputs: run.inputs.map(presentInput),
      model_inputs: run.modelInputs.map((id) => ({ model_id: id })),
    },
    outputs: { model_outputs: run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })) },
  };
}

export function presentRunInfo(run: Run): object {
  return {
    run_uuid: run.id,
    run_id: run.id,
    run_name: run.name,
    experiment_id: run.experimentId,
    user_id: run.userName,
    status: run.status.toUpperCase(),
    start_time: run.startedAtMs,
    ...(run.endedAtMs === null ? {} : { end_time: run.endedAtMs }),
    artifact_uri: run.artifactRoot,
    lifecycle_stage: run.state,
  };
}

export function presentMetric(point: MetricPoint): object {
  return { key: point.key, value: wireNumber(point.value), timestamp: point.atMs, step: point.step };
}

function presentInput({ dataset, tags }: DatasetInput): object {
  const { name, digest, sourceType, source, schema, profile } = dataset;
  return {
    tags: toPairs(tags),
    dataset: {
      name,
      digest,
      source_type: sourceType,
      source,
      ...(schema === undefined ? {} : { schema }),
      ...(profile === undefined ? {} : { profile }),
    },
  };
}

/** `folder` is cut off the paths when the route answers with names relative to it. */
export function presentEntry(entry: ArtifactEntry, folder = ""): object {
  const path = folder === "" ? entry.path : entry.path.slice(folder.length + 1);
  return {
    path,
    is_dir: entry.isFolder,
    ...(entry.sizeBytes === null ? {} : { file_size: entry.sizeBytes }),
  };
}

const modelStatuses: Record<LoggedModelStatus, string> = {
  pending: "LOGGED_MODEL_PENDING",
  ready: "LOGGED_MODEL_READY",
  upload_failed: "LOGGED_MODEL_UPLOAD_FAILED",
};

export function presentLoggedModel(model: LoggedModel): object {
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: model.createdAtMs,
      last_updated_timestamp_ms: model.updatedAtMs,
      artifact_uri: model.artifactRoot,
      status: modelStatuses[model.status],
      model_type: model.modelType,
      source_run_id: model.sourceRunId,
      tags: toPairs(model.tags),
    },
    data: {
      params: toPairs(model.params),
      metrics: model.metrics.map((metric) => ({
        ...presentMetric(metric),
        model_id: model.id,
        run_id: metric.runId,
        dataset_name: metric.datasetName,
        dataset_digest: metric.datasetDigest,
      })),
    },
  };
}

export function readLoggedModelStatus(status: string): LoggedModelStatus | undefined {
  if (status === "LOGGED_MODEL_READY") return "ready";
  if (status === "LOGGED_MODEL_UPLOAD_FAILED") return "upload_failed";
  return status === "LOGGED_MODEL_PENDING" ? "pending" : undefined;
}

const runStatuses: Readonly<Record<string, RunStatus>> = {
  RUNNING: "running",
  SCHEDULED: "scheduled",
  FINISHED: "finished",
  FAILED: "failed",
  KILLED: "killed",
};

export function readRunStatus(status: string): RunStatus | undefined {
  return Object.hasOwn(runStatuses, status) ? runStatuses[status] : undefined;
}
