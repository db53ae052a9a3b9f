import type { StudyObjective } from "#objectives";

import type { Trial } from "./entities.ts";

/** Whether values are at least as good in each objective, and better in one. */
export function dominates(
  values: readonly number[],
  others: readonly number[],
  objectives: readonly StudyObjective[],
): boolean {
  const gains = objectives.map(({ goal }, index) => {
    const gain = (values[index] ?? 0) - (others[index] ?? 0);
    return goal === "maximize" ? gain : -gain;
  });
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}

/** The completed trials that no other dominates, best first; with one objective the first of the best. */
export function bestTrials(
  trials: readonly Trial[],
  objectives: readonly StudyObjective[],
): readonly Trial[] {
  const completed = trials.flatMap((trial) =>
    trial.state === "complete" && trial.values !== null ? [{ trial, values: trial.values }] : [],
  );
  const front = completed.filter(
    ({ values }) => !completed.some((other) => dominates(other.values, values, objectives)),
  );
  const [objective] = objectives;
  const sign = objective?.goal === "maximize" ? -1 : 1;
  const ordered = front
    .toSorted((a, b) => sign * ((a.values[0] ?? 0) - (b.values[0] ?? 0)))
    .map(({ trial }) => trial);
  return objectives.length === 1 ? ordered.slice(0, 1) : ordered;
}
