import { z } from "zod";

import { hourMs } from "#kernel/clock";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Storage } from "./module.ts";

const tally = z.object({ blobs: z.number(), bytes: z.number() });

const collection = z.object({
  isDryRun: z.boolean(),
  graceMs: z.number(),
  storedBeforeMs: z.number(),
  inUse: tally,
  young: tally,
  garbage: tally,
  oldestAtMs: z.number().nullable(),
  removed: tally,
  unreadable: z.array(z.object({ digest: z.string(), holder: z.string() })),
});

/** What belongs to all projects is for those who decide about access to all of them. */
export function createRoutes({ collect }: Pick<Storage, "collect">): readonly Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/api/v1/storage/collections",
      permission: "access:manage",
      summary: "Removes stored content that nothing refers to any more, or tells what would go",
      tags: ["storage"],
      body: z.strictObject({
        isDryRun: z.boolean().default(false),
        graceMs: z.int().nonnegative().optional(),
        whileNobodyWrites: z.boolean().optional(),
        acceptMissing: z.boolean().optional(),
      }),
      response: collection,
      // Whoever waits no longer finds in the ledger what was removed: the collection goes on.
      timeoutMs: hourMs,
      async handler({ body, principal }) {
        const collected = await collect({ ...body, actor: principal.id });
        return { ...collected, unreadable: [...collected.unreadable] };
      },
    }),
  ];
}
