import { z } from "zod";

const failure = z
  .object({
    code: z.string(),
    message: z.string(),
    next: z.string(),
    lastLines: z.array(z.string()).readonly().optional(),
  })
  .meta({ id: "Failure" });

const purpose = z.object({
  kind: z.enum(["requested", "retrain", "schedule"]),
  reason: z.string(),
  incident: z.string().optional(),
});

const out = z.object({
  path: z.string(),
  digest: z.string(),
  sizeBytes: z.number(),
  kind: z.enum(["out", "metrics", "plots"]),
  isFolder: z.boolean(),
});

const stepState = z.enum(["waiting", "running", "succeeded", "cached", "failed", "skipped", "cancelled"]);

const step = z
  .object({
    id: z.string(),
    stage: z.string(),
    command: z.string(),
    state: stepState,
    attempt: z.number(),
    cacheKey: z.string().nullable(),
    reason: z.string(),
    runId: z.string().nullable(),
    exitCode: z.number().nullable(),
    failure: failure.nullable(),
    lastLines: z.array(z.string()).readonly(),
    startedAtMs: z.number().nullable(),
    endedAtMs: z.number().nullable(),
    dependsOn: z.array(z.string()).readonly(),
    outs: z.array(out).readonly(),
    metrics: z.record(z.string(), z.number()),
  })
  .meta({ id: "Step" });

const stepSummary = z.object({
  id: z.string(),
  stage: z.string(),
  state: stepState,
  startedAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  metrics: z.record(z.string(), z.number()),
});

const execution = z.object({
  id: z.string(),
  project: z.string(),
  state: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  purpose,
  parameters: z.record(z.string(), z.unknown()),
  targets: z.array(z.string()).readonly(),
  complete: z.boolean(),
  codeDigest: z.string(),
  datasetVersions: z.record(z.string(), z.string()),
  environmentDigest: z.string().nullable(),
  actor: z.string(),
  createdAtMs: z.number(),
  startedAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  failure: failure.nullable(),
});

export const executionSummary = execution
  .extend({ steps: z.array(stepSummary).readonly() })
  .meta({ id: "ExecutionSummary" });

export const executionDetail = execution
  .extend({ steps: z.array(step).readonly() })
  .meta({ id: "Execution" });

export const logPart = z.object({ text: z.string(), nextByte: z.number() }).meta({ id: "LogPart" });

const keyParts = z.object({
  commands: z.array(z.string()).readonly(),
  wdir: z.string(),
  deps: z.record(z.string(), z.string()),
  params: z.record(z.string(), z.record(z.string(), z.unknown())),
  environment: z.string().nullable(),
  outs: z.array(z.string()).readonly(),
});

export const explanation = z
  .object({
    stage: z.string(),
    verdict: z.enum(["cached", "runs"]),
    sentence: z.string(),
    differences: z
      .array(
        z.object({
          part: z.enum(["command", "wdir", "dependency", "parameter", "environment", "outs"]),
          name: z.string(),
          before: z.string().nullable(),
          now: z.string().nullable(),
        }),
      )
      .readonly(),
    cacheKey: z.string().nullable(),
    now: keyParts.nullable(),
    last: keyParts.nullable(),
    lastStep: z.object({ execution: z.string(), step: z.string(), atMs: z.number() }).nullable(),
  })
  .meta({ id: "StepExplanation" });

export const graph = z
  .object({
    file: z.string(),
    stages: z.array(
      z.object({
        name: z.string(),
        commands: z.array(z.string()).readonly(),
        wdir: z.string(),
        description: z.string().nullable(),
        deps: z.array(z.string()).readonly(),
        params: z
          .array(z.object({ file: z.string(), keys: z.array(z.string()).readonly().nullable() }))
          .readonly(),
        outs: z
          .array(
            z.object({
              path: z.string(),
              kind: z.enum(["out", "metrics", "plots"]),
              annotations: z.record(z.string(), z.unknown()),
            }),
          )
          .readonly(),
        dependsOn: z.array(z.string()).readonly(),
        frozen: z.boolean(),
        last: step.extend({ execution: z.string() }).nullable(),
      }),
    ),
  })
  .meta({ id: "PipelineGraph" });
