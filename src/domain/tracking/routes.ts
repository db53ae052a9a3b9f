import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRawRoute, defineRoute, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Run } from "./entities.ts";
import { problems } from "./problems.ts";
import type { TrackingQuestions } from "./questions.ts";

const runSummary = z
  .object({
    id: z.string(),
    experimentId: z.string(),
    name: z.string(),
    status: z.enum(["running", "scheduled", "finished", "failed", "killed"]),
    startedAtMs: z.number(),
    endedAtMs: z.number().nullable(),
    actor: z.string(),
    userName: z.string(),
    params: z.record(z.string(), z.string()),
    /** NaN travels as null: JSON has no other word for it. */
    metrics: z.record(z.string(), z.number().nullable()),
    tags: z.record(z.string(), z.string()),
  })
  .meta({ id: "RunSummary" });

const runDetail = runSummary
  .extend({
    project: z.string().nullable(),
    experimentName: z.string(),
    state: z.enum(["active", "deleted"]),
    artifactRoot: z.string(),
    latestMetrics: z.array(
      z.object({ key: z.string(), value: z.number().nullable(), atMs: z.number(), step: z.number() }),
    ),
    inputs: z.array(
      z.object({
        name: z.string(),
        digest: z.string(),
        sourceType: z.string(),
        source: z.string(),
        context: z.string().nullable(),
      }),
    ),
    models: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        modelType: z.string(),
        status: z.string(),
        step: z.number(),
      }),
    ),
    parentRunId: z.string().nullable(),
    children: z.array(runSummary),
  })
  .meta({ id: "Run" });

const series = z
  .object({
    key: z.string(),
    axis: z.enum(["step", "time"]),
    points: z.number(),
    buckets: z
      .array(
        z.object({
          fromStep: z.number(),
          toStep: z.number(),
          fromMs: z.number(),
          toMs: z.number(),
          count: z.number(),
          min: z.number().nullable(),
          max: z.number().nullable(),
          last: z.number().nullable(),
        }),
      )
      .readonly(),
  })
  .meta({ id: "MetricSeries" });

const comparedCell = z.array(z.string().nullable());
const comparison = z
  .object({
    runs: z.array(runSummary),
    /** One cell per run, in the order asked; `differs` when they are not all the same. */
    params: z.array(z.object({ key: z.string(), values: comparedCell, differs: z.boolean() })),
    metrics: z.array(
      z.object({ key: z.string(), values: z.array(z.number().nullable()), differs: z.boolean() }),
    ),
    tags: z.array(z.object({ key: z.string(), values: comparedCell, differs: z.boolean() })),
  })
  .meta({ id: "RunComparison" });

const mostBuckets = 1_500;
const mostCompared = 50;
const base = "/api/v1/projects/:project/runs";

