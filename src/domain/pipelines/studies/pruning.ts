import { fallsBehindMedian, standInHalving } from "#stats";
import type { Goal } from "#stats";

import type { StudyPruning } from "#objectives";

import type { Trial } from "./entities.ts";

/** Where a trial stands after what it has newly reported. */
export interface Standing extends Pick<Trial, "curve" | "rungs"> {
  /** Why it should end now; null while it may go on. */
  readonly verdict: string | null;
}

/**
 * Takes the new reports of a trial one by one, as if each had been asked about when it was made. A step
 * reported twice, as by an attempt that began anew, counts as it was reported first.
 */
export function judgeReports(question: {
  readonly trial: Pick<Trial, "number" | "curve" | "rungs">;
  readonly reports: readonly (readonly [number, number])[];
  readonly others: readonly Trial[];
  readonly pruning: StudyPruning;
  readonly goal: Goal;
}): Standing {
  const { trial, pruning, goal } = question;
  const others = question.others.filter(({ number }) => number !== trial.number);
  const completed = others.filter(({ state }) => state === "complete").map(({ curve }) => new Map(curve));
  const curve = new Map(trial.curve);
  let { rungs } = trial;
  for (const [step, value] of question.reports) {
    if (curve.has(step)) continue;
    curve.set(step, value);
    let stops: boolean;
    if (pruning.rule === "asha") {
      const { firstStep, factor } = pruning;
      const rungsOfOthers = others.map((other) => other.rungs);
      ({ rungs, stops } = standInHalving({
        step,
        value,
        rungs,
        others: rungsOfOthers,
        firstStep,
        factor,
        goal,
      }));
    } else {
      const { startupTrials, warmupSteps } = pruning;
      stops = fallsBehindMedian({ curve, completed, startupTrials, warmupSteps, goal });
    }
    if (stops) return { curve: [...curve], rungs, verdict: verdictOf(pruning, step, value) };
  }
  return { curve: [...curve], rungs, verdict: null };
}

function verdictOf({ rule, metric, factor }: StudyPruning, step: number, value: number): string {
  const reached = `${metric} was ${Number(value.toPrecision(4))} at step ${step}`;
  return rule === "asha"
    ? `Pruned: ${reached}, not among the best one in ${factor} of those that came as far.`
    : `Pruned: ${reached}, and its best so far is worse than the median of the completed trials there.`;
}
