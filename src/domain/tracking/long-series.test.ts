import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import { createTracking, migrations } from "./index.ts";
import type { MetricSeries } from "./index.ts";

const startMs = Date.UTC(2027, 0, 1);
const points = 30_000;

/** A run with one metric long enough to be summed up, with one extreme in each direction. */
async function openLong(open: OpenTestDatabase) {
  const kernel = await createTestKernel({ db: await open(), migrations, startMs });
  const { commands, metricSeries } = createTracking({ ...kernel, isProject: async () => false });
  const run = await commands.createRun({ project: "care", actor: "usr_ada", startedAtMs: startMs });
  const log = (steps: readonly number[], value: (step: number) => number) =>
    commands.logBatch({
      runId: run.id,
      metrics: steps.map((step) => ({ key: "loss", value: value(step), step, atMs: startMs + step * 10 })),
    });
  const usual = (step: number): number => (step === 7_777 ? 500 : step === 21_212 ? -500 : (step * 31) % 97);
  const all = Array.from({ length: points }, (_, step) => step);
  for (let at = 0; at < points; at += 1_000) await log(all.slice(at, at + 1_000), usual);
  const chunks = async (): Promise<number> =>
    (await kernel.db.query.selectFrom("metric_chunks").select("chunk").execute()).length;
  const bringIn = (step: number, value: number) =>
    commands.imports.importPoints({
      runId: run.id,
      points: [{ key: "loss", value, step, atMs: startMs + step * 10 }],
    });
  const read = (options: { buckets: number; axis?: "step" | "time"; from?: number; to?: number }) =>
    metricSeries(run.id, "loss", options);
  return { log, bringIn, read, chunks, usual };
}

const extremes = ({ buckets }: MetricSeries): [number, number] => [
  Math.min(...buckets.map(({ min }) => min ?? Infinity)),
  Math.max(...buckets.map(({ max }) => max ?? -Infinity)),
];
const counted = ({ buckets }: MetricSeries): number => buckets.reduce((all, { count }) => all + count, 0);

describeOnEveryEngine("a long series", (open) => {
  it("is summed up once and then read in few rows, whole or in part, with every extreme and every point", async () => {
    const { read, chunks } = await openLong(open);
    const whole = await read({ buckets: 100 });
    assert.ok((await chunks()) > 300, `${await chunks()} chunks`);
    assert.deepEqual(
      [whole.points, whole.buckets.length, counted(whole), extremes(whole)],
      [points, 100, points, [-500, 500]],
    );
    assert.deepEqual([whole.buckets[0]?.fromStep, whole.buckets.at(-1)?.toStep], [0, points - 1]);
    assert.equal(whole.buckets.at(-1)?.last, ((points - 1) * 31) % 97);

    const part = await read({ buckets: 50, axis: "step", from: 7_777, to: 20_003 });
    assert.deepEqual([part.points, counted(part), extremes(part)], [12_227, 12_227, [0, 500]]);
    assert.deepEqual([part.buckets[0]?.fromStep, part.buckets.at(-1)?.toStep], [7_777, 20_003]);

    const inTime = await read({ buckets: 50, axis: "time", from: startMs + 77_770, to: startMs + 200_030 });
    assert.deepEqual([inTime.axis, counted(inTime), extremes(inTime)], ["time", 12_227, [0, 500]]);

    const fine = await read({ buckets: 100, axis: "step", from: 21_200, to: 21_219 });
    assert.deepEqual(
      fine.buckets.map(({ fromStep, last }) => (last === -500 ? fromStep : "")).filter(Boolean),
      [21_212],
    );
  });

  it("holds points that come late, within what was summed up already", async () => {
    const { log, read, chunks } = await openLong(open);
    await read({ buckets: 100 });
    const before = await chunks();
    await log([15_000], () => 9_999);
    const after = await chunks();
    assert.ok(after < before && after > 200, `${before} chunks, then ${after}`);
    const whole = await read({ buckets: 100 });
    assert.deepEqual([counted(whole), extremes(whole)], [points + 1, [-500, 9_999]]);
    await log([-5], () => -9_999);
    assert.deepEqual(extremes(await read({ buckets: 100 })), [-9_999, 9_999]);
    assert.equal(counted(await read({ buckets: 100 })), points + 2);
  });

  it("holds points that are brought in from another server, within what was summed up already", async () => {
    const { bringIn, read } = await openLong(open);
    await read({ buckets: 100 });
    await bringIn(15_000, 9_999);
    const whole = await read({ buckets: 100 });
    assert.deepEqual([counted(whole), extremes(whole)], [points + 1, [-500, 9_999]]);
  });

  it("takes in points that go on arriving while it is summed up", async () => {
    const { log, read } = await openLong(open);
    const reading = read({ buckets: 100 });
    const late = log([3, points + 1], () => 7_000);
    await Promise.all([reading, late]);
    const whole = await read({ buckets: 100 });
    assert.deepEqual([counted(whole), extremes(whole)], [points + 2, [-500, 7_000]]);
    assert.equal(whole.buckets[0]?.max, 7_000);
  });
});
