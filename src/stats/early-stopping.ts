import { interpolatedQuantile } from "./quantile.ts";

/** What one trial has reported so far, by step. A value may be NaN. */
export type Curve = ReadonlyMap<number, number>;

export type Goal = "minimize" | "maximize";

/** How a trial fares in successive halving: the values with which it reached each rung so far. */
export interface HalvingStanding {
  readonly rungs: readonly number[];
  readonly stops: boolean;
}

/**
 * Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020)
 * after one report at `step`: rung r stands at step `firstStep · factor^r`, and of the values seen there one
 * in `factor` goes on. As long as fewer than `factor` values are there, the best one does. The same
 * decisions as Optuna's SuccessiveHalvingPruner with `min_resource` and `reduction_factor`.
 *
 * `rungs` are this trial's values at the rungs it has passed; `others` those of every other trial.
 */
export function standInHalving(report: {
  readonly step: number;
  readonly value: number;
  readonly rungs: readonly number[];
  readonly others: readonly (readonly number[])[];
  readonly firstStep: number;
  readonly factor: number;
  readonly goal: Goal;
}): HalvingStanding {
  const { step, value, others, firstStep, factor, goal } = report;
  const rungs = [...report.rungs];
  while (step >= firstStep * factor ** rungs.length) {
    if (Number.isNaN(value)) return { rungs, stops: true };
    const rung = rungs.length;
    rungs.push(value);
    const competing = [...others.flatMap((one) => one[rung] ?? []), value];
    if (!isPromoted(value, competing, factor, goal)) return { rungs, stops: true };
  }
  return { rungs, stops: false };
}

function isPromoted(value: number, competing: readonly number[], factor: number, goal: Goal): boolean {
  const promoted = Math.max(1, Math.floor(competing.length / factor));
  const better = competing.filter((other) => (goal === "maximize" ? other > value : other < value));
  return better.length < promoted;
}

/**
 * The median rule (Golovin et al., "Google Vizier", 2017): a trial stops when its best value so far is worse
 * than the median of what the completed trials reported at this step. The same decisions as Optuna's
 * MedianPruner with `n_startup_trials` and `n_warmup_steps`. `curve` holds the reports up to the latest one.
 */
export function fallsBehindMedian(report: {
  readonly curve: Curve;
  readonly completed: readonly Curve[];
  readonly startupTrials: number;
  readonly warmupSteps: number;
  readonly goal: Goal;
}): boolean {
  const { curve, completed, startupTrials, warmupSteps, goal } = report;
  const step = Math.max(...curve.keys());
  if (completed.length === 0 || completed.length < startupTrials || step < warmupSteps) return false;
  const values = [...curve.values()].filter((value) => !Number.isNaN(value));
  if (curve.size > 0 && values.length === 0) return true;
  const sign = goal === "maximize" ? 1 : -1;
  const best = Math.max(...values.map((value) => sign * value));
  const there = completed
    .flatMap((other) => other.get(step) ?? [])
    .filter((value) => !Number.isNaN(value))
    .map((value) => sign * value);
  return there.length > 0 && best < interpolatedQuantile(there, 0.5);
}
