import { z } from "zod";

const value = z.union([z.string(), z.number(), z.boolean()]);

const domain = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("float"),
      low: z.number(),
      high: z.number(),
      log: z.boolean(),
      step: z.number().nullable(),
    }),
    z.object({
      kind: z.literal("int"),
      low: z.number(),
      high: z.number(),
      log: z.boolean(),
      step: z.number(),
    }),
    z.object({ kind: z.literal("choice"), options: z.array(value).readonly() }),
  ])
  .meta({ id: "SearchDomain" });

const declaration = z
  .object({
    space: z.record(z.string(), domain),
    objectives: z.array(z.object({ metric: z.string(), goal: z.enum(["minimize", "maximize"]) })).readonly(),
    sampler: z.enum(["grid", "random", "tpe"]),
    trials: z.number().nullable(),
    parallel: z.number(),
    pruning: z
      .object({
        rule: z.enum(["asha", "median"]),
        metric: z.string(),
        firstStep: z.number(),
        factor: z.number(),
        startupTrials: z.number(),
        warmupSteps: z.number(),
      })
      .nullable(),
    targets: z.array(z.string()).readonly(),
    seed: z.number(),
    maximumFailures: z.number(),
  })
  .meta({ id: "StudyDeclaration" });

const trial = z
  .object({
    number: z.number(),
    state: z.enum(["running", "complete", "pruned", "failed", "cancelled"]),
    parameters: z.record(z.string(), value),
    execution: z.string().nullable(),
    runId: z.string(),
    values: z.array(z.number()).readonly().nullable(),
    /** (step, value); the value is null where it was no number. */
    curve: z.array(z.tuple([z.number(), z.number().nullable()])).readonly(),
    reason: z.string(),
    createdAtMs: z.number(),
    endedAtMs: z.number().nullable(),
  })
  .meta({ id: "Trial" });

const study = z.object({
  id: z.string(),
  project: z.string(),
  name: z.string(),
  declaration,
  state: z.enum(["running", "finished", "stopped", "failed"]),
  reason: z.string(),
  wantedTrials: z.number(),
  codeDigest: z.string(),
  datasetVersions: z.record(z.string(), z.string()),
  runId: z.string(),
  actor: z.string(),
  createdAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  counts: z.object({
    running: z.number(),
    complete: z.number(),
    pruned: z.number(),
    failed: z.number(),
    cancelled: z.number(),
  }),
  /** The completed trials that no other dominates; with one objective the best. */
  best: z.array(trial).readonly(),
});

export const studySummary = study.meta({ id: "StudySummary" });

export const studyDetail = study
  .extend({
    trials: z.array(trial).readonly(),
    /** One for each objective; null where too few trials were completed to tell. */
    importances: z
      .array(
        z
          .object({
            metric: z.string(),
            parameters: z.array(z.object({ name: z.string(), share: z.number() })).readonly(),
            together: z.number(),
            trials: z.number(),
          })
          .nullable(),
      )
      .readonly(),
  })
  .meta({ id: "Study" });

export const declaredStudy = z.object({ name: z.string(), declaration }).meta({ id: "DeclaredStudy" });
