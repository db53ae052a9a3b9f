import { z } from "zod";

import { metrics } from "./metrics.ts";
import type { Metric } from "./metrics.ts";

/** The charter and what follows from it as the API shows them. */

const comparison = z.enum([">=", ">", "<=", "<"]);
const position = z.object({ file: z.string(), line: z.number(), column: z.number() });

const metric = z
  .custom<Metric>((name) => typeof name === "string" && Object.hasOwn(metrics, name))
  .meta({
    type: "string",
    enum: Object.keys(metrics),
  });

const gate = z
  .object({
    id: z.string(),
    metric,
    requirement: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("threshold"), comparison, threshold: z.number() }),
      z.object({ kind: z.literal("better_than"), betterThan: z.literal("baseline"), byShare: z.number() }),
    ]),
    forEach: z.string().nullable(),
    source: position,
    sentence: z.string(),
  })
  .meta({ id: "Gate" });

const decisionRule = z
  .object({
    decision: z.string(),
    target: z.string(),
    positive: z.string(),
    costs: z
      .object({ falseNegative: z.number(), falsePositive: z.number(), currency: z.string() })
      .nullable(),
    theoreticalThreshold: z.number(),
    sentence: z.string(),
  })
  .meta({ id: "DecisionRule" });

const monitorBasics = {
  id: z.string(),
  windowMs: z.number(),
  alpha: z.number(),
  periodMs: z.number(),
  sentence: z.string(),
};
const monitor = z
  .discriminatedUnion("kind", [
    z.object({ ...monitorBasics, kind: z.literal("performance"), gate, needsOutcomes: z.boolean() }),
    z.object({
      ...monitorBasics,
      kind: z.literal("drift"),
      subject: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("score") }),
        z.object({ kind: z.literal("decision") }),
        z.object({ kind: z.literal("segment"), column: z.string() }),
        z.object({ kind: z.literal("inputs") }),
      ]),
    }),
    z.object({ ...monitorBasics, kind: z.literal("coverage"), arriveWithinMs: z.number() }),
  ])
  .meta({ id: "GeneratedMonitor" });

const retrainingPolicy = z
  .object({
    anyOf: z
      .array(
        z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("performance") }),
          z.object({ kind: z.literal("new_labels"), count: z.number() }),
          z.object({ kind: z.literal("schedule"), cron: z.string() }),
        ]),
      )
      .readonly(),
    cooldownMs: z.number(),
    sentence: z.string(),
  })
  .meta({ id: "RetrainingPolicy" });

const rolloutPlan = z
  .object({
    environment: z.string(),
    approvalsNeeded: z.number(),
    steps: z
      .array(
        z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("shadow"), durationMs: z.number() }),
          z.object({ kind: z.literal("canary"), share: z.number(), durationMs: z.number() }),
          z.object({ kind: z.literal("all") }),
        ]),
      )
      .readonly(),
    rollBackWhen: z.enum(["any_gate_fails", "never"]),
    sentence: z.string(),
  })
  .meta({ id: "RolloutPlan" });

const generated = z.object({
  gates: z.array(gate).readonly(),
  decisionRule: decisionRule.nullable(),
  monitors: z.array(monitor).readonly(),
  retrainingPolicy: retrainingPolicy.nullable(),
  rolloutPlans: z.array(rolloutPlan).readonly(),
});

const description = z
  .array(z.object({ heading: z.string(), lines: z.array(z.string()).readonly() }))
  .readonly();

export const presentedProject = z
  .object({
    id: z.string(),
    folder: z.string().nullable(),
    createdAtMs: z.number(),
    charterVersion: z.number(),
  })
  .meta({ id: "Project" });

export const presentedCharterVersion = z
  .object({
    project: z.string(),
    version: z.number(),
    digest: z.string(),
    actor: z.string(),
    appliedAtMs: z.number(),
  })
  .meta({ id: "CharterVersion" });

export const presentedCharter = presentedCharterVersion
  .extend({
    ...generated.shape,
    yaml: z.string(),
    projectFile: z.unknown().describe("The file as read, defaults filled in."),
    description,
  })
  .meta({ id: "Charter" });

export const presentedCheck = z
  .object({
    valid: z.boolean(),
    faults: z
      .array(
        z.object({
          message: z.string(),
          position,
          path: z.array(z.union([z.string(), z.number()])).readonly(),
          expected: z.string().exactOptional(),
          found: z.string().exactOptional(),
          suggestion: z.string().exactOptional(),
        }),
      )
      .readonly(),
    /** Null when the file is not valid. */
    generated: generated.nullable(),
    description,
    /** What applying it would change, compared with the newest version. */
    changes: z.array(z.string()).readonly(),
  })
  .meta({ id: "CharterCheck" });

export const presentedApplication = z
  .object({
    project: z.string(),
    version: z.number(),
    digest: z.string(),
    created: z.boolean(),
    applied: z.boolean(),
    changed: z.array(z.string()).readonly(),
  })
  .meta({ id: "AppliedCharter" });
