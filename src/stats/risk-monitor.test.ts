import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { alphaForFalseAlarms, createRandom, createRiskMonitor } from "./index.ts";
import type { Random, RiskBatch, RiskMonitor, RiskState } from "./index.ts";

/** One day of costs: a dear error 12, a cheap one 1.5. */
function dayOfCosts(random: Random, n: number, dear: number, cheap: number): RiskBatch {
  const counts = [0, 0, 0];
  for (let row = 0; row < n; row += 1) {
    const cell = random.pickWeighted([dear, cheap, 1 - dear - cheap]);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return { losses: [12, 1.5, 0].map((value, cell) => ({ value, count: counts[cell] ?? 0 })) };
}

function firstAlarm(monitor: RiskMonitor, batches: Iterable<RiskBatch>): RiskState {
  let state = monitor.initial();
  for (const batch of batches) {
    state = monitor.update(state, batch);
    if (state.alarm) break;
  }
  return state;
}

test("at the very border of what is tolerated, false alarms stay below alpha", () => {
  const random = createRandom("risk at the border");
  const tolerated = 12 * 0.03 + 1.5 * 0.1;
  const monitor = createRiskMonitor({ tolerated, upperBound: 12, alpha: 0.05 });
  let alarms = 0;
  for (let run = 0; run < 300; run += 1) {
    const days = Array.from({ length: 90 }, (_, day) => dayOfCosts(random, day % 7 < 5 ? 60 : 15, 0.03, 0.1));
    if (firstAlarm(monitor, days).alarm) alarms += 1;
  }
  ok(alarms <= 15, `${alarms} of 300`);
});

test("a doubled loss is found within days, and its onset dated", () => {
  const random = createRandom("doubled risk");
  const monitor = createRiskMonitor({ tolerated: 0.1 });
  for (let run = 0; run < 20; run += 1) {
    const days = Array.from({ length: 60 }, (_, day) => {
      const losses = Array.from({ length: 200 }, () => random.chance(day < 30 ? 0.08 : 0.2));
      return { n: 200, sum: losses.filter(Boolean).length };
    });
    const { alarm } = firstAlarm(monitor, days);
    ok(alarm && alarm.batch >= 30 && alarm.batch <= 33, JSON.stringify(alarm));
    ok(alarm && Math.abs(alarm.onsetBatch - 30) <= 3, JSON.stringify(alarm));
  }
});

test("a sum says the same as values when losses are nothing or everything, and less when they lie between", () => {
  const monitor = createRiskMonitor({ tolerated: 0.2 });
  const eValue = (batch: RiskBatch) => monitor.read(monitor.update(monitor.initial(), batch)).eValue;
  const fromSum = eValue({ n: 100, sum: 40 });
  const fromCoins = eValue({
    losses: [
      { value: 1, count: 40 },
      { value: 0, count: 60 },
    ],
  });
  ok(Math.abs(fromSum / fromCoins - 1) < 1e-12);
  ok(eValue({ losses: [{ value: 0.4, count: 100 }] }) > fromSum);
});

test("nothing seen is an e-value of one, and an empty batch changes no evidence", () => {
  const monitor = createRiskMonitor({ tolerated: 0.2 });
  const empty = monitor.update(monitor.initial(), { n: 0, sum: 0 });
  deepEqual(monitor.read(monitor.initial()), {
    eValue: monitor.read(monitor.initial()).eValue,
    alarm: null,
    batches: 0,
    n: 0,
    mean: null,
    sinceOnset: null,
  });
  for (const state of [monitor.initial(), empty]) ok(Math.abs(monitor.read(state).eValue - 1) < 1e-9);
});

test("the state survives JSON, and the alarm stays when the loss falls again", () => {
  const monitor = createRiskMonitor({ tolerated: 0.1 });
  let state = firstAlarm(
    monitor,
    Array.from({ length: 5 }, () => ({ n: 500, sum: 200 })),
  );
  const alarm = state.alarm;
  const parsed: RiskState = JSON.parse(JSON.stringify(state));
  deepEqual(parsed, state);
  for (let day = 0; day < 30; day += 1) state = monitor.update(state, { n: 500, sum: 0 });
  ok(monitor.read(state).eValue < 100);
  deepEqual(state.alarm, alarm);
});

test("even absurd evidence stays a number", () => {
  const monitor = createRiskMonitor({ tolerated: 0.01 });
  ok(Number.isFinite(monitor.read(monitor.update(monitor.initial(), { n: 1e9, sum: 1e9 })).eValue));
});

test("a loss beyond the bound is refused", () => {
  const monitor = createRiskMonitor({ tolerated: 0.2 });
  throws(() => monitor.update(monitor.initial(), { losses: [{ value: 2, count: 1 }] }), RangeError);
  throws(() => monitor.update(monitor.initial(), { n: 3, sum: 4 }), RangeError);
});

test("one false alarm a quarter leaves a tenth of alpha, shared between the monitors", () => {
  deepEqual(
    [
      alphaForFalseAlarms({ atMost: 0 }),
      alphaForFalseAlarms({ atMost: 1 }),
      alphaForFalseAlarms({ atMost: 1, monitors: 4 }),
    ],
    [0.01, 0.1, 0.025],
  );
  equal(alphaForFalseAlarms({ atMost: 1, risk: 0.04 }), 0.2);
});
