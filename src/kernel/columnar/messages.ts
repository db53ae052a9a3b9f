import { z } from "zod";

/** What can be bound to `$1`, `$2`, … of a statement. Integers become INTEGER or BIGINT, others DOUBLE; arrays are lists. */
export type QueryParameter =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly string[]
  | readonly number[];

export interface QueryRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly QueryParameter[];
  readonly maximumRows: number;
}

export interface CancelRequest {
  readonly cancel: number;
}

const parameterSchema = z.union([
  z.string(),
  z.number(),
  z.bigint(),
  z.boolean(),
  z.null(),
  z.array(z.string()),
  z.array(z.number()),
]);

export const requestSchema = z.union([
  z.object({ id: z.int(), sql: z.string(), parameters: z.array(parameterSchema), maximumRows: z.int() }),
  z.object({ cancel: z.int() }),
]);

export const responseSchema = z.union([
  z.object({ id: z.int(), names: z.array(z.string()), rows: z.array(z.array(z.unknown())) }),
  z.object({
    id: z.int(),
    failure: z.enum(["failed", "out_of_memory", "disk_full", "too_large", "interrupted"]),
    message: z.string(),
  }),
]);

export type QueryResponse = z.infer<typeof responseSchema>;
export type QueryFailure = Omit<Extract<QueryResponse, { failure: string }>, "id">;

export const settingsSchema = z.object({
  temporaryFolder: z.string(),
  memoryLimitMb: z.number(),
  threads: z.int(),
  allowedFolders: z.array(z.string()).optional(),
});

export type AnalystSettings = z.infer<typeof settingsSchema>;
