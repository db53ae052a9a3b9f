import type { Database } from "#kernel/db";

import type { NodeName, ReportedRun, ReportedRunState } from "../entities.ts";
import type { RunRow } from "./schema.ts";

/** The runs of a job, newest first. */
export async function listRunsOfJob(
  db: Database,
  scopes: readonly string[],
  job: Pick<NodeName, "namespace" | "name">,
  limit: number,
): Promise<readonly ReportedRun[]> {
  const rows = await db.query
    .selectFrom("lineage_runs")
    .selectAll()
    .where("scope", "in", [...scopes])
    .where("job_namespace", "=", job.namespace)
    .where("job_name", "=", job.name)
    .orderBy("updated_at_ms", "desc")
    .orderBy("run_id", "desc")
    .limit(limit)
    .execute();
  return rows.map(toRun);
}

/** What ran within a run: a step of ours, or a run of another system. */
export async function listRunsWithin(
  db: Database,
  scopes: readonly string[],
  parentRunId: string,
): Promise<readonly ReportedRun[]> {
  const rows = await db.query
    .selectFrom("lineage_runs")
    .selectAll()
    .where("scope", "in", [...scopes])
    .where("parent_run_id", "=", parentRunId)
    .orderBy("started_at_ms")
    .orderBy("run_id")
    .execute();
  return rows.map(toRun);
}

export function toRun(row: RunRow): ReportedRun {
  return {
    runId: row.run_id,
    job: { kind: "job", namespace: row.job_namespace, name: row.job_name },
    state: toState(row.state),
    parentRunId: row.parent_run_id,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    facets: JSON.parse(row.facets),
  };
}

const states: readonly ReportedRunState[] = ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"];

function toState(text: string): ReportedRunState {
  const state = states.find((known) => known === text);
  if (state === undefined) throw new Error(`a reported run has the unknown state ${text}`);
  return state;
}
