import { z } from "zod";

import type { DeployedVariant, Deployment, DeploymentState } from "./index.ts";
import type { ServedRoute, UnopenedModel, VariantReport } from "./routing/index.ts";
import type { DeploymentRow } from "./store.ts";

const variantsSchema = z.array(
  z.object({
    role: z.enum(["live", "canary", "shadow"]),
    share: z.number(),
    releaseId: z.string(),
    modelVersionId: z.string(),
    number: z.number(),
    threshold: z.number().nullable(),
  }),
);

type StoredVariant = z.infer<typeof variantsSchema>[number];

export function parseVariants(row: DeploymentRow): readonly StoredVariant[] {
  return variantsSchema.parse(JSON.parse(row.variants));
}

/** The variants of a route as a deployment's row keeps them. */
export function storedVariants(route: ServedRoute): string {
  const variants = route.variants.map(({ role, share, releaseId, modelVersionId, number, threshold }) => ({
    role,
    share,
    releaseId,
    modelVersionId,
    number,
    threshold,
  }));
  return JSON.stringify(variants);
}

/** What is known of the gateway when a deployment is shown. */
export interface GatewayFacts {
  readonly gatewayUrl: string;
  /** Undefined when the gateway does not answer. */
  readonly reports: readonly VariantReport[] | undefined;
  readonly unopened: readonly UnopenedModel[];
}

export function describeDeployment(row: DeploymentRow, facts: GatewayFacts): Deployment {
  const stored = parseVariants(row);
  return {
    id: row.id,
    project: row.project,
    environment: row.environment,
    model: row.model,
    state: stateOf(stored, facts),
    endpoint: `${facts.gatewayUrl}/v2/models/${encodeURIComponent(row.model)}/infer`,
    variants: stored.map((variant) => withReport(variant, row.id, facts.reports ?? [])),
    updatedAtMs: row.updated_at_ms,
  };
}

function stateOf(variants: readonly StoredVariant[], { reports, unopened }: GatewayFacts): DeploymentState {
  if (reports === undefined) return "degraded";
  if (variants.length === 0) return "idle";
  const lacksOne = variants.some((variant) =>
    unopened.some((one) => one.modelVersionId === variant.modelVersionId),
  );
  return lacksOne ? "degraded" : "ready";
}

function withReport(
  variant: StoredVariant,
  deployment: string,
  reports: readonly VariantReport[],
): DeployedVariant {
  const report = reports.find(
    (one) =>
      one.deployment === deployment && one.releaseId === variant.releaseId && one.role === variant.role,
  );
  return {
    ...variant,
    requests: report?.requests ?? 0,
    errors: report?.errors ?? 0,
    latencyMs: report?.latencyMs ?? null,
  };
}
