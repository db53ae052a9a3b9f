import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";

import type { GraphNode, LineageGraph, NodeKind, NodeName, ReportedRun, StoredReport } from "./entities.ts";
import { mergeFacets } from "./merging.ts";
import { readOwnLineage } from "./own-lineage.ts";
import type { OwnLineage, OwnLineageParts } from "./own-lineage.ts";
import { problems } from "./problems.ts";
import { edgesAt, nodesOf, searchNodes } from "./store/graph.ts";
import { listReports } from "./store/reports.ts";
import { listRunsOfJob, listRunsWithin } from "./store/runs.ts";
import { walk } from "./walking.ts";

/** Whose lineage is looked at: some projects', and with `shared` what was reported without one. */
export interface Sight {
  readonly projects: readonly string[];
  readonly shared: boolean;
}

export interface LineageQuestions {
  /** Everything within `depth` steps of a node, reported and our own, in both directions. Throws `lineage_node_not_found`. */
  graph(sight: Sight, node: string, depth: number): Promise<LineageGraph>;
  /** Things whose name holds the text, reported and our own, by key. */
  searchNodes(
    sight: Sight,
    wanted: { readonly kind?: NodeKind | undefined; readonly text: string; readonly limit: number },
  ): Promise<readonly GraphNode[]>;
  /** The reported runs of a job, newest first. */
  runsOfJob(
    sight: Sight,
    job: Pick<NodeName, "namespace" | "name">,
    limit: number,
  ): Promise<readonly ReportedRun[]>;
  /** Runs of others that name this run as their parent: of a step of ours by the UUID others know it by. */
  runsWithin(sight: Sight, parentRunId: string): Promise<readonly ReportedRun[]>;
  /** Reports as they came, newest first. */
  listReports(
    sight: Sight,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<{ readonly reports: readonly StoredReport[]; readonly total: number }>;
}

export function createQuestions(parts: OwnLineageParts & { readonly db: Database }): LineageQuestions {
  const { db } = parts;
  const own = async ({ projects }: Sight): Promise<OwnLineage> => {
    const all = await Promise.all(projects.map(async (project) => await readOwnLineage(parts, project)));
    return {
      nodes: new Map(all.flatMap(({ nodes }) => [...nodes])),
      edges: all.flatMap(({ edges }) => edges),
    };
  };
  return {
    async graph(sight, node, depth) {
      const scopes = scopesOf(sight);
      const ours = await own(sight);
      const { nodes, edges, isCut } = await walk(node, depth, async (border) => {
        const asked = new Set(border);
        return [
          ...(await edgesAt(db, scopes, border)),
          ...ours.edges.filter(({ origin, destination }) => asked.has(origin) || asked.has(destination)),
        ];
      });
      const reported = await nodesOf(db, scopes, nodes);
      const found = nodes.flatMap((key) => both(ours.nodes.get(key), reported.get(key)));
      if (found.every(({ key }) => key !== node)) {
        throw new Problem(problems.lineage_node_not_found, {
          message: `Nothing has mentioned ${node}.`,
          data: { node },
        });
      }
      return { nodes: found, edges, isCut };
    },
    async searchNodes(sight, wanted) {
      const text = wanted.text.toLowerCase();
      const ours = await own(sight);
      const found = new Map<string, GraphNode>();
      for (const node of ours.nodes.values()) {
        const fits = wanted.kind === undefined || wanted.kind === node.kind;
        if (fits && node.name.toLowerCase().includes(text)) found.set(node.key, node);
      }
      for (const node of await searchNodes(db, scopesOf(sight), wanted)) {
        for (const joined of both(ours.nodes.get(node.key), node)) found.set(node.key, joined);
      }
      return [...found.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)).slice(0, wanted.limit);
    },
    runsOfJob: async (sight, job, limit) => await listRunsOfJob(db, scopesOf(sight), job, limit),
    runsWithin: async (sight, parentRunId) => await listRunsWithin(db, scopesOf(sight), parentRunId),
    listReports: async (sight, page) => await listReports(db, scopesOf(sight), page),
  };
}

function scopesOf({ projects, shared }: Sight): readonly string[] {
  return shared ? ["", ...projects] : projects;
}

/** Of a thing that both know, what we know ourselves comes first. */
function both(own: GraphNode | undefined, reported: GraphNode | undefined): readonly GraphNode[] {
  if (own === undefined) return reported === undefined ? [] : [reported];
  if (reported === undefined) return [own];
  return [{ ...own, facets: mergeFacets(reported.facets, own.facets, true) }];
}
