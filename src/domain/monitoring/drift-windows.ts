import { z } from "zod";

import { readLogSql } from "#kernel/columnar";
import { cellCount } from "#stats";

import type { DriftReference, DriftWindow } from "./drift.ts";
import { cellSql, chooseFeatures } from "./drift-features.ts";
import type { WatchedFeature } from "./drift-features.ts";
import type { LogSources } from "./outcome-log.ts";
import { windowStart } from "./plan.ts";
import type { MonitoringPlan } from "./plan.ts";
import { readDriftWindows, readReference, saveDriftWindows, saveReference } from "./drift-store.ts";

/** A small reference makes the detector duller, never jumpy; so better soon than exact, and a week at most. */
const enoughRows = 300;
const fewestRows = 100;
const fewestWindows = 2;
const mostWindows = 7;
const sampleRows = 5_000;

export interface DriftSources {
  readonly sources: LogSources;
  readonly project: string;
  readonly releaseId: string;
  readonly plan: MonitoringPlan;
  readonly untilMs: number;
}

/** The reference of a release and its closed windows after it; counts what is not counted yet. */
export async function loadDrift(
  question: DriftSources,
): Promise<{ readonly reference: DriftReference; readonly windows: readonly DriftWindow[] } | null> {
  const { sources, project, releaseId } = question;
  const reference = (await readReference(sources.db, project, releaseId)) ?? (await makeReference(question));
  if (reference === null) return null;
  const known = await readDriftWindows(sources.db, project, releaseId);
  const last = known.at(-1);
  const fromMs = last === undefined ? reference.untilMs : last.startMs + question.plan.windowMs;
  const untilMs = windowStart(question.plan, question.untilMs);
  if (fromMs >= untilMs) return { reference, windows: known };
  const counted = await countCells(question, reference.features, fromMs, untilMs);
  await saveDriftWindows(sources.db, project, releaseId, counted);
  return { reference, windows: [...known, ...counted] };
}

/** The first closed windows of the release that hold enough rows; null while there are none. */
async function makeReference(question: DriftSources): Promise<DriftReference | null> {
  const { sources, project, releaseId, plan } = question;
  const untilMs = windowStart(plan, question.untilMs);
  const log = await readLogSql(sources, sources.predictions, { toMs: untilMs });
  const days = await sources.analyst.rows(
    `select at_ms // ${plan.windowMs} * ${plan.windowMs} as start_ms, count(*) as rows from ${log}
     where project = $1 and release = $2 and role in ('live', 'canary') group by 1 order by 1`,
    [project, releaseId],
    z.object({ start_ms: z.number(), rows: z.number() }),
  );
  const range = referenceRange(
    days.map(({ start_ms, rows }) => ({ startMs: start_ms, rows })),
    plan.windowMs,
    untilMs,
  );
  if (range === null) return null;
  const features = await watchedFeatures(question, range);
  const [counts] = await countCells(
    { ...question, plan: { ...plan, windowMs: range.untilMs - range.fromMs } },
    features,
    range.fromMs,
    range.untilMs,
  );
  const reference: DriftReference = {
    ...range,
    features: features.map((feature, index) => ({ ...feature, counts: counts?.counts[index] ?? [] })),
  };
  await saveReference(sources.db, project, releaseId, reference);
  return reference;
}

/** Pure: which of a release's windows make its reference. */
export function referenceRange(
  windows: readonly { readonly startMs: number; readonly rows: number }[],
  windowMs: number,
  untilMs: number,
): { readonly fromMs: number; readonly untilMs: number } | null {
  const first = windows[0];
  if (first === undefined) return null;
  let rows = 0;
  for (let count = 1; first.startMs + count * windowMs <= untilMs; count++) {
    const endMs = first.startMs + count * windowMs;
    rows = windows.filter(({ startMs }) => startMs < endMs).reduce((sum, window) => sum + window.rows, 0);
    const isEnough =
      (rows >= enoughRows && count >= fewestWindows) || (rows >= fewestRows && count >= mostWindows);
    if (isEnough) return { fromMs: first.startMs, untilMs: endMs };
  }
  return null;
}

async function watchedFeatures(
  { sources, project, releaseId, plan }: DriftSources,
  range: { readonly fromMs: number; readonly untilMs: number },
): Promise<WatchedFeature[]> {
  const log = await readLogSql(sources, sources.predictions, { fromMs: range.fromMs, toMs: range.untilMs });
  const sample = await sources.analyst.rows(
    `select score, inputs from ${log} where project = $1 and release = $2 and role in ('live', 'canary')
     order by prediction_id limit ${sampleRows}`,
    [project, releaseId],
    z.object({ score: z.number(), inputs: z.string() }),
  );
  const inputs = z.record(z.string(), z.unknown());
  return chooseFeatures(
    sample.map((row) => ({ score: row.score, inputs: inputs.parse(JSON.parse(row.inputs)) })),
    plan.segments,
  );
}

/** Counts every feature's cells in every window of the range, in one pass; windows without rows are there too. */
async function countCells(
  { sources, project, releaseId, plan }: DriftSources,
  features: readonly WatchedFeature[],
  fromMs: number,
  untilMs: number,
): Promise<DriftWindow[]> {
  const log = await readLogSql(sources, sources.predictions, { fromMs, toMs: untilMs });
  const cells = features.map((feature, index) => `{'feature': ${index}, 'cell': ${cellSql(feature)}}`);
  const rows = await sources.analyst.rows(
    `select start_ms, one.feature as feature, one.cell as cell, count(*) as rows
     from (select (at_ms - ${fromMs}) // ${plan.windowMs} * ${plan.windowMs} + ${fromMs} as start_ms, unnest([${cells.join(", ")}]) as one
       from ${log} where project = $1 and release = $2 and role in ('live', 'canary'))
     group by 1, 2, 3`,
    [project, releaseId],
    z.object({ start_ms: z.number(), feature: z.number(), cell: z.number(), rows: z.number() }),
  );
  const windows: DriftWindow[] = [];
  for (let startMs = fromMs; startMs < untilMs; startMs += plan.windowMs) {
    const counts = features.map(({ bins }) => Array.from({ length: cellCount(bins) }, () => 0));
    for (const row of rows) {
      const own = counts[row.feature];
      if (row.start_ms === startMs && own !== undefined) own[row.cell] = row.rows;
    }
    windows.push({ startMs, counts });
  }
  return windows;
}
