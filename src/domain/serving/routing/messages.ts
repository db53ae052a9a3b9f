import { z } from "zod";

import { routingTableSchema } from "./table.ts";

/** What the control plane tells its gateway. Each carries an `id` that the answer repeats. */
export const orderSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("route"), id: z.number(), table: routingTableSchema }),
  /** Moves the gateway's clock to this time; only a simulated clock is ever set. */
  z.object({ kind: z.literal("set_clock"), id: z.number(), nowMs: z.number() }),
  z.object({ kind: z.literal("report"), id: z.number() }),
  /** Seals the open log segment, so that the control plane can turn it into Parquet. */
  z.object({ kind: z.literal("rotate_log"), id: z.number() }),
  z.object({ kind: z.literal("stop"), id: z.number() }),
]);
export type Order = z.infer<typeof orderSchema>;

export const variantReportSchema = z.object({
  deployment: z.string(),
  releaseId: z.string(),
  modelVersionId: z.string(),
  role: z.enum(["live", "canary", "shadow", "staging"]),
  requests: z.number(),
  rows: z.number(),
  errors: z.number(),
  latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable(),
});
export type VariantReport = z.infer<typeof variantReportSchema>;

/** A version whose file the gateway could not open; the variants of that version are left out. */
export const unopenedModelSchema = z.object({ modelVersionId: z.string(), reason: z.string() });
export type UnopenedModel = z.infer<typeof unopenedModelSchema>;

/** What the gateway says. */
export const answerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("listening"), port: z.number() }),
  z.object({ kind: z.literal("could_not_start"), code: z.string(), message: z.string() }),
  z.object({ kind: z.literal("done"), id: z.number() }),
  z.object({ kind: z.literal("routed"), id: z.number(), unopened: z.array(unopenedModelSchema) }),
  z.object({ kind: z.literal("refused"), id: z.number(), message: z.string() }),
  z.object({ kind: z.literal("report"), id: z.number(), variants: z.array(variantReportSchema) }),
]);
export type Answer = z.infer<typeof answerSchema>;
