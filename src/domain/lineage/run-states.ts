import type { RunReport } from "./commands.ts";
import type { ReportedRun, ReportedRunState } from "./entities.ts";

const rank: Readonly<Record<ReportedRunState, number>> = {
  OTHER: 0,
  START: 1,
  RUNNING: 2,
  COMPLETE: 3,
  ABORT: 3,
  FAIL: 3,
};

/**
 * What a run is after a report. Reports arrive in any order: a state only advances, and an end stands,
 * whatever comes after it; OTHER adds to a run and never moves it.
 */
export function nextRun(run: ReportedRun, report: RunReport, atMs: number): ReportedRun {
  const state = report.state ?? "OTHER";
  const isEnd = rank[state] === 3;
  const advances = rank[state] > rank[run.state];
  return {
    ...run,
    state: advances ? state : run.state,
    parentRunId: report.parentRunId ?? run.parentRunId,
    startedAtMs:
      state === "START" || state === "RUNNING" ? Math.min(run.startedAtMs ?? atMs, atMs) : run.startedAtMs,
    endedAtMs: isEnd && run.endedAtMs === null ? atMs : run.endedAtMs,
  };
}
