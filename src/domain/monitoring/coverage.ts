import { createRiskMonitor, proportionInterval } from "#stats";

import type { MonitorReading } from "./entities.ts";
import { fillGaps } from "./performance.ts";
import { isFinal, periodWindows } from "./plan.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { WatchedRelease } from "./ports.ts";
import { addWindows, measure } from "./windows.ts";
import type { WindowCounts } from "./windows.ts";

/** A week, so that days on which nobody labels are part of what is usual. */
const usualWindows = 7;
const fewestPredictions = 200;
/** Outcomes may arrive for a quarter fewer predictions than usual before anyone is told. */
const tolerance = 0.25;

/** Whether outcomes arrive for as many predictions as in the first weeks: a join that broke looks like this first. */
export function readCoverage(question: {
  readonly plan: MonitoringPlan;
  readonly release: Pick<WatchedRelease, "id" | "modelVersionId">;
  /** Of the whole line and all rows. */
  readonly windows: readonly WindowCounts[];
  readonly foldFromMs: number;
  readonly nowMs: number;
}): MonitorReading | null {
  const { plan, release, nowMs } = question;
  if (plan.coverage === null) return null;
  const { id, alpha, sentence } = plan.coverage;
  const final = fillGaps(
    question.windows.filter(({ startMs }) => isFinal(plan, startMs, nowMs)),
    plan.windowMs,
  );
  const usual = usualPart(final);
  const watched = final
    .slice(usual?.length ?? final.length)
    .filter(({ startMs }) => startMs >= question.foldFromMs);
  const bound = usual === null ? null : leastUsual(usual);
  const reading: MonitorReading = {
    monitor: id,
    kind: "coverage",
    sentence,
    metric: "coverage",
    segment: null,
    comparison: ">=",
    bound,
    state:
      bound === null || bound <= 0 || bound >= 1
        ? "no_bound"
        : watched.length === 0
          ? "too_early"
          : "watching",
    releaseId: release.id,
    modelVersionId: release.modelVersionId,
    ...measure(addWindows(watched), "coverage", plan),
    eValue: 1,
    alarmAt: 1 / alpha,
    alarm: null,
  };
  if (bound === null || reading.state !== "watching") return reading;

  const watcher = createRiskMonitor({ tolerated: 1 - bound, alpha, periodBatches: periodWindows(plan) });
  const state = watched.reduce(
    (before, { predictions, outcomes }) =>
      watcher.update(before, { n: predictions, sum: predictions - outcomes }),
    watcher.initial(),
  );
  const { eValue, alarm } = watcher.read(state);
  const alarmWindow = alarm === null ? undefined : watched[alarm.batch];
  const onsetWindow = alarm === null ? undefined : watched[alarm.onsetBatch];
  if (alarmWindow === undefined || onsetWindow === undefined) return { ...reading, eValue };
  return {
    ...reading,
    state: "alarm",
    eValue,
    alarm: { windowStartMs: alarmWindow.startMs, onsetMs: onsetWindow.startMs },
  };
}

function usualPart(final: readonly WindowCounts[]): readonly WindowCounts[] | null {
  let predictions = 0;
  for (const [index, window] of final.entries()) {
    predictions += window.predictions;
    if (index + 1 >= usualWindows && predictions >= fewestPredictions) return final.slice(0, index + 1);
  }
  return null;
}

function leastUsual(usual: readonly WindowCounts[]): number {
  const { predictions, outcomes } = addWindows(usual);
  return proportionInterval({ successes: outcomes, n: predictions }).low * (1 - tolerance);
}
