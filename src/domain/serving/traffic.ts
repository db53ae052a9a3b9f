import { z } from "zod";

import type { Blobs } from "#kernel/blobs";
import { readLogSql } from "#kernel/columnar";
import type { Analyst, LogTable } from "#kernel/columnar";
import type { Database } from "#kernel/db";

import type { TrafficPoint } from "./index.ts";
import type { DeploymentRow } from "./store.ts";

const pointRow = z.object({
  start_ms: z.number(),
  model_version: z.string(),
  role: z.string(),
  predictions: z.number(),
  positive_share: z.number(),
  latency_p95_ms: z.number(),
});

/** Predictions per step of event time, by version and role. */
export async function readTraffic(
  parts: { readonly db: Database; readonly blobs: Blobs; readonly analyst: Analyst },
  log: LogTable,
  deployment: DeploymentRow,
  range: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): Promise<TrafficPoint[]> {
  const { fromMs, toMs, stepMs } = range;
  const from = await readLogSql(parts, log, { fromMs, toMs });
  const rows = await parts.analyst.rows(
    `select (at_ms - at_ms % $1)::bigint as start_ms, model_version, role, count(*) as predictions,
       avg(decision) as positive_share, quantile_disc(latency_ms, 0.95) as latency_p95_ms
     from ${from} where deployment = $2 and at_ms >= $3 and at_ms < $4
     group by all order by start_ms, role, model_version`,
    [stepMs, deployment.id, fromMs, toMs],
    pointRow,
  );
  return rows.map((row) => ({
    startMs: row.start_ms,
    modelVersionId: row.model_version,
    role: row.role,
    predictions: row.predictions,
    positiveShare: row.positive_share,
    latencyP95Ms: row.latency_p95_ms,
  }));
}
