import { z } from "zod";

import { hourMs } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { Asking, ModelGate } from "#registry";

import type { Deployment, Serving } from "./index.ts";
import { problems } from "./problems.ts";
import type { Visitors } from "./visitors.ts";

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

export function createRoutes(serving: Serving, gate: ModelGate, visitors: Visitors): readonly Route[] {
  /** A deployment of the project in the path, when the visitor may with its model. */
  const find = async (project: string, id: string, asking: Asking): Promise<Deployment> => {
    const deployment = await serving.getDeployment(id).catch(ignoreAbsent);
    if (deployment?.project === project) {
      await gate.pass(project, deployment.model, asking);
      return deployment;
    }
    await asking.allow(project);
    throw new Problem(problems.deployment_not_found, {
      message: `There is no deployment ${id} in ${project}.`,
    });
  };
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/deployments",
      permission: "run:read",
      scope: "handler",
      summary: "What answers requests, and with which versions",
      response: z.object({ deployments: z.array(deploymentSchema) }),
      async handler({ params: { project }, ...asking }) {
        const deployments = await visitors.seen(project, await serving.listDeployments(project), asking);
        return { deployments: deployments.map(present) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/deployments/:deployment",
      permission: "run:read",
      scope: "handler",
      summary: "One deployment with its variants",
      response: z.object({ deployment: deploymentSchema }),
      async handler({ params: { project, deployment: id }, ...asking }) {
        const deployment = await find(project, id, asking);
        const [seen = deployment] = await visitors.seen(project, [deployment], asking);
        return { deployment: present(seen) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/deployments/:deployment/traffic",
      permission: "run:read",
      scope: "handler",
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
      async handler({ params, query, ...asking }) {
        const { id } = await find(params.project, params.deployment, asking);
        const { from: fromMs, to: toMs, step: stepMs } = query;
        const points = await serving.traffic(id, { fromMs, toMs, stepMs });
        // What answered there before need not be of the model that answers now.
        const ids = points.map(({ modelVersionId }) => modelVersionId);
        const seen = await visitors.seenVersions(params.project, ids, asking);
        return { points: points.filter(({ modelVersionId }) => seen.has(modelVersionId)) };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/deployments/:deployment/predict",
      permission: "prediction:write",
      scope: "handler",
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
      async handler({ params, body, ...asking }) {
        const { id } = await find(params.project, params.deployment, asking);
        return { predictions: [...(await serving.predict(id, body.rows))] };
      },
    }),
  ];
}

function ignoreAbsent(error: unknown): undefined {
  if (error instanceof Problem && error.kind === "not_found") return undefined;
  throw error;
}

function present(deployment: Deployment): z.input<typeof deploymentSchema> {
  return { ...deployment, variants: [...deployment.variants] };
}
