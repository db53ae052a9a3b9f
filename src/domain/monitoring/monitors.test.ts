import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { dayMs } from "#kernel/clock";
import { createRandom } from "#stats";
import type { Random } from "#stats";

import { readCoverage } from "./coverage.ts";
import { readDrift } from "./drift.ts";
import { examplePlan } from "./fixtures/charter.ts";
import { rowsOf, simulateDrift, simulateWindow } from "./fixtures/counts.ts";
import type { SimulatedDay } from "./fixtures/counts.ts";
import { readPerformance } from "./performance.ts";
import { addWindows } from "./windows.ts";
import type { WindowCounts } from "./windows.ts";

const plan = examplePlan();
const release = { id: "rel_1", modelVersionId: "mv_1", gates: [] };
const quarter = 91;
const airlines = ["Alba", "Borea", "Cirro"].map((name) => `airline=${name}`);

/** All segments of a quarter of days, and the line as their sum. */
function simulateQuarter(random: Random, dayOf: (day: number) => Omit<SimulatedDay, "rows">): WindowCounts[] {
  return Array.from({ length: quarter }, (_, day) => {
    const parts = airlines.map((segment) =>
      simulateWindow(random, day, segment, { rows: rowsOf(random, day, 50), ...dayOf(day) }),
    );
    return [...parts, { ...addWindows(parts), segment: "" }];
  }).flat();
}

/** As the evaluation asks, at the end of a quarter whose outcomes have all had their time. */
function alarmsOf(windows: readonly WindowCounts[]): string[] {
  const nowMs = quarter * dayMs + plan.arriveWithinMs;
  const foldFromMs = { outcomes: 0, answers: 0 };
  const performance = readPerformance({ plan, release, windows, foldFromMs, nowMs });
  const line = windows.filter(({ segment }) => segment === "");
  const coverage = readCoverage({ plan, release, windows: line, foldFromMs: 0, nowMs });
  return [...performance, ...(coverage === null ? [] : [coverage])]
    .filter(({ state }) => state === "alarm")
    .map(({ monitor }) => monitor);
}

const usual = { positiveShare: 0.3, recall: 0.9, falsePositiveShare: 0.05 };
const runs = 200;

describe("monitors of a product that stays as it is", () => {
  it("alarm in at most 1 % of quarters, with a weekly rhythm and outcomes that are partial, late and restated", () => {
    let alarmed = 0;
    for (let seed = 0; seed < runs; seed++) {
      const random = createRandom(seed);
      const windows = simulateQuarter(random, (day) => ({
        ...usual,
        coverage: 0.55 + (0.3 * ((day * 7 + seed) % 10)) / 10,
      }));
      const drift = readDrift({
        plan,
        ...simulateDrift(
          random,
          Array.from({ length: quarter }, (_, day) => rowsOf(random, day, 150)),
          {
            referenceDays: 3,
          },
        ),
      });
      const isDrifted = drift.some(({ alarm }) => alarm !== null);
      if (
        isDrifted ||
        alarmsOf(windows).length > 0 ||
        alarmsOf(windows.map((one) => restated(random, one))).length > 0
      ) {
        alarmed++;
      }
    }
    assert.ok(alarmed <= runs * 0.01, `${alarmed} of ${runs} quarters alarmed`);
  });

  it("keep the error contract even where quality is exactly at its bound", () => {
    // Three monitors of quality of nine in all, each with a ninth of the contract of one alarm a quarter.
    const atBound = { positiveShare: 0.3, recall: 0.8, falsePositiveShare: 0 };
    const promised = plan.performance.find(({ metric }) => metric === "recall")?.alpha ?? 0;
    let alarmed = 0;
    for (let seed = 0; seed < runs; seed++) {
      const windows = simulateQuarter(createRandom(seed), () => ({ ...atBound, coverage: 1 }));
      if (alarmsOf(windows).includes("performance:recall")) alarmed++;
    }
    const slack = 3 * Math.sqrt((promised * (1 - promised)) / runs);
    assert.ok(
      alarmed / runs <= promised + slack,
      `${alarmed} of ${runs} quarters alarmed, promised ${promised}`,
    );
  });
});

describe("monitors of a product that gets worse", () => {
  it("tell within few windows that recall fell from 0.9 to 0.5, with the onset a day off at most", () => {
    const delays: number[] = [];
    const onsetErrors: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const windows = simulateQuarter(createRandom(seed), (day) => ({
        ...usual,
        recall: day < 40 ? 0.9 : 0.5,
        coverage: 0.8,
      }));
      const nowMs = quarter * dayMs + plan.arriveWithinMs;
      const foldFromMs = { outcomes: 0, answers: 0 };
      const alarms = readPerformance({ plan, release, windows, foldFromMs, nowMs })
        .filter(({ segment }) => segment === null)
        .flatMap(({ alarm }) => alarm ?? []);
      delays.push(Math.min(...alarms.map(({ windowStartMs }) => windowStartMs / dayMs - 40)));
      onsetErrors.push(Math.min(...alarms.map(({ onsetMs }) => Math.abs(onsetMs / dayMs - 40))));
    }
    const sorted = delays.toSorted((a, b) => a - b);
    assert.ok(
      (sorted[10] ?? Infinity) <= 3 && (sorted[19] ?? Infinity) <= 6,
      `delays in days: ${sorted.join(" ")}`,
    );
    assert.ok((onsetErrors.toSorted((a, b) => a - b)[10] ?? Infinity) <= 1);
  });

  it("tell within a week that scores moved by three quarters of a standard deviation", () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = createRandom(seed);
      const days = Array.from({ length: 40 }, (_, day) => rowsOf(random, day, 150));
      const drift = readDrift({
        plan,
        ...simulateDrift(random, days, { referenceDays: 3, shiftFrom: 20, shift: 0.15 }),
      });
      const score = drift.find(({ feature }) => feature === "score");
      const foundAfter = (score?.alarm?.windowStartMs ?? Infinity) / dayMs - 20;
      assert.ok(foundAfter >= 0 && foundAfter < 7, `seed ${seed}: ${foundAfter} days`);
      assert.equal(drift.find(({ feature }) => feature === "airline")?.alarm, null);
    }
  });

  it("tell that outcomes stopped for half of the predictions", () => {
    const windows = simulateQuarter(createRandom(1), (day) => ({ ...usual, coverage: day < 50 ? 0.8 : 0.4 }));
    assert.deepEqual(alarmsOf(windows), ["coverage:outcomes"]);
  });
});

/** Some more outcomes land long after the window was final. */
function restated(random: Random, window: WindowCounts): WindowCounts {
  const missing = window.predictions - window.outcomes;
  const late = Array.from({ length: missing }, () => random.chance(0.1)).filter(Boolean).length;
  const right = Array.from({ length: late }, () => random.chance(0.93)).filter(Boolean).length;
  return {
    ...window,
    outcomes: window.outcomes + late,
    trueNegative: window.trueNegative + right,
    falseNegative: window.falseNegative + Math.floor((late - right) / 2),
    falsePositive: window.falsePositive + Math.ceil((late - right) / 2),
  };
}
