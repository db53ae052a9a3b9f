import { z } from "zod";

/**
 * What the gateway answers, and with which model: pushed by the control plane as a whole, kept in a file
 * so that a gateway that starts while the control plane is down still knows it. Runnable files are local
 * paths of content-addressed blobs, which never change under a running model.
 */
export const variantSchema = z.object({
  role: z.enum(["live", "canary", "shadow", "staging"]),
  /** Of the traffic, 0 to 1; a canary's share is taken from the live variant. */
  share: z.number().min(0).max(1),
  releaseId: z.string(),
  modelVersionId: z.string(),
  number: z.number(),
  kind: z.enum(["onnx", "rule"]),
  runnablePath: z.string(),
  signature: z.object({
    inputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.enum(["BYTES", "FP32", "FP64", "INT64", "BOOL"]),
        optional: z.boolean(),
      }),
    ),
    labels: z.array(z.string()),
  }),
  /** Decide positive at or above this probability; null: the label is the decision. */
  threshold: z.number().nullable(),
});

export const routeSchema = z.object({
  /** The model name in the URL. */
  name: z.string(),
  project: z.string(),
  deployment: z.string(),
  /** The class the decision is about. */
  positive: z.string(),
  /** The input that names the unit for sticky assignment; null: each request is its own unit. */
  unit: z.string().nullable(),
  log: z.object({ sample: z.number().min(0).max(1), drop: z.array(z.string()) }),
  /** The first is the one that answers when no canary does. */
  variants: z.array(variantSchema).min(1),
});

export const routingTableSchema = z.object({ routes: z.array(routeSchema) });

export type Variant = z.infer<typeof variantSchema>;
export type ServedRoute = z.infer<typeof routeSchema>;
export type RoutingTable = z.infer<typeof routingTableSchema>;

/** A staged candidate answers under a name of its own, to be measured; it is not logged. */
export function isStaging(route: ServedRoute): boolean {
  return route.variants.some((variant) => variant.role === "staging");
}
