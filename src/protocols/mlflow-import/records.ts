import { z } from "zod";

import { readSpan } from "./span-text.ts";

/*
 * What an import sends, one record for each thing of the source. The same schemas parse a request here and
 * shape what is read from a source, so that the two cannot drift apart.
 */

const texts = z.record(z.string(), z.string());
const state = z.enum(["active", "deleted"]);

/** Times and steps are kept as whole numbers that every client can read exactly. */
const whole = z.int();

/** NaN has no number in JSON. */
const value = z.union([z.number(), z.literal("NaN").transform(() => Number.NaN)]);

export const experimentSchema = z.object({
  id: z.string(),
  name: z.string(),
  state,
  createdAtMs: whole,
  updatedAtMs: whole,
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
  startedAtMs: whole,
  endedAtMs: whole.nullable(),
  params: texts,
  tags: texts,
  inputs: z.array(z.object({ dataset, tags: texts })),
  modelInputs: z.array(z.string()),
  modelOutputs: z.array(z.object({ modelId: z.string(), step: whole })),
  artifactLocation: z.string().optional(),
});
export type RunRecord = z.output<typeof runSchema>;

/** A point as it travels: key, value, time, step. */
export const pointSchema = z.tuple([z.string(), value, whole, whole]);
export type PointRecord = z.output<typeof pointSchema>;

export const loggedModelSchema = z.object({
  id: z.string(),
  name: z.string(),
  modelType: z.string(),
  sourceRunId: z.string(),
  status: z.enum(["pending", "ready", "upload_failed"]),
  createdAtMs: whole,
  updatedAtMs: whole,
  params: texts,
  tags: texts,
  metrics: z.array(
    z.object({
      key: z.string(),
      value,
      atMs: whole,
      step: whole,
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
  createdAtMs: whole,
  updatedAtMs: whole,
});
export type ModelRecord = z.output<typeof modelSchema>;

export const versionSchema = z.object({
  name: z.string(),
  number: whole,
  description: z.string(),
  createdAtMs: whole,
  updatedAtMs: whole,
  source: z.string(),
  runId: z.string(),
  runLink: z.string(),
  loggedModelId: z.string(),
  stage: z.string(),
  tags: texts,
});
export type VersionRecord = z.output<typeof versionSchema>;

const optional = z.string().nullable();

const assessment = z.object({
  id: z.string(),
  spanId: optional,
  kind: z.enum(["feedback", "expectation", "issue"]),
  name: z.string(),
  value: z.unknown(),
  error: z.object({ code: z.string(), message: optional, stackTrace: optional }).nullable(),
  rationale: optional,
  sourceType: z.string(),
  sourceId: optional,
  metadata: texts,
  runId: optional,
  overrides: optional,
  isValid: z.boolean(),
  createdAtMs: whole,
  updatedAtMs: whole,
});

export const traceSchema = z.object({
  id: z.string(),
  state: z.enum(["OK", "ERROR", "IN_PROGRESS", "STATE_UNSPECIFIED"]),
  startedAtMs: whole,
  durationMs: whole.nullable(),
  clientRequestId: optional,
  requestPreview: optional,
  responsePreview: optional,
  tags: texts,
  metadata: texts,
  assessments: z.array(assessment),
  runIds: z.array(z.string()),
  prompts: z.array(z.string()),
  artifactLocation: z.string().optional(),
});
export type TraceRecord = z.output<typeof traceSchema>;

/** A span as it travels: a text in which numbers stay exact. */
export const spanSchema = z.object({
  traceId: z.string(),
  span: z.string().transform((text, context) => {
    try {
      return readSpan(text);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : String(error));
      return z.NEVER;
    }
  }),
});

/** Whose files a version is made of: all of its owner's below `folder`. */
export const filesOfSchema = z.object({
  owner: z.union([z.object({ run: z.string() }), z.object({ model: z.string() })]),
  folder: z.string(),
});

/** Whose files: the experiment of a trace is the one it has here. */
export const ownerSchema = z.union([
  ...filesOfSchema.shape.owner.options,
  z.object({ trace: z.string(), experiment: z.string() }),
]);

export type OwnerRecord = z.output<typeof ownerSchema>;
