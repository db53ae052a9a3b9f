import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import { problems } from "./problems.ts";
import { base } from "./route-parts.ts";
import type { RouteParts } from "./route-parts.ts";

const order = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("delete") }),
  z.strictObject({ action: z.literal("restore") }),
  z.strictObject({ action: z.literal("tag"), key: z.string().min(1), value: z.string() }),
  z.strictObject({ action: z.literal("untag"), key: z.string().min(1) }),
]);

/** One order for many runs. Each run is changed on its own; sending the order again changes nothing more. */
export function bulkRoutes({ tracking, commands }: RouteParts): readonly Route[] {
  return [
    defineRoute({
      method: "POST",
      path: `${base}/bulk`,
      permission: "run:write",
      summary: "Tags, deletes or restores up to 1000 runs. What was deleted can be restored.",
      body: z.strictObject({ ids: z.array(z.string()).min(1).max(1_000), order }),
      response: z.object({ runs: z.number() }),
      async handler({ params, body, principal }) {
        const ids = [...new Set(body.ids)];
        for (const id of ids) {
          if ((await tracking.projectOfRun(id)) === params.project) continue;
          throw new Problem(problems.run_not_found, {
            message: `Run with id=${id} not found in the project ${params.project}`,
          });
        }
        const actor = principal.id;
        const change = async (runId: string): Promise<void> => {
          const wanted = body.order;
          if (wanted.action === "delete") await commands.deleteRun({ runId, actor });
          else if (wanted.action === "restore") await commands.restoreRun({ runId, actor });
          else if (wanted.action === "tag")
            await commands.logBatch({ runId, tags: [{ key: wanted.key, value: wanted.value }] });
          else await commands.deleteRunTag({ runId, key: wanted.key }).catch(ignoreAbsentTag);
        };
        await Promise.all(ids.map(change));
        return { runs: ids.length };
      },
    }),
  ];
}

/** A run without the tag is as it should be. */
function ignoreAbsentTag(error: unknown): void {
  if (!(error instanceof Problem) || error.code !== "run_tag_not_found") throw error;
}
