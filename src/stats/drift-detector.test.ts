import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import {
  alphaForFalseAlarms,
  cellCount,
  createBins,
  createDriftDetector,
  createRandom,
  histogramOf,
  normalCdf,
} from "./index.ts";
import type { DriftDetector, DriftReading, DriftState, Histogram, Random } from "./index.ts";

const alpha = alphaForFalseAlarms({ atMost: 1 });

type Draw = (n: number) => number[];

/** Draws the counts of n rows from known cell probabilities: as exact as drawing rows, and much faster. */
function drawFrom(random: Random, shares: readonly number[]): Draw {
  const ends: number[] = [];
  let end = 0;
  for (const share of shares) ends.push((end += share));
  const start = Array.from({ length: 512 }, (_, slot) =>
    Math.max(
      0,
      ends.findIndex((limit) => limit > slot / 512),
    ),
  );
  return (n) => {
    const counts = new Uint32Array(shares.length);
    for (let row = 0; row < n; row += 1) {
      const place = random.uniform();
      let cell = start[Math.floor(place * 512)] ?? 0;
      while (cell < shares.length - 1 && (ends[cell] ?? 1) <= place) cell += 1;
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    return Array.from(counts);
  };
}

/** What a N(shift, 1) column with some values missing does in the cells of a reference. */
function normalShares({ bins }: Histogram, shift: number, missing = 0): number[] {
  if (bins.kind !== "numeric") throw new Error("a numeric reference was expected");
  const below = [...bins.edges.map((edge) => normalCdf(edge - shift)), 1];
  const shares = below.map((share, index) => (1 - missing) * (share - (below[index - 1] ?? 0)));
  return [...shares, missing];
}

function normalReference(random: Random, n: number, missing = 0): Histogram {
  const values = Array.from({ length: n }, () => (random.chance(missing) ? null : random.normal()));
  return histogramOf(createBins(values, { kind: "numeric" }), values);
}

const CATEGORY_SHARES = [0.4, 0.25, 0.15, 0.1, 0.05, 0.03, 0.015, 0.005];

function categoryReference(random: Random, n: number): Histogram {
  const values = Array.from({ length: n }, () => `c${random.pickWeighted(CATEGORY_SHARES)}`);
  return histogramOf(createBins(values), values);
}

function categoryShares({ bins }: Histogram): number[] {
  if (bins.kind !== "category") throw new Error("a reference of categories was expected");
  const known = bins.categories.map((name) => CATEGORY_SHARES[Number(name.slice(1))] ?? 0);
  return [...known, Math.max(0, 1 - known.reduce((sum, share) => sum + share, 0)), 0];
}

/** Weekdays are busy and weekends quiet; the shares do not change. */
const weeklyRows = (window: number, busy: number) => (window % 7 < 5 ? busy : Math.round(busy / 4));

test("on unchanged data at most one quarter in a hundred has an alarm, with many features and any volume", () => {
  const random = createRandom("no drift");
  const runs = 200;
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const size = [300, 1000, 5000][run % 3] ?? 1000;
    const numeric = Array.from({ length: 10 }, (_, i) =>
      normalReference(random, size, i % 3 === 0 ? 0.03 : 0),
    );
    const category = Array.from({ length: 5 }, () => categoryReference(random, size));
    const features = [
      ...numeric.map((reference, i) => ({
        reference,
        shares: normalShares(reference, 0, i % 3 === 0 ? 0.03 : 0),
      })),
      ...category.map((reference) => ({ reference, shares: categoryShares(reference) })),
    ].map(({ reference, shares }, i) => ({ name: `f${i}`, reference, draw: drawFrom(random, shares) }));
    const detector = createDriftDetector({
      reference: Object.fromEntries(features.map(({ name, reference }) => [name, reference])),
      alpha,
    });
    const busy = [100, 300, 20, 800][run % 4] ?? 100;
    let state = detector.initial();
    for (let window = 0; window < 90; window += 1) {
      const n = weeklyRows(window, busy);
      state = detector.update(state, Object.fromEntries(features.map(({ name, draw }) => [name, draw(n)])));
    }
    if (detector.read(state).alarm) alarms += 1;
  }
  ok(alarms <= runs / 100, `${alarms} of ${runs}`);
});

test("at the very border of the tolerated band, false alarms stay below alpha", () => {
  const random = createRandom("drift at the border");
  const reference: Histogram = {
    bins: { kind: "category", categories: ["a", "b"] },
    counts: [2e7, 8e7, 0, 0],
  };
  const detector = createDriftDetector({ reference: { f: reference }, alpha });
  const draw = drawFrom(random, [0.25, 0.75, 0, 0]);
  let alarms = 0;
  for (let run = 0; run < 200; run += 1) {
    const days = Array.from({ length: 90 }, () => draw(100));
    if (detector.read(fold(detector, days)).alarm) alarms += 1;
  }
  ok(alarms <= 200 * alpha, `${alarms} of 200`);
});

