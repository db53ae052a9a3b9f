import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

import { z } from "zod";

import { sqlName, sqlText } from "#kernel/columnar";

import type { LogSources } from "./outcome-log.ts";
import type { MonitoringPlan } from "./plan.ts";
import { inputSql, judgedSql } from "./window-query.ts";

export interface LabelledRowsQuestion {
  readonly project: string;
  /** By the time of the prediction. */
  readonly sinceMs?: number;
  /** Up to and including; outcomes count as known by then. */
  readonly untilMs: number;
  /** The CSV to write; its folder is made. */
  readonly path: string;
}

export interface LabelledRows {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly string[];
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

/**
 * Writes what was asked and what turned out to be true as rows to train on: the inputs as they were logged,
 * the charter's target, `prediction_id`, and `created_at` where the inputs hold no time of that name. Only
 * answers count, not shadows; the same inputs asked twice by the same unit are one row, with the latest truth.
 */
export async function writeLabelledRows(
  sources: LogSources,
  plan: MonitoringPlan,
  question: LabelledRowsQuestion,
): Promise<LabelledRows> {
  const { project, sinceMs = 0, untilMs, path } = question;
  const judged = await judgedSql(sources, { plan, fromMs: sinceMs, untilMs: untilMs + 1 });
  const kept = `labelled as (
    select * from judged where part = 'answered' and value is not null and at_ms >= ${Math.trunc(sinceMs)}
    qualify row_number() over (partition by unit, inputs order by at_ms desc, prediction_id desc) = 1)`;
  const rows = await sources.analyst.rows(
    `with ${judged}, ${kept}
     select count(*) as rows, min(at_ms) as from_ms, max(at_ms) as until_ms,
       (select list(distinct name order by name) from (select unnest(json_keys(inputs)) as name from labelled)) as inputs
     from labelled`,
    [project],
    z.object({
      rows: z.number(),
      from_ms: z.number().nullable(),
      until_ms: z.number().nullable(),
      inputs: z.array(z.string()).nullable(),
    }),
  );
  const found = rows[0];
  const inputs = (found?.inputs ?? []).filter((name) => name !== plan.target && name !== "prediction_id");
  const time = inputs.includes("created_at") ? [] : ["created_at"];
  const selected = [
    ...inputs.map((name) => `${inputSql(name)} as ${sqlName(name)}`),
    `value as ${sqlName(plan.target)}`,
    "prediction_id",
    ...time.map((name) => `strftime(make_timestamp(at_ms * 1000), '%Y-%m-%dT%H:%M:%SZ') as ${name}`),
  ];
  await mkdir(dirname(path), { recursive: true });
  // `copy` takes no parameters, so the project stands in the text.
  const sql = `with ${judged}, ${kept} select ${selected.join(", ")} from labelled order by at_ms, prediction_id`;
  await sources.analyst.run(
    `copy (${sql.replaceAll("$1", () => sqlText(project))}) to ${sqlText(path)} (format csv, header)`,
  );
  return {
    path,
    rows: found?.rows ?? 0,
    columns: [...inputs, plan.target, "prediction_id", ...time],
    fromMs: found?.from_ms ?? null,
    untilMs: found?.until_ms ?? null,
  };
}
