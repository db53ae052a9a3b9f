import { z } from "zod";

const failureSchema = z.looseObject({ code: z.string(), message: z.string(), next: z.string() });

export const stepSchema = z.looseObject({
  id: z.string(),
  stage: z.string(),
  state: z.string(),
  reason: z.string(),
  exitCode: z.number().nullable(),
  failure: failureSchema.nullable(),
  lastLines: z.array(z.string()),
  startedAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  outs: z.array(
    z.looseObject({ path: z.string(), kind: z.string(), digest: z.string(), isFolder: z.boolean() }),
  ),
  metrics: z.record(z.string(), z.number()),
});
export type Step = z.infer<typeof stepSchema>;

export const executionSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  codeDigest: z.string(),
  environmentDigest: z.string().nullable(),
  datasetVersions: z.record(z.string(), z.string()),
  createdAtMs: z.number(),
  failure: failureSchema.nullable(),
  steps: z.array(stepSchema),
});
export type Execution = z.infer<typeof executionSchema>;

/** What the server tells about an execution while it runs. */
export const newsSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("log"), data: z.object({ stage: z.string(), text: z.string() }) }),
  z.object({
    event: z.literal("step"),
    data: z.object({ stage: z.string(), state: z.string(), reason: z.string() }),
  }),
  z.object({ event: z.literal("end"), data: z.object({ state: z.string() }) }),
  z.object({
    event: z.literal("problem"),
    data: z.object({ code: z.string(), message: z.string(), next: z.string() }),
  }),
]);
export type News = z.infer<typeof newsSchema>;
