import type { TracesCommands } from "./commands.ts";
import type { OrderParts } from "./span-orders.ts";
import { linkPrompts, linkRun } from "./store/links.ts";
import { readTraces } from "./store/traces.ts";
import { invalid, limits, storable } from "./validation.ts";

export type LinkOrders = Pick<TracesCommands, "linkToRun" | "linkPrompts">;

/** What a trace has to do with: runs it was made by or judged in, prompts it used. */
export function createLinkOrders({ db, ledger, lookups }: OrderParts): LinkOrders {
  return {
    async linkToRun({ traceIds, runId, actor }) {
      if (traceIds.length > limits.linksPerRequest)
        throw invalid(
          `Cannot link more than ${limits.linksPerRequest} traces to a run in a single request. ` +
            `Provided ${traceIds.length} traces.`,
        );
      await db.transaction(async () => {
        const traces = await readTraces(db, traceIds);
        const [first] = traces;
        if (first === undefined) return;
        await linkRun(
          db,
          traces.map((trace) => trace.id),
          runId,
        );
        const data = { traces: traces.length };
        await ledger.append({ kind: "traces.linked", subject: runId, project: first.project, actor, data });
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
