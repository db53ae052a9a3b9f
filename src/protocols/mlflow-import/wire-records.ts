import { z } from "zod";

import { statusOf } from "./database-source.ts";
import { loggedModelOf } from "./source.ts";

/* The answers of an MLflow server as records. Numbers of 64 bits may be text, and what is empty is left out. */

const text = z.string().default("");
const number = z.coerce.number().default(0);
const value = z.union([
  z.number(),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform((word) =>
    // The database of the server, and Gyre, keep infinity as the largest number.
    word === "NaN" ? Number.NaN : word === "Infinity" ? Number.MAX_VALUE : -Number.MAX_VALUE,
  ),
]);
const pairs = z
  .array(z.object({ key: z.string(), value: text }))
  .default([])
  .transform((all) => Object.fromEntries(all.map((pair) => [pair.key, pair.value])));
const stage = text.transform((word) => (word === "deleted" ? ("deleted" as const) : ("active" as const)));
const token = text;

function page<Entry>(
  name: string,
  entry: z.ZodType<Entry>,
): z.ZodType<{ entries: readonly Entry[]; token: string }> {
  const entries = z.array(entry).default([]);
  return z.looseObject({}).transform((answer) => ({
    entries: entries.parse(answer[name]),
    token: token.parse(answer["next_page_token"]),
  }));
}

const experiment = z
  .object({
    experiment_id: z.coerce.string(),
    name: text,
    lifecycle_stage: stage,
    creation_time: number,
    last_update_time: number,
    tags: pairs,
  })
  .transform((one) => ({
    id: one.experiment_id,
    name: one.name,
    state: one.lifecycle_stage,
    createdAtMs: one.creation_time,
    updatedAtMs: one.last_update_time,
    tags: one.tags,
  }));

export const experimentPage = page("experiments", experiment);
export const experimentAnswer = z.object({ experiment });

const input = z
  .object({
    tags: pairs,
    dataset: z.object({
      name: text,
      digest: text,
      source_type: text,
      source: text,
      schema: text,
      profile: text,
    }),
  })
  .transform(({ tags, dataset: { source_type: sourceType, schema, profile, ...dataset } }) => ({
    tags,
    dataset: {
      ...dataset,
      sourceType,
      ...(schema === "" ? {} : { schema }),
      ...(profile === "" ? {} : { profile }),
    },
  }));

const run = z
  .object({
    info: z.object({
      run_id: z.string(),
      run_name: text,
      status: text,
      lifecycle_stage: stage,
      user_id: text,
      start_time: number,
      end_time: z.coerce.number().optional(),
      artifact_uri: text,
    }),
    data: z.object({ params: pairs, tags: pairs }).default({ params: {}, tags: {} }),
    inputs: z
      .object({
        dataset_inputs: z.array(input).default([]),
        model_inputs: z.array(z.object({ model_id: z.string() })).default([]),
      })
      .default({ dataset_inputs: [], model_inputs: [] }),
    outputs: z
      .object({ model_outputs: z.array(z.object({ model_id: z.string(), step: number })).default([]) })
      .default({ model_outputs: [] }),
  })
  .transform(({ info, data, inputs, outputs }) => ({
    id: info.run_id,
    name: info.run_name === "" ? (data.tags["mlflow.runName"] ?? "") : info.run_name,
    status: statusOf(info.status),
    state: info.lifecycle_stage,
    userName: info.user_id,
    startedAtMs: info.start_time,
    endedAtMs: info.end_time ?? null,
    params: data.params,
    tags: data.tags,
    inputs: inputs.dataset_inputs,
    modelInputs: inputs.model_inputs.map((one) => one.model_id),
    modelOutputs: outputs.model_outputs.map((one) => ({ modelId: one.model_id, step: one.step })),
    artifactUri: info.artifact_uri,
  }));

export const runPage = page("runs", run);
export const runAnswer = z.object({ run });

const metric = z.object({ key: z.string(), value, timestamp: number, step: number });

export const metricPage = page(
  "metrics",
  metric.transform((one) => ({ key: one.key, value: one.value, atMs: one.timestamp, step: one.step })),
);

const statuses = {
  LOGGED_MODEL_READY: "ready",
  LOGGED_MODEL_UPLOAD_FAILED: "upload_failed",
} as const;

export const loggedModelPage = page(
  "models",
  z
    .object({
      info: z.object({
        model_id: z.string(),
        name: text,
        creation_timestamp_ms: number,
        last_updated_timestamp_ms: number,
        artifact_uri: text,
        status: text,
        model_type: text,
        source_run_id: text,
        tags: pairs,
      }),
      data: z
        .object({
          params: pairs,
          metrics: z
            .array(metric.extend({ run_id: text, dataset_name: text, dataset_digest: text }))
            .default([]),
        })
        .default({ params: {}, metrics: [] }),
    })
    .transform(({ info, data }) => ({
      id: info.model_id,
      name: info.name,
      modelType: info.model_type,
      sourceRunId: info.source_run_id,
      status:
        info.status === "LOGGED_MODEL_READY" || info.status === "LOGGED_MODEL_UPLOAD_FAILED"
          ? statuses[info.status]
          : ("pending" as const),
      createdAtMs: info.creation_timestamp_ms,
      updatedAtMs: info.last_updated_timestamp_ms,
      params: data.params,
      tags: info.tags,
      metrics: data.metrics.map((one) => ({
        key: one.key,
        value: one.value,
        atMs: one.timestamp,
        step: one.step,
        runId: one.run_id,
        datasetName: one.dataset_name,
        datasetDigest: one.dataset_digest,
      })),
      artifactUri: info.artifact_uri,
    })),
);

const model = z
  .object({
    name: z.string(),
    description: text,
    creation_timestamp: number,
    last_updated_timestamp: number,
    tags: pairs,
    aliases: z.array(z.object({ alias: z.string(), version: z.coerce.number() })).default([]),
  })
  .transform((one) => ({
    model: {
      name: one.name,
      description: one.description,
      tags: one.tags,
      createdAtMs: one.creation_timestamp,
      updatedAtMs: one.last_updated_timestamp,
    },
    aliases: Object.fromEntries(one.aliases.map(({ alias, version }) => [alias, version])),
  }));

export const modelPage = page("registered_models", model);
export const modelAnswer = z.object({ registered_model: model });

const version = z
  .object({
    name: z.string(),
    version: z.coerce.number(),
    description: text,
    creation_timestamp: number,
    last_updated_timestamp: number,
    current_stage: text,
    source: text,
    run_id: text,
    run_link: text,
    model_id: text,
    tags: pairs,
  })
  .transform((one) => ({
    name: one.name,
    number: one.version,
    description: one.description,
    createdAtMs: one.creation_timestamp,
    updatedAtMs: one.last_updated_timestamp,
    source: one.source,
    runId: one.run_id,
    runLink: one.run_link,
    loggedModelId: one.model_id === "" ? loggedModelOf(one.source) : one.model_id,
    stage: one.current_stage === "" ? "None" : one.current_stage,
    tags: one.tags,
  }));

export const versionPage = page("model_versions", version);
export const versionAnswer = z.object({ model_version: version });
