import { z } from "zod";

import { differenceParts } from "./entities.ts";

const failure = z
  .object({
    code: z.string(),
    message: z.string(),
    next: z.string(),
    lastLines: z.array(z.string()).readonly().optional(),
  })
  .meta({ id: "Failure" });

const foreignRun = z.object({ namespace: z.string(), job: z.string(), runId: z.string() });

const purpose = z.object({
  kind: z.enum(["requested", "retrain", "schedule", "trigger", "backfill", "study"]),
  reason: z.string(),
  incident: z.string().optional(),
  source: z.string().optional(),
  study: z.string().optional(),
  trial: z.number().optional(),
  runId: z.string().optional(),
  nominalAtMs: z.number().optional(),
  parent: foreignRun.optional(),
  root: foreignRun.optional(),
});

const out = z.object({
  path: z.string(),
  digest: z.string(),
  sizeBytes: z.number(),
  kind: z.enum(["out", "metrics", "plots"]),
  isFolder: z.boolean(),
});

const resources = z
  .object({ cpu: z.number(), memoryBytes: z.number(), gpu: z.number() })
  .meta({ id: "Resources" });

const stepState = z.enum(["waiting", "running", "succeeded", "cached", "failed", "skipped", "cancelled"]);

const step = z
  .object({
    id: z.string(),
    stage: z.string(),
    command: z.string(),
    state: stepState,
    attempt: z.number(),
    retries: z.number(),
    cacheKey: z.string().nullable(),
    reason: z.string(),
    waitingReason: z.string().nullable(),
    runId: z.string().nullable(),
    exitCode: z.number().nullable(),
    failure: failure.nullable(),
    lastLines: z.array(z.string()).readonly(),
    readyAtMs: z.number().nullable(),
    startedAtMs: z.number().nullable(),
    endedAtMs: z.number().nullable(),
    dependsOn: z.array(z.string()).readonly(),
    priority: z.number(),
    resources,
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
  cancelReason: z.string().nullable(),
  waitingReason: z.string().nullable(),
});

/** How many steps there are in each state; `steps` of a large execution holds only some of them. */
const counts = z.partialRecord(stepState, z.number());

export const executionSummary = execution
  .extend({ counts, steps: z.array(stepSummary).readonly() })
  .meta({ id: "ExecutionSummary" });

export const executionDetail = execution
  .extend({ counts, steps: z.array(step).readonly() })
  .meta({ id: "Execution" });

export const stepsPage = z
  .object({ steps: z.array(step).readonly(), next: z.number().nullable() })
  .meta({ id: "StepsPage" });

export const approval = z
  .object({
    execution: z.string(),
    step: z.string(),
    stage: z.string(),
    question: z.string(),
    askedAtMs: z.number(),
    answer: z.enum(["approved", "declined"]).nullable(),
    note: z.string().nullable(),
    actor: z.string().nullable(),
    answeredAtMs: z.number().nullable(),
  })
  .meta({ id: "Approval" });

export const attempt = z
  .object({
    attempt: z.number(),
    outcome: z.enum(["failed", "preempted", "lost"]),
    exitCode: z.number().nullable(),
    reason: z.string(),
    runId: z.string().nullable(),
    startedAtMs: z.number(),
    endedAtMs: z.number(),
  })
  .meta({ id: "EarlierAttempt" });

const queued = z.object({
  execution: z.string(),
  step: z.string(),
  stage: z.string(),
  priority: z.number(),
  resources,
});

export const queue = z
  .object({
    capacity: resources,
    free: resources,
    /** With the GPUs each has, as their driver numbers them. */
    running: z.array(queued.extend({ devices: z.array(z.string()).readonly() })),
    waiting: z.array(queued.extend({ position: z.number(), reason: z.string() })),
    /** Steps of other projects, which hold or wait for the same resources. */
    others: z.object({ running: z.number(), waiting: z.number() }),
    /** Executions of which nothing runs, with the reason. */
    executions: z.array(z.object({ id: z.string(), state: z.string(), reason: z.string() })),
  })
  .meta({ id: "PipelineQueue" });

export const secret = z
  .object({ name: z.string(), actor: z.string(), setAtMs: z.number() })
  .meta({ id: "PipelineSecret" });

export const logPart = z.object({ text: z.string(), nextByte: z.number() }).meta({ id: "LogPart" });

const keyParts = z.object({
  commands: z.array(z.string()).readonly(),
  wdir: z.string(),
  deps: z.record(z.string(), z.string()),
  params: z.record(z.string(), z.record(z.string(), z.unknown())),
  environment: z.string().nullable(),
  outs: z.array(z.string()).readonly(),
  secrets: z.array(z.string()).readonly().optional(),
  image: z.string().optional(),
  platform: z.string().optional(),
  interpreter: z.string().optional(),
});

export const explanation = z
  .object({
    stage: z.string(),
    verdict: z.enum(["cached", "runs"]),
    sentence: z.string(),
    differences: z
      .array(
        z.object({
          part: z.enum(differenceParts),
          name: z.string(),
          before: z.string().nullable(),
          now: z.string().nullable(),
          files: z.array(z.string()).readonly().optional(),
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
        /** Where it runs; null for the server's machine. */
        target: z.string().nullable(),
        /** The image it runs in: its own, or that of its target; null where it runs in none. */
        image: z.string().nullable(),
        last: step.extend({ execution: z.string() }).nullable(),
      }),
    ),
  })
  .meta({ id: "PipelineGraph" });
