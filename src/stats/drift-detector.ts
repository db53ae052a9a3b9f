import type { Histogram } from "./bins.ts";
import { cellCount, cellLabels } from "./bins.ts";
import type { DriftClaim, DriftTolerance } from "./drift-claims.ts";
import { claimsOf, logBetsAgainst } from "./drift-claims.ts";
import type { Estimate } from "./interval.ts";
import { eBenjaminiHochberg } from "./multiple-testing.ts";
import { itemAt, requirePositive, requireProbability, sumOf } from "./preconditions.ts";
import { proportionInterval } from "./proportion.ts";
import type { Run } from "./wealth.ts";
import { eValueOf, nextLogWealth, nextRun, startRun } from "./wealth.ts";

export interface DriftDetectorOptions extends DriftTolerance {
  /** The reference histogram of each feature (also a score, a label, missingness: anything that is counted). */
  readonly reference: Readonly<Record<string, Histogram>>;
  /** The probability of any false alarm in a period, over all features; see `alphaForFalseAlarms`. */
  readonly alpha?: number;
  /** A quarter of daily windows unless said otherwise. */
  readonly periodWindows?: number;
}

/** Plain JSON; the same windows in the same order give the same state. */
export interface DriftState {
  readonly windows: number;
  readonly features: Readonly<Record<string, DriftFeatureState>>;
}

export interface DriftFeatureState {
  /** For each claim on a cell, the logarithm of what each of its bets has won. */
  readonly logWealth: readonly (readonly number[])[];
  readonly runs: readonly Run[];
  readonly alarm: DriftAlarm | null;
}

/** Windows count from 0. */
export interface DriftAlarm {
  readonly window: number;
  /** The window with which the change is estimated to have begun. */
  readonly onsetWindow: number;
}

export interface DriftFeatureReading {
  readonly feature: string;
  readonly eValue: number;
  readonly alarm: DriftAlarm | null;
  /** The cell with the strongest evidence, and its share since that evidence began to grow. */
  readonly strongest: {
    readonly cell: string;
    readonly direction: "more" | "fewer";
    readonly referenceShare: number;
    readonly share: Estimate;
  } | null;
}

export interface DriftReading {
  readonly windows: number;
  readonly alarm: boolean;
  /** The strongest evidence first. */
  readonly features: readonly DriftFeatureReading[];
}

export interface DriftDetector {
  initial(): DriftState;
  /** The state after one more window of counts, in the cells of the reference; a feature left out has no rows. */
  update(state: DriftState, window: Readonly<Record<string, readonly number[]>>): DriftState;
  read(state: DriftState): DriftReading;
}

/**
 * Tells drift from chance, and may be asked after every window. For every cell it bets that the cell's share has left
 * the tolerated band around the reference (`claimsOf`), with stakes renewed each window (`wealth.ts`); a feature's
 * e-value is the mean over its bets, and e-BH picks the features. As long as the shares, given the past, keep within
 * the band, no alarm comes in a period with probability 1 − alpha, whatever the dependence between features and
 * however many rows a window has. Beyond the band even small windows add up.
 */
