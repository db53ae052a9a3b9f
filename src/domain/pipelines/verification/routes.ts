import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Verification, VerificationSummary, VerifiedStage } from "./entities.ts";
import type { Verifications } from "./verifications.ts";

const base = "/api/v1/projects/:project/pipeline/verifications";
const tags = ["pipelines"];

const verifiedStage = z
  .object({
    position: z.number(),
    stage: z.string(),
    state: z.enum(["waiting", "running", "done"]),
    verdict: z.enum(["reproducible", "differs", "failed", "not_cached", "elsewhere"]).nullable(),
    differing: z
      .array(z.object({ path: z.string(), kept: z.string(), found: z.string().nullable() }))
      .readonly(),
    message: z.string().nullable(),
    /** What a stage that was begun waits for: resources that steps of executions hold. */
    waitingReason: z.string().nullable(),
    /** The execution whose step made the result it is compared with. */
    execution: z.string().nullable(),
    startedAtMs: z.number().nullable(),
    endedAtMs: z.number().nullable(),
  })
  .meta({ id: "VerifiedStage" });

const common = {
  id: z.string(),
  project: z.string(),
  targets: z.array(z.string()).readonly(),
  state: z.enum(["running", "finished", "failed", "cancelled"]),
  /** Why it failed as a whole. */
  failure: z.string().nullable(),
  actor: z.string(),
  createdAtMs: z.number(),
  endedAtMs: z.number().nullable(),
};

const verification = z
  .object({
    ...common,
    /** Of the stages, how many are done. */
    done: z.number(),
    stages: z.array(verifiedStage).readonly(),
  })
  .meta({ id: "Verification" });

const summary = z
  .object({
    ...common,
    /** How many stages by verdict, and by state where there is none yet. */
    counts: z.record(z.string(), z.number()),
    /** What came of the stage that was asked for; null when none was. */
    stage: verifiedStage.nullable(),
  })
  .meta({ id: "VerificationSummary" });

/** Verifications over HTTP: begun, left, found again, followed and ended. */
export function createVerificationRoutes(verifications: Verifications): readonly Route[] {
  const presentStage = (id: string, stage: VerifiedStage): z.input<typeof verifiedStage> => ({
    ...stage,
    waitingReason: stage.state === "running" ? (verifications.waitsFor(id, stage.position) ?? null) : null,
  });
  const present = (one: Verification): z.input<typeof verification> => ({
    ...one,
    done: one.stages.filter(({ state }) => state === "done").length,
    stages: one.stages.map((stage) => presentStage(one.id, stage)),
  });
  const presentSummary = (one: VerificationSummary): z.input<typeof summary> => ({
    ...one,
    stage: one.stage === null ? null : presentStage(one.id, one.stage),
  });
  return [
    defineRoute({
      method: "POST",
      path: base,
      permission: "pipeline:run",
      summary: "Begins to run cached steps again, aside, to find outs that come out otherwise",
      tags,
      body: z.strictObject({
        targets: z.array(z.string()).default([]),
        /** The targets themselves, and not what they depend on. */
        alone: z.boolean().optional(),
        sample: z.number().int().min(1).optional(),
        seed: z.number().int().optional(),
      }),
      status: 201,
      response: verification,
      handler: async ({ params, body, principal }) =>
        present(await verifications.start({ project: params.project, ...body, actor: principal.id })),
    }),
    defineRoute({
      method: "GET",
      path: base,
      permission: "project:read",
      summary: "Lists the newest verifications with their progress, of all stages or of one",
      tags,
      query: z.object({ stage: z.string().optional() }),
      response: z.object({ verifications: z.array(summary) }),
      handler: async ({ params, query }) => ({
        verifications: (await verifications.list(params.project, query.stage)).map(presentSummary),
      }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:verification`,
      permission: "project:read",
      summary: "Shows a verification: what is done, what runs, and what came of it",
      tags,
      response: verification,
      handler: async ({ params }) => present(await verifications.get(params.project, params.verification)),
    }),
    defineRoute({
      method: "POST",
      path: `${base}/:verification/cancel`,
      permission: "pipeline:run",
      summary: "Ends a verification; one that has ended stays as it is",
      tags,
      response: verification,
      handler: async ({ params, principal }) => {
        const order = { project: params.project, id: params.verification, actor: principal.id };
        return present(await verifications.cancel(order));
      },
    }),
  ];
}
