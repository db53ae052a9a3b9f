import { z } from "zod";

import type { Blobs } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";
import { inParallel } from "#kernel/in-parallel";
import type { Log } from "#kernel/log";

import type { StepResult } from "../store/results.ts";

/** Results of steps that other servers left beside the bytes they share with this one. */
export interface SharedResults {
  /** Those under these keys; none where the bytes are not shared. */
  find(project: string, cacheKeys: readonly Digest[]): Promise<readonly StepResult[]>;
  /** Lets others find it. A failure is logged: it costs others a step, and this server nothing. */
  publish(result: StepResult): Promise<void>;
}

const askedAtOnce = 32;
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What a result is to a server that knows neither the execution nor its run. */
const recordSchema = z.strictObject({
  format: z.literal("gyre-step-result-1"),
  project: z.string(),
  cacheKey: digest,
  stage: z.string(),
  keyParts: z.strictObject({
    commands: z.array(z.string()).readonly(),
    wdir: z.string(),
    deps: z.record(z.string(), z.string()),
    params: z.record(z.string(), z.record(z.string(), z.unknown())),
    environment: z.string().nullable(),
    outs: z.array(z.string()).readonly(),
    secrets: z.array(z.string()).readonly().exactOptional(),
  }),
  outs: z
    .array(
      z.strictObject({
        path: z.string(),
        digest,
        sizeBytes: z.int().nonnegative(),
        kind: z.enum(["out", "metrics", "plots"]),
        isFolder: z.boolean(),
      }),
    )
    .readonly(),
  metrics: z.record(z.string(), z.number()),
  execution: z.string(),
  step: z.string(),
  createdAtMs: z.number(),
});

/** A record is found by project and key alone: equal keys are equal work, whoever did it. */
export function createSharedResults({ blobs, log }: { blobs: Blobs; log: Log }): SharedResults {
  const { records } = blobs;
  if (records === undefined) return { find: async () => [], publish: async () => {} };

  async function read(project: string, cacheKey: Digest): Promise<StepResult | undefined> {
    const bytes = await records?.read(nameOf(project, cacheKey));
    if (bytes === undefined) return undefined;
    const parsed = recordSchema.safeParse(parseJson(bytes));
    // Of another form, or put under the wrong name: the step runs.
    if (!parsed.success || parsed.data.project !== project || parsed.data.cacheKey !== cacheKey)
      return undefined;
    const { format: _, ...result } = parsed.data;
    return { ...result, runId: null };
  }

  return {
    async find(project, cacheKeys) {
      const found: StepResult[] = [];
      await inParallel(cacheKeys, askedAtOnce, async (cacheKey) => {
        const result = await read(project, cacheKey);
        if (result !== undefined) found.push(result);
      });
      return found;
    },
    async publish({ runId: _, ...result }) {
      const record: z.input<typeof recordSchema> = { format: "gyre-step-result-1", ...result };
      try {
        await records.write(nameOf(result.project, result.cacheKey), Buffer.from(JSON.stringify(record)));
      } catch (error) {
        log.warn("the result of a step was not shared", { error, step: result.step });
      }
    },
  };
}

/** The project's name may hold what a key may not. */
function nameOf(project: string, cacheKey: Digest): string {
  return `step-results/${Buffer.from(project).toString("hex")}/${cacheKey}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
