import type { StudyDeclaration, StudySummary, Trial } from "../../data/studies.ts";

/** "maximize f1, minimize latency" */
export function objectiveText({ objectives }: StudyDeclaration): string {
  return objectives.map(({ goal, metric }) => `${goal} ${metric}`).join(", ");
}

/** How many trials count among those wanted: cancelled ones do not. */
export function hadOf({ complete, pruned, failed }: StudySummary["counts"]): number {
  return complete + pruned + failed;
}

/** The best value up to each completed trial, in the order of their numbers. */
export function bestSoFar(values: readonly number[], goal: "minimize" | "maximize"): number[] {
  let best = Number.NaN;
  return values.map((value) => {
    const better = Number.isNaN(best) || (goal === "maximize" ? value > best : value < best);
    if (better) best = value;
    return best;
  });
}

/** The completed trials with their value of one objective. */
export function measured(trials: readonly Trial[], objective: number): { trial: Trial; value: number }[] {
  return trials.flatMap((trial) => {
    const value = trial.state === "complete" ? trial.values?.[objective] : undefined;
    return value === undefined ? [] : [{ trial, value }];
  });
}
