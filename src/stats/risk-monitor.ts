import type { Estimate } from "./interval.ts";
import { itemAt, requireCount, requirePositive, requireProbability } from "./preconditions.ts";
import { weightedSharesInterval } from "./expected-cost.ts";
import type { Run } from "./wealth.ts";
import { eValueOf, nextLogWealth, nextRun, startRun } from "./wealth.ts";

export interface RiskMonitorOptions {
  /** The mean loss that is still acceptable. */
  readonly tolerated: number;
  /** The greatest possible loss of one row; the least is 0. */
  readonly upperBound?: number;
  /** The probability of a false alarm in a period; see `alphaForFalseAlarms`. */
  readonly alpha?: number;
  /** A quarter of daily batches unless said otherwise. */
  readonly periodBatches?: number;
}

/** The losses of one batch: how often each value came, or, less sharp unless losses are 0 or the bound, their sum. */
export type RiskBatch =
  | { readonly losses: readonly { readonly value: number; readonly count: number }[] }
  | { readonly n: number; readonly sum: number };

/** Plain JSON; the same batches in the same order give the same state. */
export interface RiskState {
  readonly batches: number;
  readonly n: number;
  readonly sum: number;
  readonly logWealth: readonly number[];
  readonly run: Run;
  readonly alarm: RiskAlarm | null;
}

/** Batches count from 0. */
export interface RiskAlarm {
  readonly batch: number;
  /** The batch with which the loss is estimated to have risen. */
  readonly onsetBatch: number;
}

export interface RiskReading {
  readonly eValue: number;
  readonly alarm: RiskAlarm | null;
  readonly batches: number;
  readonly n: number;
  readonly mean: number | null;
  /** The mean loss since the suspected or alarmed onset, with Wilson's interval scaled to the bound. */
  readonly sinceOnset: Estimate | null;
}

export interface RiskMonitor {
  initial(): RiskState;
  /** The state after one more batch. An alarm stays until a new monitor begins with `initial()`. */
  update(state: RiskState, batch: RiskBatch): RiskState;
  read(state: RiskState): RiskReading;
}

/**
 * Watches that the mean of a bounded loss stays at or below what is tolerated, and may be asked after every batch:
 * bets 1 + λ(x − tolerated), which no tolerable loss lets grow (Waudby-Smith and Ramdas, "Estimating means of bounded
 * random variables by betting", 2024; Podkopaev and Ramdas, arXiv 2110.06177), with seven sizes of λ at once.
 * The only assumption is that each row's expected loss, given the past, is tolerable; batches may have any size.
 */
export function createRiskMonitor(options: RiskMonitorOptions): RiskMonitor {
  const { tolerated, upperBound = 1, alpha = 0.01, periodBatches = 90 } = options;
  requirePositive("upperBound", upperBound);
  requirePositive("periodBatches", periodBatches);
  requireProbability("alpha", alpha);
  requireProbability("the tolerated share of the upper bound", tolerated / upperBound);
  const logStake = -Math.log(periodBatches);
  const limit = tolerated / upperBound;

  const update = (state: RiskState, batch: RiskBatch): RiskState => {
    const losses = scaledLosses(batch, upperBound);
    const n = losses.reduce((rows, { count }) => rows + count, 0);
    const sum = losses.reduce((total, { value, count }) => total + value * count, 0) * upperBound;
    const logBets = BETS.map((share) => logWinnings(losses, limit, share / limit));
    const logWealth = logBets.map((log, bet) => nextLogWealth(itemAt(state.logWealth, bet), log, logStake));
    const run = nextRun(state.run, state.batches, logBets, n, sum);
    const isAlarm = eValueOf(logWealth, state.batches + 1, periodBatches) >= 1 / alpha;
    return {
      batches: state.batches + 1,
      n: state.n + n,
      sum: state.sum + sum,
      logWealth,
      run,
      alarm: state.alarm ?? (isAlarm ? { batch: state.batches, onsetBatch: run.since } : null),
    };
  };

  return {
    initial: () => ({
      batches: 0,
      n: 0,
      sum: 0,
      logWealth: BETS.map(() => logStake),
      run: startRun(0),
      alarm: null,
    }),
    update,
    read: ({ batches, n, sum, logWealth, run, alarm }) => ({
      eValue: eValueOf(logWealth, batches, periodBatches),
      alarm,
      batches,
      n,
      mean: n === 0 ? null : sum / n,
      sinceOnset: run.n === 0 ? null : meanOfBounded(run, upperBound),
    }),
  };
}

/** λ as a share of its greatest allowed value, 1/tolerated. */
const BETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64];

interface ScaledLoss {
  readonly value: number;
  readonly count: number;
}

/**
 * Losses in [0, 1]. Of a sum alone the worst is assumed, that its rows were all 0 or 1: the logarithm of the bet is
 * concave, so no other losses with this sum would have won less.
 */
function scaledLosses(batch: RiskBatch, upperBound: number): ScaledLoss[] {
  if ("losses" in batch) {
    return batch.losses.map(({ value, count }) => {
      requireCount("the count of a loss", count);
      if (!(value >= 0 && value <= upperBound))
        throw new RangeError(`a loss of ${value} is not in [0, ${upperBound}]`);
      return { value: value / upperBound, count };
    });
  }
  requireCount("n", batch.n);
  const ones = batch.sum / upperBound;
  if (!(ones >= 0 && ones <= batch.n * (1 + 1e-9))) {
    throw new RangeError(`${batch.n} losses of at most ${upperBound} cannot sum to ${batch.sum}`);
  }
  return [
    { value: 1, count: Math.min(ones, batch.n) },
    { value: 0, count: Math.max(0, batch.n - ones) },
  ];
}

function logWinnings(losses: readonly ScaledLoss[], limit: number, lambda: number): number {
  return losses.reduce((sum, { value, count }) => sum + count * Math.log1p(lambda * (value - limit)), 0);
}

function meanOfBounded(run: Run, upperBound: number): Estimate {
  const ones = Math.min(run.n, run.sum / upperBound);
  return weightedSharesInterval({ counts: [ones, run.n - ones], values: [upperBound, 0] });
}
