import { z } from "zod";

import type { HoldoutEvidence } from "./index.ts";

const row = z.object({
  actual: z.string(),
  label: z.string(),
  score: z.number(),
  decision: z.boolean(),
  slices: z.record(z.string(), z.string()),
});

/** Evidence as it is kept in the blob store. */
export const evidenceSchema = z.object({
  candidate: z.array(row),
  baseline: z.array(row).nullable(),
  load: z.object({
    requests: z.number(),
    errors: z.number(),
    requestsPerSecond: z.number(),
    latenciesMs: z.array(z.number()),
  }),
  measuredAtMs: z.number(),
}) satisfies z.ZodType<HoldoutEvidence>;
