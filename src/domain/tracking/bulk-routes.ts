import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import { base } from "./route-parts.ts";
import type { RouteParts } from "./route-parts.ts";
import type { Asking, RunGate } from "./run-gate.ts";

const ids = z.array(z.string()).min(1).max(1_000);
const tagging = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("tag"), key: z.string().min(1), value: z.string() }),
  z.strictObject({ action: z.literal("untag"), key: z.string().min(1) }),
]);
const ending = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("delete") }),
  z.strictObject({ action: z.literal("restore") }),
]);

/** One order for many runs. Each run is changed on its own; sending the order again changes nothing more. */
export function bulkRoutes({ commands }: RouteParts, gate: RunGate): readonly Route[] {
  const shared = { method: "POST", scope: "handler", response: z.object({ runs: z.number() }) } as const;

  /** Nothing is changed unless the visitor may change all of them. */
  async function each(
    runIds: readonly string[],
    { project, asking }: { readonly project: string; readonly asking: Asking },
    change: (runId: string) => Promise<unknown>,
  ): Promise<{ runs: number }> {
    const distinct = [...new Set(runIds)];
    for (const runId of distinct) await gate.pass(project, runId, asking);
    await Promise.all(distinct.map(change));
    return { runs: distinct.length };
  }

  return [
    defineRoute({
      ...shared,
      path: `${base}/bulk`,
      permission: "run:write",
      summary: "Sets or removes a tag of up to 1000 runs.",
      body: z.strictObject({ ids, order: tagging }),
      async handler({ params, body: { ids: runIds, order }, ...asking }) {
        return await each(runIds, { ...params, asking }, (runId) =>
          order.action === "tag"
            ? commands.logBatch({ runId, tags: [{ key: order.key, value: order.value }] })
            : commands.deleteRunTag({ runId, key: order.key }).catch(ignoreAbsentTag),
        );
      },
    }),
    defineRoute({
      ...shared,
      path: `${base}/bulk-state`,
      permission: "run:delete",
      summary: "Deletes or restores up to 1000 runs. What was deleted can be restored.",
      body: z.strictObject({ ids, order: ending }),
      async handler({ params, body: { ids: runIds, order }, principal, ...asking }) {
        const actor = principal.id;
        return await each(runIds, { ...params, asking }, (runId) =>
          order.action === "delete"
            ? commands.deleteRun({ runId, actor })
            : commands.restoreRun({ runId, actor }),
        );
      },
    }),
  ];
}

/** A run without the tag is as it should be. */
function ignoreAbsentTag(error: unknown): void {
  if (!(error instanceof Problem) || error.code !== "run_tag_not_found") throw error;
}
