import { z } from "zod";

/**
 * Lines of a log that follow each other, and what is known of the whole. Lines count from 1; a negative
 * number counts from the end, and is given while a long log has not been read to its end.
 */
export const logLines = z
  .object({
    from: z.number(),
    lines: z.array(z.string()),
    /** Those among them that tell of an error. */
    errors: z.array(z.number()),
    total: z.number(),
    sizeBytes: z.number(),
    /** How much of it was read: `total` and `firstError` are of that part. */
    readBytes: z.number(),
    firstError: z.number().nullable(),
    attempt: z.number(),
  })
  .meta({ id: "LogLines" });

export const logHits = z
  .object({ hits: z.array(z.number()), next: z.number().nullable(), searchedBytes: z.number() })
  .meta({ id: "LogHits" });
