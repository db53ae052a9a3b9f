import type { Run } from "./entities.ts";

const silentForMs = 60 * 60 * 1_000;

// What clients send with the start itself; any other tag is somebody's word about the run.
const atTheStart = /^mlflow\.(user|runName|parentRunId|note\.content|source\..*|project\..*|gitCommit)$/;

/**
 * Whether a run was begun and never heard of again: a client that got no answer to its first call asks
 * again and leaves such a run behind. Nothing distinguishes the two calls, so runs are never merged; an
 * empty one that is silent for an hour is shown as what it probably is. Its files are not looked at here.
 */
export function looksLikeGhost(run: Run, nowMs: number): boolean {
  const said =
    Object.keys(run.params).length +
    run.latestMetrics.length +
    run.inputs.length +
    run.modelInputs.length +
    run.modelOutputs.length +
    Object.keys(run.tags).filter((key) => !atTheStart.test(key)).length;
  const isOpen = run.status === "running" && run.endedAtMs === null;
  return isOpen && said === 0 && nowMs - run.startedAtMs > silentForMs;
}
