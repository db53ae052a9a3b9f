import type { PlannedStep } from "../store/steps.ts";
import type { StepOutcome } from "./step.ts";

export interface Schedule {
  /** In an order in which each comes after those it depends on; those that have ended already count. */
  readonly steps: readonly PlannedStep[];
  /** How many are worked on at once. */
  readonly width: number;
  readonly signal: AbortSignal;
  run(step: PlannedStep): Promise<StepOutcome>;
}

export interface ScheduleEnd {
  /** The first stage that failed. */
  readonly failed: PlannedStep | undefined;
  /** Steps that were not begun. */
  readonly left: readonly PlannedStep[];
}

/**
 * Runs steps as soon as those they depend on are done. After a failure nothing new begins, and what
 * runs is let finish. An error that is not a step's own is thrown when all that ran has ended.
 */
export async function runInOrder(schedule: Schedule): Promise<ScheduleEnd> {
  const done = new Set<string>();
  const missing = new Map<string, number>();
  const dependants = new Map<string, PlannedStep[]>();
  const ready: PlannedStep[] = [];
  for (const step of schedule.steps) {
    if (step.state === "succeeded" || step.state === "cached") done.add(step.stage.name);
  }
  const waiting = new Map(
    schedule.steps.filter((step) => !done.has(step.stage.name)).map((step) => [step.id, step]),
  );
  for (const step of waiting.values()) {
    const needs = step.dependsOn.filter((name) => !done.has(name));
    missing.set(step.id, needs.length);
    if (needs.length === 0) ready.push(step);
    for (const name of needs) dependants.set(name, [...(dependants.get(name) ?? []), step]);
  }

  let failed: PlannedStep | undefined;
  const errors: unknown[] = [];
  const running = new Set<Promise<void>>();
  const finish = (step: PlannedStep, outcome: StepOutcome): void => {
    if (outcome === "failed") failed ??= step;
    if (outcome !== "succeeded" && outcome !== "cached") return;
    for (const dependant of dependants.get(step.stage.name) ?? []) {
      const left = (missing.get(dependant.id) ?? 1) - 1;
      missing.set(dependant.id, left);
      if (left === 0) ready.push(dependant);
    }
  };
  const begin = (step: PlannedStep): void => {
    waiting.delete(step.id);
    const work = schedule
      .run(step)
      .then(
        (outcome) => finish(step, outcome),
        (error: unknown) => void errors.push(error),
      )
      .finally(() => running.delete(work));
    running.add(work);
  };

  let next = 0;
  for (;;) {
    const mayBegin = failed === undefined && errors.length === 0 && !schedule.signal.aborted;
    while (mayBegin && running.size < schedule.width) {
      const step = ready[next];
      if (step === undefined) break;
      next++;
      begin(step);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (errors.length > 0) throw errors[0];
  return { failed, left: [...waiting.values()] };
}

/** The stages that depend on the failed one, directly or through others. */
export function dependantsOf(failed: PlannedStep, steps: readonly PlannedStep[]): ReadonlySet<string> {
  const affected = new Set([failed.stage.name]);
  for (const step of steps) {
    if (step.dependsOn.some((name) => affected.has(name))) affected.add(step.stage.name);
  }
  return affected;
}
