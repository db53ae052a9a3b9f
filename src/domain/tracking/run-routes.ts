import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { LifecycleState } from "./entities.ts";
import { problems } from "./problems.ts";
import { compareRuns, comparison, runDetail, runSummary, toDetail, toSummary } from "./run-presenter.ts";
import { base } from "./route-parts.ts";
import type { RouteParts } from "./route-parts.ts";
import type { Asking, RunGate } from "./run-gate.ts";
import type { RunTableSearch } from "./run-table.ts";

const mostCompared = 1_000;

/** Which runs: part of the query of every route that is about many. */
const searched = {
  filter: z.string().default(""),
  experiment: z.string().optional(),
  state: z.enum(["active", "deleted", "all"]).default("active"),
};

/** The table of runs, its groups and columns, one run, and several side by side. */
export function runRoutes({ tracking, table }: RouteParts, gate: RunGate): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: base,
      permission: "run:read",
      scope: "handler",
      summary: "Lists the runs of a project: filtered, ordered, with chosen fields.",
      query: z.object({
        ...searched,
        order: z.string().optional(),
        fields: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
        cursor: z.string().optional(),
        skip: z.coerce.number().int().min(0).max(10_000_000).default(0),
        total: z.stringbool().default(false),
      }),
      response: z.object({
        runs: z.array(runSummary),
        cursor: z.string().nullable(),
        /** How many runs there are in all; null when it was not asked for. */
        total: z.number().nullable(),
      }),
      async handler({ params, query, ...asking }) {
        const search = await searchOf(params.project, query, asking);
        const { fields } = query;
        const orderBy = query.order === undefined ? [] : splitOrder(query.order);
        const page = await table.page({
          ...search,
          orderBy,
          limit: query.limit,
          pageToken: query.cursor,
          skip: query.skip,
          fields: fields?.split(","),
        });
        return {
          runs: page.items.map(toSummary),
          cursor: page.nextPageToken ?? null,
          total: query.total ? await table.count(search) : null,
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/groups`,
      permission: "run:read",
      scope: "handler",
      summary: "Groups the runs of a search by a parameter, a tag or an attribute, the largest group first.",
      query: z.object({
        ...searched,
        by: z.string().min(1),
        limit: z.coerce.number().int().min(1).max(1_000).default(500),
      }),
      response: z.object({
        total: z.number(),
        groups: z.array(
          z.object({
            /** Null for the runs that have none. */
            value: z.string().nullable(),
            runs: z.number(),
            newestMs: z.number(),
          }),
        ),
      }),
      async handler({ params, query, ...asking }) {
        const search = await searchOf(params.project, query, asking);
        return {
          groups: [...(await table.groups({ ...search, by: query.by, limit: query.limit }))],
          total: await table.count(search),
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/columns`,
      permission: "run:read",
      scope: "handler",
      summary: "Names the parameters, metrics and tags that runs have, the most common first.",
      query: z.object({ experiment: z.string().optional() }),
      response: z.object({
        runs: z.number(),
        /** False while only the newest runs have been looked at: ask again in a moment. */
        complete: z.boolean(),
        columns: z.array(
          z.object({ kind: z.enum(["param", "metric", "tag"]), key: z.string(), runs: z.number() }),
        ),
      }),
      async handler({ params, query, ...asking }) {
        const all = { ...query, filter: "", state: "active" } as const;
        const found = await table.columns(await searchOf(params.project, all, asking));
        return { ...found, columns: [...found.columns] };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/runs/:run",
      permission: "run:read",
      scope: "handler",
      summary:
        "Says which project a run belongs to: the links that MLflow's clients print name only the run.",
      response: z.object({ id: z.string(), project: z.string().nullable(), experimentId: z.string() }),
      async handler({ params, ...asking }) {
        const { id, project, experimentId } = await tracking.getRun(params.run);
        await gate.passRun({ project, experimentId }, asking);
        return { id, project, experimentId };
      },
    }),
    defineRoute({
      method: "POST",
      path: `${base}/compare`,
      permission: "run:read",
      scope: "handler",
      summary: "Sets up to 1000 runs side by side: those named, or those a filter finds.",
      body: z.strictObject({
        ids: z.array(z.string()).max(mostCompared).optional(),
        filter: z.string().optional(),
        order: z.string().optional(),
        limit: z.number().int().min(1).max(mostCompared).default(100),
      }),
      response: comparison,
      async handler({ params, body, ...asking }) {
        const { ids, filter = "", order, limit } = body;
        const experimentIds = await gate.experimentsOf(params.project, asking);
        const search = { project: params.project, experimentIds, states: ["active", "deleted"] as const };
        if (ids === undefined) {
          const orderBy = order === undefined ? [] : splitOrder(order);
          const found = await table.page({ ...search, states: ["active"], filter, orderBy, limit });
          return compareRuns(found.items);
        }
        const wanted = [...new Set(ids)];
        if (wanted.length === 0) return compareRuns([]);
        const list = wanted.map((id) => `'${id.replaceAll("'", "''")}'`).join(", ");
        const found = await table.page({ ...search, filter: `run_id in (${list})`, limit: mostCompared });
        const byId = new Map(found.items.map((run) => [run.id, run]));
        return compareRuns(
          wanted.map((id) => {
            const run = byId.get(id);
            if (run !== undefined) return run;
            throw new Problem(problems.run_not_found, {
              message: `Run with id=${id.slice(0, 80)} not found in the project ${params.project}`,
            });
          }),
        );
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run`,
      permission: "run:read",
      scope: "handler",
      summary: "Shows one run: parameters, latest metrics, inputs, models, children.",
      response: runDetail,
      async handler({ params, ...asking }) {
        const run = await gate.runOf(params.project, params.run, asking);
        return await toDetail(tracking, run);
      },
    }),
  ];

  /** Of the experiments asked for, those the visitor may see. */
  async function searchOf(
    project: string,
    { filter, experiment, state }: Searched,
    asking: Asking,
  ): Promise<RunTableSearch> {
    const visible = await gate.experimentsOf(project, asking);
    return {
      project,
      filter,
      states: state === "all" ? ["active", "deleted"] : [state],
      experimentIds: experiment === undefined ? visible : visible.filter((id) => id === experiment),
    };
  }
}

interface Searched {
  readonly filter: string;
  readonly experiment?: string | undefined;
  readonly state: LifecycleState | "all";
}

/** `metrics.auc DESC, start_time`: no key holds a comma. */
function splitOrder(order: string): string[] {
  return order
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
