import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route, Visit } from "#kernel/http";
import type { Lineage } from "#lineage";

import { presentGraph, presentNode, presentRun } from "./present.ts";

const tags = ["lineage"];
const permission = "project:read";

const facets = z.record(z.string(), z.unknown());

const data = z.object({
  id: z.object({ namespace: z.string(), name: z.string() }),
  namespace: z.string(),
  name: z.string(),
  updatedAt: z.string(),
  facets,
  /** Where it is shown here, for what is ours. */
  link: z.string().nullable(),
});

const edge = z.object({ origin: z.string(), destination: z.string() });
const type = z.enum(["JOB", "DATASET"]);

const node = z.object({ id: z.string(), type, data }).meta({ id: "LineageNode" });

const graph = z
  .object({
    graph: z.array(node.extend({ inEdges: z.array(edge), outEdges: z.array(edge) })),
    columns: z.array(
      edge.extend({ originField: z.string().nullable(), destinationField: z.string().nullable() }),
    ),
    isCut: z.boolean(),
  })
  .meta({ id: "LineageGraph" });

const run = z
  .object({
    id: z.string(),
    job: z.object({ namespace: z.string(), name: z.string() }),
    state: z.string(),
    parentId: z.string().nullable(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    facets,
  })
  .meta({ id: "LineageRun" });

export interface AskingParts {
  readonly lineage: Lineage;
  listProjects(): Promise<readonly string[]>;
}

/** Questions over lineage. The graph and the list of events have the paths and the forms of Marquez. */
export function createAskingRoutes({ lineage, listProjects }: AskingParts): readonly Route[] {
  /** One project, or all that the asker may read; with what belongs to none when they may read everything. */
  const sightOf = async (visit: Visit, project: string | undefined) => {
    const shared = await mayReadAll(visit);
    if (project !== undefined) {
      await visit.allow(project);
      return { projects: [project], shared };
    }
    const all = await listProjects();
    return { projects: await visit.onlyAllowed(all, (name) => name), shared };
  };
  const page = {
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
    project: z.string().optional(),
  };
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/lineage",
      permission,
      scope: "handler",
      summary: "What a job or a data set comes from and what comes from it, within some steps",
      tags,
      query: z.object({
        nodeId: z.string().min(1),
        depth: z.coerce.number().int().min(0).max(100).default(20),
        project: z.string().optional(),
      }),
      response: graph,
      async handler(visit) {
        const { nodeId, depth, project } = visit.query;
        return presentGraph(await lineage.graph(await sightOf(visit, project), nodeId, depth));
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/lineage/nodes",
      permission,
      scope: "handler",
      summary: "Jobs and data sets whose name holds a text",
      tags,
      query: z.object({
        ...page,
        text: z.string().max(500).default(""),
        type: type.optional(),
      }),
      response: z.object({ nodes: z.array(node) }),
      async handler(visit) {
        const { text, limit, project } = visit.query;
        const kind =
          visit.query.type === undefined ? undefined : visit.query.type === "JOB" ? "job" : "dataset";
        const found = await lineage.searchNodes(await sightOf(visit, project), { kind, text, limit });
        return { nodes: found.map(presentNode) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/lineage/runs",
      permission,
      scope: "handler",
      summary: "Reported runs: of a job, or those that ran within another",
      tags,
      query: z.object({
        ...page,
        namespace: z.string().default(""),
        name: z.string().default(""),
        parent: z.string().optional(),
      }),
      response: z.object({ runs: z.array(run) }),
      async handler(visit) {
        const { namespace, name, parent, limit, project } = visit.query;
        const sight = await sightOf(visit, project);
        const runs =
          parent === undefined
            ? await lineage.runsOfJob(sight, { namespace, name }, limit)
            : await lineage.runsWithin(sight, parent);
        return { runs: runs.map(presentRun) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/events/lineage",
      permission,
      scope: "handler",
      summary: "Events as they were reported, newest first",
      tags,
      query: z.object({ ...page, offset: z.coerce.number().int().min(0).default(0) }),
      response: z.object({ events: z.array(z.unknown()), totalCount: z.number() }),
      async handler(visit) {
        const { limit, offset, project } = visit.query;
        const sight = await sightOf(visit, project);
        const { reports, total } = await lineage.listReports(sight, { limit, offset });
        return { events: reports.map(({ body }): unknown => JSON.parse(body)), totalCount: total };
      },
    }),
  ];
}

async function mayReadAll({ allow }: Visit): Promise<boolean> {
  try {
    await allow();
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}