/** The routes of the product's own interface; MLflow's are in `protocols/mlflow`. */
export function createRoutes(tracking: TrackingQuestions): readonly Route[] {
  const runOf = async (project: string, runId: string): Promise<Run> => {
    const run = await tracking.getRun(runId);
    if (run.project === project) return run;
    throw new Problem(problems.run_not_found, {
      message: `Run with id=${runId} not found in the project ${project}`,
    });
  };

  return [
    defineRoute({
      method: "GET",
      path: base,
      permission: "run:read",
      summary: "Lists the runs of a project: filtered, ordered, with chosen columns.",
      query: z.object({
        filter: z.string().default(""),
        order: z.string().optional(),
        columns: z.string().optional(),
        experiment: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
        cursor: z.string().optional(),
      }),
      response: z.object({ runs: z.array(runSummary), cursor: z.string().nullable() }),
      async handler({ params, query }) {
        const page = await tracking.searchRuns({
          project: params.project,
          filter: query.filter,
          orderBy: query.order === undefined ? [] : [query.order],
          ...(query.experiment === undefined ? {} : { experimentIds: [query.experiment] }),
          limit: query.limit,
          pageToken: query.cursor,
        });
        const columns = query.columns === undefined ? undefined : query.columns.split(",");
        return {
          runs: page.items.map((run) => onlyColumns(toSummary(run), columns)),
          cursor: page.nextPageToken ?? null,
        };
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
      async handler({ params, allow }) {
        const { id, project, experimentId } = await tracking.getRun(params.run);
        await allow(project ?? undefined);
        return { id, project, experimentId };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/compare`,
      permission: "run:read",
      summary: "Sets up to 50 runs side by side.",
      query: z.object({ ids: z.string() }),
      response: comparison,
      async handler({ params, query }) {
        const ids = [...new Set(query.ids.split(",").filter((id) => id !== ""))].slice(0, mostCompared);
        const runs = await Promise.all(ids.map((id) => runOf(params.project, id)));
        return {
          runs: runs.map(toSummary),
          params: sideBySide(runs.map((run) => run.params)),
          metrics: sideBySide(runs.map((run) => run.metrics)).map((row) => ({
            ...row,
            values: row.values.map(finite),
          })),
          tags: sideBySide(runs.map((run) => run.tags)),
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run`,
      permission: "run:read",
      summary: "Shows one run: parameters, latest metrics, inputs, models, children.",
      response: runDetail,
      async handler({ params }) {
        const run = await runOf(params.project, params.run);
        return await toDetail(tracking, run);
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run/metrics/:key`,
      permission: "run:read",
      summary: "Gives the series of a metric in at most 1500 buckets with min, max and last.",
      query: z.object({ points: z.coerce.number().int().min(1).max(mostBuckets).default(mostBuckets) }),
      response: series,
      async handler({ params, query }) {
        const run = await runOf(params.project, params.run);
        return await tracking.metricSeries(run.id, params.key, { buckets: query.points });
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run/series`,
      permission: "run:read",
      summary: "As the series of one metric, for a key that holds slashes.",
      query: z.object({
        key: z.string(),
        points: z.coerce.number().int().min(1).max(mostBuckets).default(mostBuckets),
      }),
      response: series,
      async handler({ params, query }) {
        const run = await runOf(params.project, params.run);
        return await tracking.metricSeries(run.id, query.key, { buckets: query.points });
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run/artifacts`,
      permission: "run:read",
      summary: "Lists one folder of a run's files.",
      query: z.object({ path: z.string().default("") }),
      response: z.object({
        entries: z.array(
          z.object({
            path: z.string(),
            isFolder: z.boolean(),
            sizeBytes: z.number().nullable(),
            digest: z.string().nullable(),
          }),
        ),
      }),
      async handler({ params, query }) {
        const run = await runOf(params.project, params.run);
        return { entries: [...(await tracking.listArtifacts(run.id, query.path))] };
      },
    }),
    defineRawRoute({
      method: ["GET", "HEAD"],
      path: `${base}/:run/artifacts/content`,
      permission: "run:read",
      summary: "Downloads one file of a run, in whole or by range.",
      async handler({ params, query, reply }) {
        const run = await runOf(params.project, params.run);
        const path = typeof query["path"] === "string" ? query["path"] : "";
        const file = await tracking.openArtifact(run.id, path);
        return await sendBlob(reply, { ...file, fileName: path.slice(path.lastIndexOf("/") + 1) });
      },
    }),
  ];
}

async function toDetail(tracking: TrackingQuestions, run: Run): Promise<z.input<typeof runDetail>> {
  const experiment = await tracking.getExperiment(run.experimentId);
  const children = await tracking.searchRuns({
    experimentIds: [run.experimentId],
    filter: `tags.mlflow.parentRunId = '${run.id}'`,
    limit: 100,
  });
  const models = await Promise.all(
    run.modelOutputs.map(async ({ modelId, step }) => {
      const model = await tracking.getLoggedModel(modelId, { allowDeleted: true }).catch(ignoreAbsent);
      return {
        id: modelId,
        name: model?.name ?? "",
        modelType: model?.modelType ?? "",
        status: model?.status ?? "unknown",
        step,
      };
    }),
  );
  return {
    ...toSummary(run),
    project: run.project,
    experimentName: experiment.name,
    state: run.state,
    artifactRoot: run.artifactRoot,
    latestMetrics: run.latestMetrics.map((point) => ({ ...point, value: finite(point.value) })),
    inputs: run.inputs.map(({ dataset, tags }) => ({
      name: dataset.name,
      digest: dataset.digest,
      sourceType: dataset.sourceType,
      source: dataset.source,
      context: tags["mlflow.data.context"] ?? null,
    })),
    models,
    parentRunId: run.tags["mlflow.parentRunId"] ?? null,
    children: children.items.map(toSummary),
  };
}

/** A client may name a model that this server never saw. */
function ignoreAbsent(error: unknown): undefined {
  if (error instanceof Problem && error.kind === "not_found") return undefined;
  throw error;
}

function toSummary(run: Run): z.input<typeof runSummary> {
  const { id, experimentId, name, status, startedAtMs, endedAtMs, actor, userName, params, tags } = run;
  const metrics = Object.fromEntries(Object.entries(run.metrics).map(([key, value]) => [key, finite(value)]));
  return { id, experimentId, name, status, startedAtMs, endedAtMs, actor, userName, params, metrics, tags };
}

function finite(value: number | null): number | null {
  return value === null || Number.isNaN(value) ? null : value;
}

/** `metrics.auc,params.depth`: only these of the three maps; all of them when nothing was chosen. */
function onlyColumns(
  run: z.input<typeof runSummary>,
  columns: readonly string[] | undefined,
): z.input<typeof runSummary> {
  if (columns === undefined) return run;
  const pick = <Value>(map: Readonly<Record<string, Value>>, prefix: string): Record<string, Value> =>
    Object.fromEntries(Object.entries(map).filter(([key]) => columns.includes(`${prefix}.${key}`)));
  return {
    ...run,
    params: pick(run.params, "params"),
    metrics: pick(run.metrics, "metrics"),
    tags: pick(run.tags, "tags"),
  };
}

function sideBySide<Value>(
  maps: readonly Readonly<Record<string, Value>>[],
): { key: string; values: (Value | null)[]; differs: boolean }[] {
  const keys = [...new Set(maps.flatMap((map) => Object.keys(map)))].toSorted();
  return keys.map((key) => {
    const values = maps.map((map) => (Object.hasOwn(map, key) ? (map[key] ?? null) : null));
    return { key, values, differs: values.some((value) => !Object.is(value, values[0])) };
  });
}
