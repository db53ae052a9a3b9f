import { z } from "zod";

import { isSafePath } from "#kernel/blobs";

/** What travels between the server and the program that runs a piece of work elsewhere (`bootstrap.py`). */

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const path = z.string().max(4_096).refine(isSafePath, "leaves the folder of the work");

export const fileSchema = z.strictObject({
  path,
  digest,
  sizeBytes: z.int().nonnegative(),
  executable: z.boolean(),
});
export type FarFile = z.infer<typeof fileSchema>;

/** What the program is told when it begins. */
export const assignmentSchema = z.object({
  commands: z.array(z.string()),
  wdir: z.string(),
  variables: z.record(z.string(), z.string()),
  inputs: z.array(fileSchema),
  outs: z.array(z.string()),
  environment: z
    .object({
      requirementsText: z.string(),
      pythonClauses: z.array(z.tuple([z.string(), z.array(z.number()), z.boolean()])),
      pythonVersion: z.string(),
    })
    .nullable(),
  timeoutMs: z.number(),
  maximumLogBytes: z.number(),
  graceMs: z.number(),
  checkpoint: z.object({ path: z.string(), files: z.array(fileSchema) }).nullable(),
  beatEveryMs: z.number(),
  checkpointEveryMs: z.number(),
  /** Variables of the machine that the commands see too: which accelerators they may use. */
  passedOn: z.array(z.string()),
});
export type Assignment = z.infer<typeof assignmentSchema>;

export const beatSchema = z.strictObject({
  phase: z.enum(["preparing", "running"]),
  says: z.string().max(300),
});

export const beatAnswerSchema = z.object({
  /** The grace time when it is to stop, else null. */
  stopGraceMs: z.number().nullable(),
});

export const logAnswerSchema = z.object({ nextByte: z.number() });

export const checkpointSchema = z.strictObject({ files: z.array(fileSchema).max(200_000) });

export const endSchema = z.strictObject({
  ended: z.enum(["exited", "timeout", "log_limit", "stopped", "problem"]),
  exitCode: z.int().nullable(),
  signal: z.string().max(20).nullable(),
  command: z.int().nonnegative().nullable(),
  outs: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("file"), path, digest, sizeBytes: z.int().nonnegative() }),
        z.strictObject({ kind: z.literal("folder"), path, files: z.array(fileSchema).max(1_000_000) }),
      ]),
    )
    .max(10_000),
  problem: z
    .strictObject({
      kind: z.enum(["transfer", "environment", "disk", "python"]),
      message: z.string().max(2_000),
      lastLines: z.array(z.string().max(2_000)).max(50),
    })
    .nullable(),
});
export type FarEnd = z.infer<typeof endSchema>;
