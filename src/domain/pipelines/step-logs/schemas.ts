import { z } from "zod";

/** Lines of a log that follow each other, and what is known of the whole. Lines count from 1. */
export const logLines = z
  .object({
    from: z.number(),
    lines: z.array(z.string()),
    /** Those among them that tell of an error. */
    errors: z.array(z.number()),
    total: z.number(),
    sizeBytes: z.number(),
    firstError: z.number().nullable(),
    attempt: z.number(),
  })
  .meta({ id: "LogLines" });

export const logHits = z
  .object({ hits: z.array(z.number()), next: z.number().nullable() })
  .meta({ id: "LogHits" });
