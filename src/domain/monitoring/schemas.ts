import { z } from "zod";

import { incidentKinds, metrics, verdicts } from "./entities.ts";
import type { DriftFeature, Incident, MonitorReading, RolloutReading, Window } from "./entities.ts";

/** The shapes of `entities.ts` as they are stored and as they travel: one schema for the database and for HTTP. */
const pair = z.tuple([z.number(), z.number()]).readonly();
const interval = pair.nullable();
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const pagingVerdict = z.enum(["worse", "not_worse", "undecided"]);
const alarm = z.object({ windowStartMs: z.number(), onsetMs: z.number() }).nullable();

export const incidentSchema = z
  .object({
    id: z.string(),
    project: z.string(),
    kind: z.enum(incidentKinds),
    severity: z.enum(["page", "digest"]),
    monitor: z.string(),
    title: z.string(),
    state: z.enum(["open", "resolved"]),
    openedAtMs: z.number(),
    onsetMs: z.number(),
    environment: z.string(),
    modelVersionId: z.string(),
    releaseId: z.string(),
    evidence: z.object({
      metric: z.string(),
      value: z.number().nullable(),
      expected: z.number().nullable(),
      interval,
      n: z.number(),
      eValue: z.number().nullable(),
      windowStartMs: z.number(),
      windowEndMs: z.number(),
    }),
    cause: z.object({
      ranked: list(
        z.object({
          kind: z.enum(["segment", "column", "vocabulary", "class_mix", "release"]),
          name: z.string(),
          detail: z.string(),
          weight: z.number(),
          examples: list(z.string()),
        }),
      ),
      sentence: z.string(),
    }),
    timeline: list(
      z.object({
        atMs: z.number(),
        text: z.string(),
        link: z.string().nullable(),
        seq: z.number().nullable(),
      }),
    ),
    resolvedAtMs: z.number().nullable(),
    resolution: z
      .object({
        by: z.string(),
        verdict: z.enum([...verdicts, "recovered", "rolled_back"]),
        note: z.string(),
      })
      .nullable(),
  })
  .meta({ id: "Incident" });

export const windowSchema = z
  .object({
    metric: z.enum(metrics),
    segment: z.string().nullable(),
    modelVersionId: z.string().nullable(),
    startMs: z.number(),
    endMs: z.number(),
    state: z.enum(["provisional", "final"]),
    value: z.number().nullable(),
    interval,
    n: z.number(),
    predictions: z.number(),
    outcomes: z.number(),
    coverage: z.number(),
    restated: z.number(),
    asOfMs: z.number(),
  })
  .meta({ id: "Window" });

export const monitorSchema = z
  .object({
    monitor: z.string(),
    kind: z.enum(["performance", "latency", "coverage", "drift"]),
    sentence: z.string(),
    metric: z.enum(metrics).nullable(),
    segment: z.string().nullable(),
    comparison: z.enum(["<=", ">=", "<", ">"]).nullable(),
    bound: z.number().nullable(),
    state: z.enum(["watching", "alarm", "no_bound", "too_early"]),
    releaseId: z.string(),
    modelVersionId: z.string(),
    value: z.number().nullable(),
    interval,
    n: z.number(),
    eValue: z.number(),
    alarmAt: z.number(),
    alarm,
  })
  .meta({ id: "Monitor" });

export const driftFeatureSchema = z
  .object({
    feature: z.string(),
    kind: z.enum(["score", "decision", "segment", "text_length", "number", "category"]),
    eValue: z.number(),
    alarm,
    strongest: z
      .object({
        cell: z.string(),
        direction: z.enum(["more", "fewer"]),
        referenceShare: z.number(),
        share: z.number(),
        interval: pair,
      })
      .nullable(),
    reference: z.object({ cells: list(z.string()), counts: list(z.number()) }),
    counts: list(z.number()),
    series: list(z.object({ startMs: z.number(), eValue: z.number(), n: z.number() })),
  })
  .meta({ id: "DriftFeature" });

export const rolloutReadingSchema = z
  .object({
    releaseId: z.string(),
    liveReleaseId: z.string(),
    step: z.enum(["shadow", "canary"]),
    sinceMs: z.number(),
    predictions: z.object({ candidate: z.number(), live: z.number() }),
    outcomes: z.object({ candidate: z.number(), live: z.number() }),
    agreement: z.number().nullable(),
    verdict: pagingVerdict,
    comparisons: list(
      z.object({
        metric: z.enum(["errors", "latency_p95_ms", "latency_ms", "expected_cost", "recall"]),
        method: z.enum(["paired", "two_samples", "bound"]),
        candidate: z.number().nullable(),
        live: z.number().nullable(),
        bound: z.number().nullable(),
        difference: z.number().nullable(),
        interval,
        n: z.number(),
        verdict: pagingVerdict,
        sentence: z.string(),
      }),
    ),
  })
  .meta({ id: "RolloutReading" });

const person = z.object({ id: z.string(), name: z.string() });
const outcome = z.object({
  value: z.string(),
  observedAtMs: z.number(),
  receivedAtMs: z.number(),
  actor: z.string(),
});

export const traceSchema = z
  .object({
    prediction: z.object({
      predictionId: z.string(),
      atMs: z.number(),
      project: z.string(),
      deployment: z.string(),
      releaseId: z.string(),
      modelVersionId: z.string(),
      role: z.string(),
      unit: z.string(),
      inputs: z.record(z.string(), z.unknown()),
      label: z.string(),
      score: z.number(),
      decision: z.boolean(),
      threshold: z.number().nullable(),
      latencyMs: z.number(),
      requestId: z.string(),
    }),
    outcome: outcome.nullable(),
    earlierOutcomes: list(outcome),
    release: z.object({
      id: z.string(),
      environment: z.string(),
      state: z.string(),
      reason: z.string(),
      requestedBy: person,
      requestedAtMs: z.number(),
      approvals: list(z.object({ by: person, atMs: z.number(), note: z.string().nullable() })),
      liveAtMs: z.number().nullable(),
    }),
    modelVersion: z.object({
      id: z.string(),
      model: z.string(),
      number: z.number(),
      kind: z.string(),
      digest: z.string(),
      createdAtMs: z.number(),
      author: person,
      purpose: z.object({ kind: z.string(), reason: z.string() }).nullable(),
    }),
    runId: z.string().nullable(),
    executionId: z.string().nullable(),
    codeDigest: z.string().nullable(),
    environmentDigest: z.string().nullable(),
    data: list(
      z.object({
        id: z.string(),
        dataset: z.string(),
        number: z.number(),
        digest: z.string(),
        source: z.string(),
        rows: z.number(),
      }),
    ),
  })
  .meta({ id: "Trace" });

/** Holds the schemas to the types of the door in the direction of reading; lists of the door are readonly. */
export const agreement: {
  readonly incident: z.ZodType<Incident>;
  readonly window: z.ZodType<Window>;
  readonly monitor: z.ZodType<MonitorReading>;
  readonly drift: z.ZodType<DriftFeature>;
  readonly rollout: z.ZodType<RolloutReading>;
} = {
  incident: incidentSchema,
  window: windowSchema,
  monitor: monitorSchema,
  drift: driftFeatureSchema,
  rollout: rolloutReadingSchema,
};
