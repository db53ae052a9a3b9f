import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import type { Ledger } from "#kernel/events";

import type { LineageCommands, Report, ReportedNode } from "./commands.ts";
import { nodeKey } from "./entities.ts";
import { insertReport, mergeEdge, mergeNode, mergeRun } from "./store/reports.ts";

/** Takes reports in: the report as it came, and what follows from it, in one transaction. */
export function createRecording(parts: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
}): LineageCommands {
  const { db, clock, ledger } = parts;
  return {
    record: async (report) =>
      await db.transaction(async () => {
        const { project, atMs, body, actor, run } = report;
        const id = digestOf(Buffer.from(`${project ?? ""}\n${body}`));
        const receivedAtMs = clock.nowMs();
        const runId = run?.runId ?? null;
        if (!(await insertReport(db, { id, project, atMs, receivedAtMs, body, actor, runId }))) return false;
        const scope = project ?? "";
        for (const node of inOrder(report)) await mergeNode(db, scope, node, atMs);
        for (const edge of report.edges) await mergeEdge(db, scope, edge, { runId, atMs });
        if (run === null || !(await mergeRun(db, scope, run, atMs))) return true;
        await ledger.append({
          kind: "lineage_run.reported",
          subject: run.runId,
          project,
          actor,
          data: {
            job: `${run.job.namespace}/${run.job.name}`,
            state: run.state ?? "OTHER",
            producer: report.producer,
          },
        });
        return true;
      }),
  };
}

/** Two reports that lock the same rows must do so in one order; the ends of edges are things too. */
function inOrder({ nodes, edges }: Report): readonly ReportedNode[] {
  const mentioned = edges.flatMap(({ origin, destination }) => [origin, destination]);
  const byKey = new Map<string, ReportedNode>();
  for (const node of mentioned) byKey.set(nodeKey(node), { ...node, facets: {} });
  for (const node of nodes) {
    const key = nodeKey(node);
    byKey.set(key, { ...node, facets: { ...byKey.get(key)?.facets, ...node.facets } });
  }
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, node]) => node);
}
