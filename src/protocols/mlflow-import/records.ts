import { z } from "zod";

/*
 * What an import sends, one record for each thing of the source. The same schemas parse a request here and
 * shape what is read from a source, so that the two cannot drift apart.
 */

const texts = z.record(z.string(), z.string());
const state = z.enum(["active", "deleted"]);

/** NaN has no number in JSON. */
const value = z.union([z.number(), z.literal("NaN").transform(() => Number.NaN)]);

export const experimentSchema = z.object({
  id: z.string(),
  name: z.string(),
  state,
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  tags: texts,
});
export type ExperimentRecord = z.output<typeof experimentSchema>;

const dataset = z.object({
  name: z.string(),
  digest: z.string(),
  sourceType: z.string(),
  source: z.string(),
  schema: z.string().optional(),
  profile: z.string().optional(),
});

export const runSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(["running", "scheduled", "finished", "failed", "killed"]),
  state,
  userName: z.string(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  params: texts,
  tags: texts,
  inputs: z.array(z.object({ dataset, tags: texts })),
  modelInputs: z.array(z.string()),
  modelOutputs: z.array(z.object({ modelId: z.string(), step: z.number() })),
  artifactLocation: z.string().optional(),
});
export type RunRecord = z.output<typeof runSchema>;

/** A point as it travels: key, value, time, step. */
export const pointSchema = z.tuple([z.string(), value, z.number(), z.number()]);
export type PointRecord = z.output<typeof pointSchema>;

export const loggedModelSchema = z.object({
  id: z.string(),
  name: z.string(),
  modelType: z.string(),
  sourceRunId: z.string(),
  status: z.enum(["pending", "ready", "upload_failed"]),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  params: texts,
  tags: texts,
  metrics: z.array(
    z.object({
      key: z.string(),
      value,
      atMs: z.number(),
      step: z.number(),
      runId: z.string(),
      datasetName: z.string(),
      datasetDigest: z.string(),
    }),
  ),
  artifactLocation: z.string().optional(),
});
export type LoggedModelRecord = z.output<typeof loggedModelSchema>;

export const modelSchema = z.object({
  name: z.string(),
  description: z.string(),
  tags: texts,
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});
export type ModelRecord = z.output<typeof modelSchema>;

export const versionSchema = z.object({
  name: z.string(),
  number: z.number(),
  description: z.string(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  source: z.string(),
  runId: z.string(),
  runLink: z.string(),
  loggedModelId: z.string(),
  stage: z.string(),
  tags: texts,
});
export type VersionRecord = z.output<typeof versionSchema>;

/** Whose files a version is made of: all of its owner's below `folder`. */
export const filesOfSchema = z.object({
  owner: z.union([z.object({ run: z.string() }), z.object({ model: z.string() })]),
  folder: z.string(),
});

export type OwnerRecord = z.output<typeof filesOfSchema>["owner"];
