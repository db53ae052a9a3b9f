import type { Trial, TrialParameters } from "../entities.ts";

/** Chooses the parameters of the next trial. What it knows is the table of trials, which it is told anew after a crash. */
export interface Sampler {
  /** Undefined when nothing is left to try. */
  ask(number: number, trials: readonly Trial[]): Promise<TrialParameters | undefined>;
  /** Hears how a trial ended. */
  tell(trial: Trial): Promise<void>;
  close(): Promise<void>;
}
