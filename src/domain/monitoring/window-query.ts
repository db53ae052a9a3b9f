import { z } from "zod";

import { readLogSql, sqlText } from "#kernel/columnar";

import { latestOutcomesSql } from "./outcome-log.ts";
import type { LogSources } from "./outcome-log.ts";
import { slowMs } from "./plan.ts";
import type { MonitoringPlan } from "./plan.ts";
import { latencyShares } from "./windows.ts";
import type { WindowCounts } from "./windows.ts";

export interface WindowQuestion {
  readonly project: string;
  readonly plan: MonitoringPlan;
  /** The start of a window. */
  readonly fromMs: number;
  /** Only what was logged before it counts, so that the same log and time give the same answer. */
  readonly untilMs: number;
}

/**
 * Counts all windows of all releases and segments in one pass over the log: predictions joined with their
 * latest outcome. A shadow's prediction is joined with the outcome of the answer given to the same row of
 * the same request.
 */
export async function countWindows(sources: LogSources, question: WindowQuestion): Promise<WindowCounts[]> {
  const { project, plan, fromMs, untilMs } = question;
  const sql = `with ${await judgedSql(sources, question)}
    select coalesce(release, '') as release, coalesce(model_version, '') as model_version, part as role, segment, start_ms,
      count(*) as predictions, count(value) as outcomes,
      count(*) filter (decision = 1 and value = $2) as true_positive,
      count(*) filter (decision = 1 and value <> $2) as false_positive,
      count(*) filter (decision = 0 and value = $2) as false_negative,
      count(*) filter (decision = 0 and value <> $2) as true_negative,
      count(*) filter (decision = 1) as decisions,
      count(*) filter (latency_ms > ${slowMs(plan) ?? Number.MAX_VALUE}) as slow,
      quantile_disc(latency_ms, [${latencyShares.join(", ")}]) as latency
    from (select *, unnest([${segmentLabels(plan).join(", ")}]) as segment from judged)
    group by grouping sets ((start_ms, part, segment, release, model_version), (start_ms, part, segment))
    having grouping(release) = 0 or part = 'answered'
    order by start_ms, release, segment`;
  const rows = await sources.analyst.rows(sql, [project, plan.positive], rowSchema);
  return rows.map((row) => toCounts(row, untilMs)).filter(({ startMs }) => startMs >= fromMs);
}

/**
 * The common part of questions about what became of predictions: `judged` has a row per prediction with
 * `part` (answered or shadow) and `value`, its outcome or null. `$1` is the project.
 */
export async function judgedSql(
  sources: LogSources,
  { plan, fromMs, untilMs }: Omit<WindowQuestion, "project">,
): Promise<string> {
  const period = { fromMs, toMs: untilMs };
  return `logged as (
      select *, at_ms // ${plan.windowMs} * ${plan.windowMs} as start_ms,
        case role when 'shadow' then 'shadow' else 'answered' end as part,
        case role when 'shadow' then request_id end as heard_request
      from ${await readLogSql(sources, sources.predictions, period)}
      where project = $1 and role in ('live', 'canary', 'shadow')
    ),
    answers as (
      select request_id, request_row, arg_max(prediction_id, at_ms) as answer_id
      from logged where part = 'answered' group by request_id, request_row
    ),
    latest as ${await latestOutcomesSql(sources, { fromMs, untilMs })},
    judged as (
      select logged.*, latest.value, latest.observed_at_ms
      from logged
      left join answers on answers.request_id = logged.heard_request and answers.request_row = logged.request_row
      left join latest on latest.prediction_id = coalesce(answers.answer_id, logged.prediction_id)
    )`;
}

/** The value of an input, as text. */
export function inputSql(column: string): string {
  return `json_extract_string(inputs, ${sqlText(`$."${column.replaceAll('"', '\\"')}"`)})`;
}

export function segmentName(column: string, value: string): string {
  return `${column}=${value}`;
}

function segmentLabels(plan: MonitoringPlan): string[] {
  const labels = plan.segments.map(
    (column) => `${sqlText(segmentName(column, ""))} || coalesce(${inputSql(column)}, '(missing)')`,
  );
  return ["''", ...labels];
}

const rowSchema = z.object({
  release: z.string(),
  model_version: z.string(),
  role: z.enum(["answered", "shadow"]),
  segment: z.string(),
  start_ms: z.number(),
  predictions: z.number(),
  outcomes: z.number(),
  true_positive: z.number(),
  false_positive: z.number(),
  false_negative: z.number(),
  true_negative: z.number(),
  decisions: z.number(),
  slow: z.number(),
  latency: z.array(z.number()).nullable(),
});

function toCounts(row: z.infer<typeof rowSchema>, asOfMs: number): WindowCounts {
  return {
    releaseId: row.release,
    modelVersionId: row.model_version,
    role: row.role,
    segment: row.segment,
    startMs: row.start_ms,
    predictions: row.predictions,
    outcomes: row.outcomes,
    truePositive: row.true_positive,
    falsePositive: row.false_positive,
    falseNegative: row.false_negative,
    trueNegative: row.true_negative,
    decisions: row.decisions,
    slow: row.slow,
    latencyQuantilesMs: row.latency ?? [],
    restated: 0,
    asOfMs,
  };
}
