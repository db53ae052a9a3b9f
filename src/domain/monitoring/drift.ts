import { addCounts, cellLabels, createDriftDetector } from "#stats";
import type { DriftReading, Histogram } from "#stats";

import type { DriftFeature, MonitorReading } from "./entities.ts";
import { periodWindows } from "./plan.ts";
import type { MonitoringPlan, PlannedDrift } from "./plan.ts";
import type { WatchedRelease } from "./ports.ts";
import type { WatchedFeature } from "./drift-features.ts";

/** What a release's traffic was like in its first windows: what later windows are compared with. */
export interface DriftReference {
  readonly fromMs: number;
  /** The windows after this are watched. */
  readonly untilMs: number;
  readonly features: readonly (WatchedFeature & { readonly counts: readonly number[] })[];
}

/** The counts per cell of one closed window, in the order of the reference's features. */
export interface DriftWindow {
  readonly startMs: number;
  readonly counts: readonly (readonly number[])[];
}

export interface DriftQuestion {
  readonly plan: MonitoringPlan;
  readonly reference: DriftReference;
  /** Closed windows after the reference, oldest first. */
  readonly windows: readonly DriftWindow[];
}

/**
 * Each drift monitor of the charter over its features, with a detector and a share of the error contract of
 * its own. The strongest evidence first. Pure: counts in, evidence out.
 */
export function readDrift(question: DriftQuestion): DriftFeature[] {
  const { plan, reference } = question;
  return plan.drift
    .flatMap((monitor) => {
      const watched = reference.features.flatMap((feature, index) =>
        belongsTo(monitor, feature) ? [{ feature, index }] : [],
      );
      return watched.length === 0 ? [] : readMonitor(question, monitor, watched);
    })
    .toSorted((a, b) => b.eValue - a.eValue);
}

/** How the drift monitors stand, for the list of everything that is watched. */
export function driftReadings(
  plan: MonitoringPlan,
  release: Pick<WatchedRelease, "id" | "modelVersionId">,
  features: readonly DriftFeature[],
): MonitorReading[] {
  return plan.drift.map((monitor): MonitorReading => {
    const own = features.filter(({ feature, kind }) => belongsTo(monitor, { name: feature, kind }));
    const strongest = own[0];
    const alarm = own.find((feature) => feature.alarm !== null)?.alarm ?? null;
    return {
      monitor: monitor.id,
      kind: "drift",
      sentence: monitor.sentence,
      metric: null,
      segment: null,
      comparison: null,
      bound: null,
      state: strongest === undefined ? "too_early" : alarm === null ? "watching" : "alarm",
      releaseId: release.id,
      modelVersionId: release.modelVersionId,
      value: null,
      interval: null,
      n: strongest === undefined ? 0 : strongest.counts.reduce((sum, count) => sum + count, 0),
      eValue: strongest?.eValue ?? 1,
      alarmAt: 1 / monitor.alpha,
      alarm,
    };
  });
}

function belongsTo(
  { subject }: PlannedDrift,
  { kind, name }: { kind: DriftFeature["kind"]; name: string },
): boolean {
  switch (subject.kind) {
    case "score":
      return kind === "score";
    case "decision":
      return kind === "decision";
    case "segment":
      return kind === "segment" && name === subject.column;
    case "inputs":
      return kind === "text_length" || kind === "number" || kind === "category";
  }
}

function readMonitor(
  { plan, windows }: DriftQuestion,
  monitor: PlannedDrift,
  watched: readonly { readonly feature: DriftReference["features"][number]; readonly index: number }[],
): DriftFeature[] {
  const detector = createDriftDetector({
    reference: Object.fromEntries(watched.map(({ feature }) => [feature.name, histogramOf(feature)])),
    alpha: monitor.alpha,
    periodWindows: periodWindows(plan),
  });
  let state = detector.initial();
  const readings: DriftReading[] = [];
  for (const window of windows) {
    const counts = watched.flatMap(({ feature, index }) => {
      const own = window.counts[index];
      return own === undefined ? [] : [[feature.name, own] as const];
    });
    state = detector.update(state, Object.fromEntries(counts));
    readings.push(detector.read(state));
  }
  const last = detector.read(state);
  return watched.map(({ feature, index }) => {
    const reading = last.features.find((one) => one.feature === feature.name);
    const { alarm = null, strongest = null, eValue = 1 } = reading ?? {};
    const onset = alarm === null ? 0 : alarm.onsetWindow;
    return {
      feature: feature.name,
      kind: feature.kind,
      eValue,
      alarm: alarm === null ? null : timesOf(alarm, windows),
      strongest:
        strongest === null
          ? null
          : {
              ...strongest,
              share: strongest.share.value,
              interval: [strongest.share.low, strongest.share.high],
            },
      reference: { cells: cellLabels(feature.bins), counts: feature.counts },
      counts: sumCounts(windows.slice(onset), index, feature.counts.length),
      series: windows.map((window, position) => ({
        startMs: window.startMs,
        eValue: readings[position]?.features.find((one) => one.feature === feature.name)?.eValue ?? 1,
        n: (window.counts[index] ?? []).reduce((sum, count) => sum + count, 0),
      })),
    };
  });
}

function timesOf(
  alarm: { readonly window: number; readonly onsetWindow: number },
  windows: readonly DriftWindow[],
): DriftFeature["alarm"] {
  const windowStartMs = windows[alarm.window]?.startMs;
  const onsetMs = windows[alarm.onsetWindow]?.startMs;
  return windowStartMs === undefined || onsetMs === undefined ? null : { windowStartMs, onsetMs };
}

function histogramOf({ bins, counts }: DriftReference["features"][number]): Histogram {
  return { bins, counts };
}

function sumCounts(windows: readonly DriftWindow[], index: number, cells: number): readonly number[] {
  const nothing: readonly number[] = Array.from({ length: cells }, () => 0);
  return windows.reduce((sum, window) => addCounts(sum, window.counts[index] ?? nothing), nothing);
}
