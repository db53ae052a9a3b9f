import { z } from "zod";

import { Problem } from "#kernel/errors";

import type { Run } from "./entities.ts";
import type { TrackingQuestions } from "./questions.ts";

export const runSummary = z
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

export const runDetail = runSummary
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
    /** Begun and never heard of again: probably what a repeated call left behind. */
    isGhost: z.boolean(),
    children: z.array(runSummary),
  })
  .meta({ id: "Run" });

const comparedCell = z.array(z.string().nullable());
export const comparison = z
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

/** A run with what belongs to it. */
export async function toDetail(tracking: TrackingQuestions, run: Run): Promise<z.input<typeof runDetail>> {
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
    isGhost: children.items.length === 0 && (await tracking.isGhost(run)),
    children: children.items.map(toSummary),
  };
}

/** A client may name a model that this server never saw. */
function ignoreAbsent(error: unknown): undefined {
  if (error instanceof Problem && error.kind === "not_found") return undefined;
  throw error;
}

export function toSummary(run: Run): z.input<typeof runSummary> {
  const { id, experimentId, name, status, startedAtMs, endedAtMs, actor, userName, params, tags } = run;
  const metrics = Object.fromEntries(Object.entries(run.metrics).map(([key, value]) => [key, finite(value)]));
  return { id, experimentId, name, status, startedAtMs, endedAtMs, actor, userName, params, metrics, tags };
}

/** NaN has no word in JSON. */
export function finite(value: number | null): number | null {
  return value === null || Number.isNaN(value) ? null : value;
}

/** Runs in columns: one row a key, one cell a run, and whether the cells differ. */
export function compareRuns(runs: readonly Run[]): z.input<typeof comparison> {
  return {
    runs: runs.map((run) => ({ ...toSummary(run), params: {}, metrics: {}, tags: {} })),
    params: sideBySide(runs.map((run) => run.params)),
    metrics: sideBySide(runs.map((run) => run.metrics)).map((row) => ({
      ...row,
      values: row.values.map(finite),
    })),
    tags: sideBySide(runs.map((run) => run.tags)),
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
