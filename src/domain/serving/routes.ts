import { z } from "zod";

import { hourMs } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Deployment, Serving } from "./index.ts";
import { problems } from "./problems.ts";

const latencySchema = z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable();
const deploymentSchema = z
  .object({
    id: z.string(),
    project: z.string(),
    environment: z.string(),
    model: z.string(),
    state: z.enum(["idle", "ready", "degraded"]),
    endpoint: z.string(),
    variants: z.array(
      z.object({
        role: z.enum(["live", "canary", "shadow"]),
        share: z.number(),
        releaseId: z.string(),
        modelVersionId: z.string(),
        number: z.number(),
        threshold: z.number().nullable(),
        requests: z.number(),
        errors: z.number(),
        latencyMs: latencySchema,
      }),
    ),
    updatedAtMs: z.number(),
  })
  .meta({ id: "Deployment" });

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export function createRoutes(serving: Serving): readonly Route[] {
  const find = async (project: string, id: string): Promise<Deployment> => {
    const deployment = await serving.getDeployment(id);
    if (deployment.project === project) return deployment;
    throw new Problem(problems.deployment_not_found, {
      message: `There is no deployment ${id} in ${project}.`,
    });
  };
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/deployments",
      permission: "project:read",
      summary: "What answers requests, and with which versions",
      response: z.object({ deployments: z.array(deploymentSchema) }),
      handler: async ({ params }) => ({
        deployments: (await serving.listDeployments(params.project)).map(present),
      }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/deployments/:deployment",
      permission: "project:read",
      summary: "One deployment with its variants",
      response: z.object({ deployment: deploymentSchema }),
      handler: async ({ params }) => ({ deployment: present(await find(params.project, params.deployment)) }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/deployments/:deployment/traffic",
      permission: "project:read",
      summary: "Predictions over event time, by version and role",
      query: z.object({
        from: z.coerce.number(),
        to: z.coerce.number(),
        step: z.coerce.number().int().positive().default(hourMs),
      }),
      response: z.object({
        points: z.array(
          z.object({
            startMs: z.number(),
            modelVersionId: z.string(),
            role: z.string(),
            predictions: z.number(),
            positiveShare: z.number(),
            latencyP95Ms: z.number(),
          }),
        ),
      }),
      handler: async ({ params, query }) => {
        const { id } = await find(params.project, params.deployment);
        return {
          points: [
            ...(await serving.traffic(id, { fromMs: query.from, toMs: query.to, stepMs: query.step })),
          ],
        };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/deployments/:deployment/predict",
      permission: "prediction:write",
      summary: "Send rows to the gateway and get its answers",
      body: z.strictObject({ rows: z.array(z.record(z.string(), valueSchema)).min(1).max(1_000) }),
      response: z.object({
        predictions: z.array(
          z.object({
            predictionId: z.string(),
            label: z.string(),
            decision: z.boolean(),
            probabilities: z.record(z.string(), z.number()),
            modelVersionId: z.string(),
            releaseId: z.string(),
          }),
        ),
      }),
      handler: async ({ params, body }) => {
        const { id } = await find(params.project, params.deployment);
        return { predictions: [...(await serving.predict(id, body.rows))] };
      },
    }),
  ];
}

function present(deployment: Deployment): z.input<typeof deploymentSchema> {
  return { ...deployment, variants: [...deployment.variants] };
}
