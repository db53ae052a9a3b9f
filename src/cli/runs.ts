import { z } from "zod";

export const runSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  userName: z.string(),
  params: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), z.number().nullable()),
  tags: z.record(z.string(), z.string()),
  inputs: z.array(z.looseObject({ name: z.string(), digest: z.string() })).default([]),
});
export type Run = z.infer<typeof runSchema>;
