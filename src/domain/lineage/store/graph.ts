import { sql } from "kysely";

import type { Database } from "#kernel/db";

import type { GraphEdge, GraphNode, NodeKind } from "../entities.ts";
import { mergeFacets } from "../merging.ts";
import type { EdgeRow, NodeRow } from "./schema.ts";

const askedAtOnce = 400;

/** The edges at any of the nodes, on either side. */
export async function edgesAt(
  db: Database,
  scopes: readonly string[],
  nodes: readonly string[],
): Promise<readonly GraphEdge[]> {
  const found: EdgeRow[] = [];
  for (let start = 0; start < nodes.length; start += askedAtOnce) {
    const some = nodes.slice(start, start + askedAtOnce);
    for (const side of ["origin", "destination"] as const) {
      found.push(
        ...(await db.query
          .selectFrom("lineage_edges")
          .selectAll()
          .where("scope", "in", [...scopes])
          .where(side, "in", some)
          .orderBy("last_seen_at_ms", "desc")
          .execute()),
      );
    }
  }
  return found.map((row) => ({
    origin: row.origin,
    destination: row.destination,
    originField: row.origin_field === "" ? null : row.origin_field,
    destinationField: row.destination_field === "" ? null : row.destination_field,
    runId: row.run_id,
    lastSeenAtMs: row.last_seen_at_ms,
  }));
}

/** By key; what several projects say of one thing is put together, the newest first. */
export async function nodesOf(
  db: Database,
  scopes: readonly string[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, GraphNode>> {
  const found = new Map<string, GraphNode>();
  for (let start = 0; start < keys.length; start += askedAtOnce) {
    const rows = await db.query
      .selectFrom("lineage_nodes")
      .selectAll()
      .where("scope", "in", [...scopes])
      .where("node", "in", keys.slice(start, start + askedAtOnce))
      .orderBy("updated_at_ms")
      .execute();
    for (const row of rows) found.set(row.node, joined(found.get(row.node), toNode(row)));
  }
  return found;
}

/** Things whose name holds the text, in the order of their keys. */
export async function searchNodes(
  db: Database,
  scopes: readonly string[],
  wanted: { readonly kind?: NodeKind | undefined; readonly text: string; readonly limit: number },
): Promise<readonly GraphNode[]> {
  let query = db.query
    .selectFrom("lineage_nodes")
    .selectAll()
    .where("scope", "in", [...scopes]);
  if (wanted.kind !== undefined) query = query.where("kind", "=", wanted.kind);
  if (wanted.text !== "") {
    const pattern = `%${wanted.text.toLowerCase().replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
    query = query.where(sql<boolean>`lower(name) like ${pattern} escape '\\'`);
  }
  const rows = await query.orderBy("node").orderBy("updated_at_ms").limit(wanted.limit).execute();
  const found = new Map<string, GraphNode>();
  for (const row of rows) found.set(row.node, joined(found.get(row.node), toNode(row)));
  return [...found.values()];
}

function joined(before: GraphNode | undefined, now: GraphNode): GraphNode {
  return before === undefined ? now : { ...now, facets: mergeFacets(before.facets, now.facets, true) };
}

function toNode(row: NodeRow): GraphNode {
  return {
    key: row.node,
    kind: row.kind === "job" ? "job" : "dataset",
    namespace: row.namespace,
    name: row.name,
    facets: JSON.parse(row.facets),
    updatedAtMs: row.updated_at_ms,
    link: null,
  };
}
