import { sql } from "kysely";

import type { Database } from "#kernel/db";

import type { ReportedEdge, ReportedNode, RunReport } from "../commands.ts";
import { nodeKey } from "../entities.ts";
import type { Facets, StoredReport } from "../entities.ts";
import { mergeFacets } from "../merging.ts";
import { nextRun } from "../run-states.ts";
import { toRun } from "./runs.ts";

/** False when it is there already. */
export async function insertReport(
  db: Database,
  report: StoredReport & { readonly actor: string; readonly runId: string | null },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db.query
    .insertInto("lineage_reports")
    .values({
      id: report.id,
      scope: report.project ?? "",
      at_ms: report.atMs,
      received_at_ms: report.receivedAtMs,
      run_id: report.runId,
      actor: report.actor,
      body: report.body,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0n) === 1;
}

/** Adds what a report says of a thing. The row is written before it is read, which locks it. */
export async function mergeNode(
  db: Database,
  scope: string,
  node: ReportedNode,
  atMs: number,
): Promise<void> {
  const key = nodeKey(node);
  await db.query
    .insertInto("lineage_nodes")
    .values({
      scope,
      node: key,
      kind: node.kind,
      namespace: node.namespace,
      name: node.name,
      facets: "{}",
      updated_at_ms: atMs,
    })
    .onConflict((conflict) => conflict.columns(["scope", "node"]).doUpdateSet({ node: sql`excluded.node` }))
    .execute();
  if (Object.keys(node.facets).length === 0) return;
  const row = await db.query
    .selectFrom("lineage_nodes")
    .select(["facets", "updated_at_ms"])
    .where("scope", "=", scope)
    .where("node", "=", key)
    .executeTakeFirstOrThrow();
  const kept: Facets = JSON.parse(row.facets);
  const facets = mergeFacets(kept, node.facets, atMs >= row.updated_at_ms);
  await db.query
    .updateTable("lineage_nodes")
    .set({ facets: JSON.stringify(facets), updated_at_ms: Math.max(atMs, row.updated_at_ms) })
    .where("scope", "=", scope)
    .where("node", "=", key)
    .execute();
}

export async function mergeEdge(
  db: Database,
  scope: string,
  edge: ReportedEdge,
  seen: { readonly runId: string | null; readonly atMs: number },
): Promise<void> {
  await db.query
    .insertInto("lineage_edges")
    .values({
      scope,
      origin: nodeKey(edge.origin),
      destination: nodeKey(edge.destination),
      origin_field: edge.originField ?? "",
      destination_field: edge.destinationField ?? "",
      run_id: seen.runId,
      last_seen_at_ms: seen.atMs,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["scope", "origin", "destination", "origin_field", "destination_field"])
        .doUpdateSet({ run_id: seen.runId, last_seen_at_ms: seen.atMs })
        .where("lineage_edges.last_seen_at_ms", "<=", seen.atMs),
    )
    .execute();
}

/** Takes a report of a run in; true when the run is new, or ends by it. */
export async function mergeRun(
  db: Database,
  scope: string,
  report: RunReport,
  atMs: number,
): Promise<boolean> {
  const { runId, job } = report;
  const added = await db.query
    .insertInto("lineage_runs")
    .values({
      scope,
      run_id: runId,
      job_namespace: job.namespace,
      job_name: job.name,
      state: "OTHER",
      parent_run_id: null,
      started_at_ms: null,
      ended_at_ms: null,
      updated_at_ms: 0,
      facets: "{}",
    })
    .onConflict((conflict) => conflict.columns(["scope", "run_id"]).doNothing())
    .executeTakeFirst();
  await db.query
    .updateTable("lineage_runs")
    .set({ run_id: runId })
    .where("scope", "=", scope)
    .where("run_id", "=", runId)
    .execute();
  const row = await db.query
    .selectFrom("lineage_runs")
    .selectAll()
    .where("scope", "=", scope)
    .where("run_id", "=", runId)
    .executeTakeFirstOrThrow();
  const before = toRun(row);
  const now = nextRun(before, report, atMs);
  await db.query
    .updateTable("lineage_runs")
    .set({
      state: now.state,
      parent_run_id: now.parentRunId,
      started_at_ms: now.startedAtMs,
      ended_at_ms: now.endedAtMs,
      updated_at_ms: Math.max(atMs, row.updated_at_ms),
      facets: JSON.stringify(mergeFacets(before.facets, report.facets, atMs >= row.updated_at_ms)),
    })
    .where("scope", "=", scope)
    .where("run_id", "=", runId)
    .execute();
  const isNew = Number(added.numInsertedOrUpdatedRows ?? 0n) === 1;
  return isNew || (before.endedAtMs === null && now.endedAtMs !== null);
}

/** Newest first by their own time. */
export async function listReports(
  db: Database,
  scopes: readonly string[],
  page: { readonly limit: number; readonly offset: number },
): Promise<{ readonly reports: readonly StoredReport[]; readonly total: number }> {
  const chosen = db.query.selectFrom("lineage_reports").where("scope", "in", [...scopes]);
  const rows = await chosen
    .selectAll()
    .orderBy("at_ms", "desc")
    .orderBy("id")
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const { total } = await chosen
    .select((select) => select.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  const reports = rows.map((row) => ({
    id: row.id,
    project: row.scope === "" ? null : row.scope,
    atMs: row.at_ms,
    receivedAtMs: row.received_at_ms,
    body: row.body,
  }));
  return { reports, total: Number(total) };
}
