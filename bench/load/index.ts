import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { z } from "zod";

export interface LoadOrder {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly body: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

const resultSchema = z.object({
  perSecond: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  errors: z.number(),
});
export type LoadResult = z.output<typeof resultSchema>;

/** Loads a server on loopback from a process of its own, and gives what that process measured. */
export function measureLoad(order: LoadOrder): Promise<LoadResult> {
  const generator = fork(fileURLToPath(new URL("main.ts", import.meta.url)));
  return new Promise((resolve, reject) => {
    generator.once("message", (message: unknown) => resolve(resultSchema.parse(message)));
    generator.once("error", reject);
    generator.once("exit", (code) => reject(new Error(`the load generator ended with ${code}`)));
    generator.send(order);
  });
}
