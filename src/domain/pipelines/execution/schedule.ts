import type { ExecutionPlan } from "../store/plans.ts";

/** What is to be done with a step whose inputs are there. */
export type Verdict =
  /** It has its result; nothing runs. */
  | "done"
  /** Its condition does not hold: what depends on it is skipped too. */
  | "skipped"
  | "failed"
  /** It waits for a person's answer. */
  | "parked"
  | "runs";

export type StepOutcome = "succeeded" | "failed" | "cancelled" | "left";

export interface Schedule {
  readonly plan: ExecutionPlan;
  /** Whether the step at a place of the plan ended well before. */
  isDone(place: number): boolean;
  /** Whether it was skipped before. */
  isSkipped(place: number): boolean;
  /** How many steps are decided ahead of those that run. */
  readonly width: number;
  /** Aborts when no further step may be begun. */
  readonly signal: AbortSignal;
  /** Decides many steps at once; the verdicts come in the same order. */
  decide(places: readonly number[]): Promise<readonly Verdict[]>;
  /** Makes what was decided durable: called before anything is waited for, and before anything runs. */
  flush(): Promise<void>;
  run(place: number): Promise<StepOutcome>;
  /** Called at the first failure: what has been decided but does not run yet must give up. */
  onFailure(): void;
  /** Calls back when a parked step may have its answer. */
  onAnswer(look: () => void): void;
  /** Of the parked steps, those that have their answer. */
  answered(places: readonly number[]): Promise<readonly number[]>;
}

export interface ScheduleEnd {
  /** The place of the first step that failed. */
  readonly failed: number | undefined;
  /** Steps that wait for answers: nothing else is left to do. */
  readonly parked: readonly number[];
}

const decidedAtOnce = 500;

/**
 * Runs steps as soon as those they depend on are done, those of greater priority first. After a failure
 * nothing new begins, and what runs is let finish. An error that is not a step's own is thrown when all
 * that ran has ended.
 */
export async function runInOrder(schedule: Schedule): Promise<ScheduleEnd> {
  const graph = createGraph(schedule);
  const parked = new Set<number>();
  const errors: unknown[] = [];
  let failed: number | undefined;
  let running = 0;
  let mayHaveAnswers = false;
  let wake = (): void => {};
  const fail = (place: number): void => {
    if (failed === undefined) schedule.onFailure();
    failed ??= place;
  };
  const begin = (place: number): void => {
    running++;
    void schedule
      .run(place)
      .then((outcome) => {
        if (outcome === "failed") fail(place);
        if (outcome === "succeeded") graph.finish(place);
      })
      .catch((error: unknown) => {
        if (errors.length === 0) schedule.onFailure();
        errors.push(error);
      })
      .finally(() => {
        running--;
        wake();
      });
  };
  const take = (place: number, verdict: Verdict): void => {
    if (verdict === "done") graph.finish(place);
    if (verdict === "skipped") graph.skip(place);
    if (verdict === "failed") fail(place);
    if (verdict === "parked") parked.add(place);
  };
  schedule.onAnswer(() => {
    mayHaveAnswers = true;
    wake();
  });
  schedule.signal.addEventListener("abort", () => wake(), { once: true });

  for (;;) {
    const mayBegin = failed === undefined && errors.length === 0 && !schedule.signal.aborted;
    const places = mayBegin ? graph.takeReady(Math.min(decidedAtOnce, schedule.width - running)) : [];
    if (places.length > 0) {
      const verdicts = await schedule.decide(places);
      const toRun = places.filter((_place, index) => verdicts[index] === "runs");
      for (const [index, place] of places.entries()) take(place, verdicts[index] ?? "failed");
      if (toRun.length > 0) await schedule.flush();
      for (const place of toRun) begin(place);
      continue;
    }
    if (mayBegin && mayHaveAnswers && parked.size > 0) {
      mayHaveAnswers = false;
      for (const place of await schedule.answered([...parked])) {
        parked.delete(place);
        graph.putBack(place);
      }
      if (graph.hasReady()) continue;
    }
    await schedule.flush();
    if (running === 0) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (mayHaveAnswers && parked.size > 0) resolve();
    });
  }
  if (errors.length > 0) throw errors[0];
  return { failed, parked: [...parked] };
}

interface Graph {
  /** The next steps whose inputs are there, by priority and then by their place. */
  takeReady(most: number): readonly number[];
  hasReady(): boolean;
  putBack(place: number): void;
  finish(place: number): void;
  skip(place: number): void;
}

function createGraph({ plan, isDone, isSkipped }: Schedule): Graph {
  const { steps } = plan;
  const missing = new Int32Array(steps.length);
  const dependants: number[][] = [];
  const lanes = new Map<number, Lane>();
  const left = new Set<number>();
  const laneOf = (priority: number): Lane => {
    const known = lanes.get(priority);
    if (known !== undefined) return known;
    const lane = { places: [], next: 0 };
    lanes.set(priority, lane);
    return lane;
  };
  const ready = (place: number): void => {
    laneOf(steps[place]?.stage.settings.priority ?? 0).places.push(place);
  };
  const skip = (place: number): void => {
    const stack = [place];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (left.has(next)) continue;
      left.add(next);
      stack.push(...(dependants[next] ?? []));
    }
  };

  const skippedBefore: number[] = [];
  for (const [place, { after }] of steps.entries()) {
    if (isDone(place)) continue;
    for (const earlier of after) {
      if (isDone(earlier)) continue;
      missing[place] = (missing[place] ?? 0) + 1;
      (dependants[earlier] ??= []).push(place);
    }
    if (isSkipped(place)) skippedBefore.push(place);
    else if (missing[place] === 0) ready(place);
  }
  for (const place of skippedBefore) skip(place);

  return {
    takeReady(most) {
      const taken: number[] = [];
      for (const priority of [...lanes.keys()].toSorted((a, b) => b - a)) {
        const lane = laneOf(priority);
        while (taken.length < most && lane.next < lane.places.length) {
          const place = lane.places[lane.next++];
          if (place !== undefined && !left.has(place)) taken.push(place);
        }
        if (lane.next === lane.places.length) lanes.delete(priority);
      }
      return taken;
    },
    hasReady: () => lanes.size > 0,
    putBack: ready,
    skip,
    finish(place) {
      for (const dependant of dependants[place] ?? []) {
        const stillMissing = (missing[dependant] ?? 1) - 1;
        missing[dependant] = stillMissing;
        if (stillMissing === 0) ready(dependant);
      }
    },
  };
}

interface Lane {
  readonly places: number[];
  next: number;
}
