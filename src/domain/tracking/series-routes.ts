import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { MetricSeries } from "./entities.ts";
import { problems } from "./problems.ts";
import { base } from "./route-parts.ts";
import type { RouteParts } from "./route-parts.ts";
import type { RunGate } from "./run-gate.ts";

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

/** A series as columns: a third of the bytes, and what a chart draws. */
const columns = z
  .object({
    run: z.string(),
    key: z.string(),
    axis: z.enum(["step", "time"]),
    points: z.number(),
    step: z.array(z.number()),
    atMs: z.array(z.number()),
    min: z.array(z.number().nullable()),
    max: z.array(z.number().nullable()),
    last: z.array(z.number().nullable()),
    count: z.array(z.number()),
  })
  .meta({ id: "MetricColumns" });

const mostBuckets = 1_500;
const mostSeries = 400;

const stretch = {
  points: z.coerce.number().int().min(1).max(mostBuckets).default(mostBuckets),
  axis: z.enum(["step", "time", "relative"]).optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
};

/** Metrics over steps or time. Every stretch keeps its extremes, however few stretches are asked for. */
export function seriesRoutes({ tracking }: RouteParts, gate: RunGate): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: `${base}/series`,
      permission: "run:read",
      scope: "handler",
      summary: "Gives several metrics of several runs, each in few stretches with min, max and last.",
      query: z.object({ ...stretch, runs: z.string(), metrics: z.string() }),
      response: z.object({ series: z.array(columns) }),
      async handler({ params, query, ...asking }) {
        const { runs, metrics, points, ...range } = query;
        const ids = [...new Set(runs.split(","))];
        const keys = [...new Set(metrics.split(","))];
        if (ids.length * keys.length > mostSeries)
          throw new Problem(problems.tracking_value_invalid, {
            message: `At most ${mostSeries} series are given at once; this asks for ${ids.length * keys.length}.`,
          });
        const series: z.input<typeof columns>[] = [];
        for (const id of ids) {
          await gate.pass(params.project, id, asking);
          for (const key of keys)
            series.push(toColumns(id, await tracking.metricSeries(id, key, { ...range, buckets: points })));
        }
        return { series };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run/metrics/:key`,
      permission: "run:read",
      scope: "handler",
      summary: "Gives the series of a metric in at most 1500 buckets with min, max and last.",
      query: z.object(stretch),
      response: series,
      async handler({ params, query, ...asking }) {
        const { points, ...range } = query;
        await gate.pass(params.project, params.run, asking);
        return await tracking.metricSeries(params.run, params.key, { ...range, buckets: points });
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run/series`,
      permission: "run:read",
      scope: "handler",
      summary: "As the series of one metric, for a key that holds slashes.",
      query: z.object({ ...stretch, key: z.string() }),
      response: series,
      async handler({ params, query, ...asking }) {
        const { points, key, ...range } = query;
        await gate.pass(params.project, params.run, asking);
        return await tracking.metricSeries(params.run, key, { ...range, buckets: points });
      },
    }),
  ];
}

function toColumns(run: string, { key, axis, points, buckets }: MetricSeries): z.input<typeof columns> {
  return {
    run,
    key,
    axis,
    points,
    step: buckets.map((bucket) => bucket.toStep),
    atMs: buckets.map((bucket) => bucket.toMs),
    min: buckets.map((bucket) => bucket.min),
    max: buckets.map((bucket) => bucket.max),
    last: buckets.map((bucket) => bucket.last),
    count: buckets.map((bucket) => bucket.count),
  };
}
