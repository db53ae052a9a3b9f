import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { insertRows } from "#kernel/search";

export async function linkRun(db: Database, traces: readonly number[], runId: string): Promise<void> {
  await insertRows(
    db,
    "trace_runs (trace, run_id)",
    traces.map((trace) => [trace, runId]),
    "(trace, run_id) do nothing",
  );
}

/** A prompt is `name/version`. */
export async function linkPrompts(db: Database, trace: number, prompts: readonly string[]): Promise<void> {
  await insertRows(
    db,
    "trace_prompts (trace, prompt)",
    prompts.map((prompt) => [trace, prompt]),
    "(trace, prompt) do nothing",
  );
}

/** Links traces that have not come yet; `project` is the run's, "" for none. */
export async function linkLater(
  db: Database,
  traceIds: readonly string[],
  runId: string,
  project: string,
): Promise<void> {
  await insertRows(
    db,
    "trace_pending_runs (trace_id, run_id, project)",
    traceIds.map((traceId) => [traceId, runId, project]),
    "(trace_id, run_id) do nothing",
  );
}

/** Makes the links that waited for a trace. A link from another project is forgotten: nobody asked there. */
export async function takeLinks(
  db: Database,
  trace: { readonly id: number; readonly trace_id: string; readonly project: string | null },
): Promise<void> {
  await sql`insert into trace_runs (trace, run_id) select cast(${trace.id} as bigint), run_id from trace_pending_runs
    where trace_id = ${trace.trace_id} and project = ${trace.project ?? ""} on conflict (trace, run_id) do nothing`.execute(
    db.query,
  );
  await sql`delete from trace_pending_runs where trace_id = ${trace.trace_id}`.execute(db.query);
}
