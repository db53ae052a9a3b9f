import type { TracesCommands } from "./commands.ts";
import type { OrderParts } from "./span-orders.ts";
import { linkLater, linkPrompts, linkRun } from "./store/links.ts";
import { readTraces } from "./store/traces.ts";
import { checkTraceId, invalid, limits, storable } from "./validation.ts";

export type LinkOrders = Pick<TracesCommands, "linkToRun" | "linkPrompts">;

/** What a trace has to do with: runs it was made by or judged in, prompts it used. */
export function createLinkOrders({ db, ledger, lookups }: OrderParts): LinkOrders {
  return {
    async linkToRun({ traceIds, runId, project, actor }) {
      if (traceIds.length > limits.linksPerRequest)
        throw invalid(
          `Cannot link more than ${limits.linksPerRequest} traces to a run in a single request. ` +
            `Provided ${traceIds.length} traces.`,
        );
      if (traceIds.length === 0) return;
      await db.transaction(async () => {
        const traces = await readTraces(db, traceIds);
        const known = new Set(traces.map((trace) => trace.trace_id));
        const missing = traceIds.filter((id) => !known.has(id)).map(checkTraceId);
        await linkLater(db, missing, runId, project ?? "");
        await linkRun(
          db,
          traces.map((trace) => trace.id),
          runId,
        );
        const data = { traces: traces.length + missing.length };
        await ledger.append({ kind: "traces.linked", subject: runId, project, actor, data });
      });
    },
    async linkPrompts({ traceId, prompts, actor }) {
      if (prompts.length === 0) return;
      const names = prompts.map(({ name, version }) => storable(`${name}/${version}`).slice(0, 500));
      await db.transaction(async () => {
        const trace = await lookups.trace(traceId);
        await linkPrompts(db, trace.id, names);
        const data = { prompts: names };
        await ledger.append({
          kind: "trace.prompts_linked",
          subject: traceId,
          project: trace.project,
          actor,
          data,
        });
      });
    },
  };
}