/** Windows until the alarm after a shift of one of fifty features that begins with window 30. */
function delays(seed: string, shift: number, rows: number, runs: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: runs }, () => {
    const { detector, reading } = shiftedRun(random, shift, rows);
    ok(detector);
    const alarmed = reading.features.filter(({ alarm }) => alarm !== null);
    deepEqual(
      alarmed.map(({ feature }) => feature).filter((name) => name !== "f0"),
      [],
    );
    return (alarmed[0]?.alarm?.window ?? Infinity) - 30 + 1;
  });
}

function shiftedRun(
  random: Random,
  shift: number,
  rows: number,
): { detector: DriftDetector; reading: DriftReading } {
  const names = Array.from({ length: 50 }, (_, i) => `f${i}`);
  const reference = Object.fromEntries(names.map((name) => [name, normalReference(random, 5000)]));
  const detector = createDriftDetector({ reference, alpha });
  const drawsAt = (by: number) =>
    Object.entries(reference).map(([name, histogram]) => ({
      name,
      draw: drawFrom(random, normalShares(histogram, name === "f0" ? by : 0)),
    }));
  const [before, after] = [drawsAt(0), drawsAt(shift)];
  let state = detector.initial();
  for (let window = 0; window < 60 && !detector.read(state).alarm; window += 1) {
    const draws = window < 30 ? before : after;
    state = detector.update(state, Object.fromEntries(draws.map(({ name, draw }) => [name, draw(rows)])));
  }
  return { detector, reading: detector.read(state) };
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

test("half a standard deviation in one of fifty features is caught within two windows of a thousand rows", () => {
  const found = delays("half a sigma", 0.5, 1000, 8);
  ok(Math.max(...found) <= 2, String(found));
});

test("0.3 standard deviations are caught within six windows", () => {
  const found = delays("0.3 sigma", 0.3, 1000, 8);
  ok(median(found) <= 6, String(found));
});

test("the alarm names the feature, when it began, and by how much its share changed", () => {
  const { reading } = shiftedRun(createRandom("explained"), -0.5, 1000);
  const [worst] = reading.features;
  ok(worst?.alarm && Math.abs(worst.alarm.onsetWindow - 30) <= 1);
  equal(worst.feature, "f0");
  ok(worst.strongest && worst.strongest.share.low > worst.strongest.referenceShare);
  equal(worst.strongest.direction, "more");
});

test("a category never seen before, and values that go missing, are drift at once", () => {
  const random = createRandom("new things");
  const reference = categoryReference(random, 2000);
  const detector = createDriftDetector({ reference: { airline: reference }, alpha });
  const usual = categoryShares(reference).map((share) => share * 0.9);
  for (const cell of [cellCount(reference.bins) - 2, cellCount(reference.bins) - 1]) {
    const shares = usual.map((share, index) => (index === cell ? share + 0.1 : share));
    const state = detector.update(detector.initial(), { airline: drawFrom(random, shares)(500) });
    const [feature] = detector.read(state).features;
    equal(feature?.strongest?.cell, cell === cellCount(reference.bins) - 1 ? "missing" : "other");
    ok(feature?.alarm);
  }
});

test("a change within the tolerance is never drift, however long it lasts", () => {
  const random = createRandom("tolerated");
  const reference = categoryReference(random, 50_000);
  const detector = createDriftDetector({ reference: { f: reference }, alpha });
  const shares = categoryShares(reference).map((share, cell) => share * (cell === 0 ? 1.1 : 1 - 0.04 / 0.6));
  const draw = drawFrom(random, shares);
  const days = Array.from({ length: 90 }, () => draw(2000));
  equal(detector.read(fold(detector, days)).alarm, false);
});

function fold(detector: DriftDetector, days: readonly (readonly number[])[]): DriftState {
  return days.reduce((state, f) => detector.update(state, { f }), detector.initial());
}

test("the state survives JSON and goes on from there", () => {
  const random = createRandom("json");
  const reference = categoryReference(random, 1000);
  const detector = createDriftDetector({ reference: { f: reference } });
  const days = Array.from({ length: 6 }, () => drawFrom(random, categoryShares(reference))(200));
  const middle: DriftState = JSON.parse(JSON.stringify(fold(detector, days.slice(0, 3))));
  const continued = days.slice(3).reduce((state, f) => detector.update(state, { f }), middle);
  deepEqual(continued, fold(detector, days));
});

test("windows without rows pass without evidence", () => {
  const reference = categoryReference(createRandom("empty"), 1000);
  const detector = createDriftDetector({ reference: { f: reference } });
  let state = detector.initial();
  for (let window = 0; window < 30; window += 1) state = detector.update(state, {});
  const { windows, alarm, features } = detector.read(state);
  deepEqual([windows, alarm, features[0]?.strongest], [30, false, null]);
  ok(Math.abs((features[0]?.eValue ?? 0) - 1) < 1e-9);
});

test("counts in other cells than the reference's are refused", () => {
  const reference = categoryReference(createRandom("cells"), 1000);
  const detector = createDriftDetector({ reference: { f: reference } });
  throws(() => detector.update(detector.initial(), { f: [1, 2] }), RangeError);
});