export function createDriftDetector(options: DriftDetectorOptions): DriftDetector {
  const { reference, alpha = 0.01, periodWindows = 90 } = options;
  requireProbability("alpha", alpha);
  requirePositive("periodWindows", periodWindows);
  const names = Object.keys(reference).sort();
  const claims = new Map(
    names.map((name) => [name, claimsOf(requireHistogram(name, reference[name]), options)]),
  );
  const logStake = -Math.log(periodWindows);
  const eValue = (state: DriftFeatureState, windows: number) =>
    eValueOf(state.logWealth.flat(), windows, periodWindows);

  const initial = (): DriftState => ({
    windows: 0,
    features: Object.fromEntries(
      names.map((name) => [name, featureAtStart(claims.get(name) ?? [], logStake)]),
    ),
  });

  const update = (state: DriftState, window: Readonly<Record<string, readonly number[]>>): DriftState => {
    const windows = state.windows + 1;
    const updated = names.map((name) => {
      const before = requireState(name, state.features[name]);
      const counts = window[name];
      if (counts && counts.length !== reference[name]?.counts.length) {
        throw new RangeError(`the counts of ${name} do not have the cells of its reference`);
      }
      return featureAfter(before, claims.get(name) ?? [], counts ?? [], state.windows, logStake);
    });
    const drifted = eBenjaminiHochberg(
      updated.map((feature) => eValue(feature, windows)),
      alpha,
    );
    const alarmed = updated.map((feature, index) => {
      if (feature.alarm || !drifted[index]) return feature;
      const onsetWindow = strongestOf(feature)?.run.since ?? state.windows;
      return { ...feature, alarm: { window: state.windows, onsetWindow } };
    });
    return {
      windows,
      features: Object.fromEntries(names.map((name, index) => [name, itemAt(alarmed, index)])),
    };
  };

  const read = (state: DriftState): DriftReading => {
    const features = names.map((name): DriftFeatureReading => {
      const feature = requireState(name, state.features[name]);
      const histogram = requireHistogram(name, reference[name]);
      return {
        feature: name,
        eValue: eValue(feature, state.windows),
        alarm: feature.alarm,
        strongest: describeStrongest(feature, claims.get(name) ?? [], histogram),
      };
    });
    return {
      windows: state.windows,
      alarm: features.some(({ alarm }) => alarm !== null),
      features: features.sort((first, second) => second.eValue - first.eValue),
    };
  };

  return { initial, update, read };
}

function featureAtStart(claims: readonly DriftClaim[], logStake: number): DriftFeatureState {
  return {
    logWealth: claims.map(({ bets }) => bets.map(() => logStake)),
    runs: claims.map(() => startRun(0)),
    alarm: null,
  };
}

function featureAfter(
  before: DriftFeatureState,
  claims: readonly DriftClaim[],
  counts: readonly number[],
  window: number,
  logStake: number,
): DriftFeatureState {
  const n = sumOf(counts);
  const logBets = claims.map((claim) => logBetsAgainst(claim, counts[claim.cell] ?? 0, n));
  return {
    ...before,
    logWealth: logBets.map((bets, claim) =>
      bets.map((log, bet) => nextLogWealth(itemAt(itemAt(before.logWealth, claim), bet), log, logStake)),
    ),
    runs: logBets.map((bets, index) => {
      const { cell } = itemAt(claims, index);
      return nextRun(itemAt(before.runs, index), window, bets, n, counts[cell] ?? 0);
    }),
  };
}

function strongestOf(feature: DriftFeatureState): { readonly claim: number; readonly run: Run } | null {
  const best = feature.logWealth.map((bets) => Math.max(...bets));
  const claim = best.indexOf(Math.max(...best));
  const run = feature.runs[claim];
  return run && run.n > 0 ? { claim, run } : null;
}

function describeStrongest(
  feature: DriftFeatureState,
  claims: readonly DriftClaim[],
  reference: Histogram,
): DriftFeatureReading["strongest"] {
  const strongest = strongestOf(feature);
  if (!strongest) return null;
  const { cell, direction, referenceShare } = itemAt(claims, strongest.claim);
  const share = proportionInterval({ successes: strongest.run.sum, n: strongest.run.n });
  return { cell: itemAt(cellLabels(reference.bins), cell), direction, referenceShare, share };
}

function requireHistogram(name: string, histogram: Histogram | undefined): Histogram {
  if (!histogram || histogram.counts.length !== cellCount(histogram.bins) || sumOf(histogram.counts) <= 0) {
    throw new RangeError(`the reference of ${name} must have a count for every cell, and rows`);
  }
  return histogram;
}

function requireState(name: string, state: DriftFeatureState | undefined): DriftFeatureState {
  if (!state) throw new RangeError(`the state knows no feature ${name}: it belongs to another detector`);
  return state;
}
