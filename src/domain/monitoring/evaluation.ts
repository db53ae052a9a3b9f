import type { Clock } from "#kernel/clock";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";

import { findCause } from "./cause-query.ts";
import { readCoverage } from "./coverage.ts";
import { driftReadings, readDrift } from "./drift.ts";
import { insertNotice } from "./drift-store.ts";
import { loadDrift } from "./drift-windows.ts";
import type { Cause, DriftFeature, Incident, MonitorReading, TimelineEntry } from "./entities.ts";
import { alarmText, groupAlarms, onsetOf, recovery, titleOf, withEntry } from "./incidents.ts";
import type { Alarms } from "./incidents.ts";
import type { LogSources } from "./outcome-log.ts";
import { readPerformance } from "./performance.ts";
import { isFinal, shapeOf, windowStart } from "./plan.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { ReleasesPort, WatchedRelease } from "./ports.ts";
import { readLine } from "./sight.ts";
import type { Sight } from "./sight.ts";
import {
  forgetWindows,
  markEvaluated,
  readIncidents,
  readProgress,
  readWindows,
  saveIncident,
  saveWindows,
} from "./store.ts";
import { countWindows } from "./window-query.ts";
import { restate } from "./windows.ts";

export interface EvaluationParts {
  readonly sources: LogSources;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly releases: ReleasesPort;
}

export interface Readings {
  readonly monitors: readonly MonitorReading[];
  readonly drift: readonly DriftFeature[];
}

export type Evaluation = ReturnType<typeof createEvaluation>;

/**
 * Brings windows, monitors and incidents up to what was logged before a time. Everything follows from the
 * log, the releases and that time, so an evaluation done twice, or after a crash, ends the same.
 */
export function createEvaluation(parts: EvaluationParts) {
  const { sources, ledger, clock, releases } = parts;
  const { db } = sources;

  async function evaluate(project: string, plan: MonitoringPlan, untilMs: number): Promise<void> {
    await countAnew(project, plan, untilMs);
    const live = await releases.liveRelease(project, plan.environment);
    if (live === undefined) return;
    const readings = await read(project, plan, live, untilMs);
    await noticeDrift(project, live, readings.drift);
    for (const alarms of groupAlarms(readings.monitors.filter(({ kind }) => kind !== "drift"))) {
      await raise(project, plan, live, alarms, readings, untilMs);
    }
    await resolveRecovered(project, plan, live, readings, untilMs);
  }

  /** Counts the windows that may have changed: those of new outcomes, and those since the last evaluation. */
  async function countAnew(project: string, plan: MonitoringPlan, untilMs: number): Promise<void> {
    const progress = await readProgress(db, project);
    const shape = shapeOf(plan);
    const isAnew = progress.shape !== shape || progress.evaluatedUntilMs === null;
    const sinceMs = Math.min(progress.evaluatedUntilMs ?? 0, progress.dirtyFromMs ?? Infinity);
    const fromMs = isAnew ? 0 : windowStart(plan, sinceMs);
    const counted = await countWindows(sources, { project, plan, fromMs, untilMs });
    await db.transaction(async () => {
      if (isAnew) await forgetWindows(db, project);
      const stored = isAnew ? [] : await readWindows(db, { project, fromMs });
      await saveWindows(db, project, restate(stored, counted, plan, progress.evaluatedUntilMs ?? 0));
      await markEvaluated(db, project, { revision: progress.revision, untilMs, shape });
    });
  }

  async function read(
    project: string,
    plan: MonitoringPlan,
    live: WatchedRelease,
    nowMs: number,
    sight?: Sight,
  ): Promise<Readings> {
    const loaded = await loadDrift({ sources, project, releaseId: live.id, plan, untilMs: nowMs });
    const drift = loaded === null ? [] : readDrift({ plan, ...loaded });
    const windows = await readWindows(db, { project, releaseId: live.id, role: "answered" });
    const line = await readLine(db, { project, segment: "" }, sight);
    const coverage = readCoverage({
      plan,
      release: live,
      windows: line,
      foldFromMs: await judgedUntil(project, plan, "data", null),
      nowMs,
    });
    const foldFromMs = {
      outcomes: await judgedUntil(project, plan, "performance", live.id),
      answers: await judgedUntil(project, plan, "outage", live.id),
    };
    const monitors = [
      ...readPerformance({ plan, release: live, windows, foldFromMs, nowMs }),
      ...(coverage === null ? [] : [coverage]),
      ...driftReadings(plan, live, drift),
    ];
    return { monitors, drift };
  }

  /** Windows that had matured when an incident was closed have been judged, and are not held against the release again. */
  async function judgedUntil(
    project: string,
    plan: MonitoringPlan,
    kind: Incident["kind"],
    releaseId: string | null,
  ): Promise<number> {
    const closed = await readIncidents(db, { project, state: "resolved" });
    const times = closed
      .filter((one) => one.kind === kind && (releaseId === null || one.releaseId === releaseId))
      .map((one) => one.resolvedAtMs ?? 0);
    if (times.length === 0) return 0;
    const waitMs = kind === "outage" ? 0 : plan.arriveWithinMs;
    return Math.max(...times) - waitMs - plan.windowMs + 1;
  }

  async function noticeDrift(
    project: string,
    live: WatchedRelease,
    drift: readonly DriftFeature[],
  ): Promise<void> {
    for (const { feature, alarm, strongest } of drift) {
      if (alarm === null || strongest === null) continue;
      await db.transaction(async () => {
        const isFirst = await insertNotice(db, { project, releaseId: live.id, feature, atMs: clock.nowMs() });
        if (!isFirst) return;
        await ledger.append({
          kind: "drift.noticed",
          subject: live.id,
          project,
          actor: "system",
          data: { feature, cell: strongest.cell, direction: strongest.direction, onsetMs: alarm.onsetMs },
        });
      });
    }
  }

  /** One open incident per kind and line: what alarms later on is added to it. */
  async function raise(
    project: string,
    plan: MonitoringPlan,
    live: WatchedRelease,
    alarms: Alarms,
    readings: Readings,
    untilMs: number,
  ): Promise<void> {
    const isOpen = (one: Incident): boolean =>
      one.kind === alarms.kind && one.environment === plan.environment;
    const open = (await readIncidents(db, { project, state: "open" })).find(isOpen);
    if (open !== undefined) {
      for (const reading of [alarms.first, ...alarms.others]) {
        await addEntry(open.id, entryOf(reading, live, clock.nowMs()), live.id);
      }
      return;
    }
    const cause = await causeOf(project, plan, live, alarms, readings, untilMs);
    await writeIncident(project, plan, live, alarms, cause);
  }

  async function causeOf(
    project: string,
    plan: MonitoringPlan,
    live: WatchedRelease,
    { kind, first }: Alarms,
    { drift }: Readings,
    untilMs: number,
  ): Promise<Cause> {
    if (kind !== "performance") return { ranked: [], sentence: alarmText(first) };
    let maturedUntilMs = windowStart(plan, untilMs);
    while (!isFinal(plan, maturedUntilMs - plan.windowMs, untilMs)) maturedUntilMs -= plan.windowMs;
    const onsetMs = onsetOf(first);
    return await findCause({
      sources,
      project,
      plan,
      release: live,
      onsetMs,
      maturedUntilMs,
      nowMs: untilMs,
      drift,
    });
  }

  async function writeIncident(
    project: string,
    plan: MonitoringPlan,
    live: WatchedRelease,
    { kind, first, others }: Alarms,
    cause: Cause,
  ): Promise<void> {
    const nowMs = clock.nowMs();
    const title = titleOf(first, plan.currency);
    const alarm = first.alarm;
    if (alarm === null) return;
    const incident: Incident = {
      id: createId("incident", clock),
      project,
      kind,
      severity: kind === "data" ? "digest" : "page",
      monitor: first.monitor,
      title,
      state: "open",
      openedAtMs: nowMs,
      onsetMs: alarm.onsetMs,
      environment: plan.environment,
      modelVersionId: live.modelVersionId,
      releaseId: live.id,
      evidence: {
        metric: first.metric ?? first.monitor,
        value: first.value,
        expected: first.bound,
        interval: first.interval,
        n: first.n,
        eValue: first.eValue,
        windowStartMs: alarm.windowStartMs,
        windowEndMs: alarm.windowStartMs + plan.windowMs,
      },
      cause,
      timeline: [],
      resolvedAtMs: null,
      resolution: null,
    };
    await openIncident(
      [first, ...others].reduce((one, reading) => withEntry(one, entryOf(reading, live, nowMs)), incident),
    );
  }

  /** Opens the incident unless one of its kind was opened for the line meanwhile. */
  async function openIncident(incident: Incident): Promise<void> {
    await db.transaction(async () => {
      const open = await readIncidents(db, { project: incident.project, state: "open" });
      if (open.some((one) => one.kind === incident.kind && one.environment === incident.environment)) return;
      await saveIncident(db, incident);
      const { kind, monitor, title, modelVersionId, releaseId } = incident;
      await ledger.append({
        kind: "incident.opened",
        subject: incident.id,
        project: incident.project,
        actor: "system",
        data: { kind, monitor, title, modelVersionId, releaseId },
      });
    });
  }

  async function addEntry(id: string, entry: TimelineEntry, releaseId: string): Promise<void> {
    await db.transaction(async () => {
      const [incident] = await readIncidents(db, { id });
      if (incident === undefined || incident.state !== "open") return;
      const updated = withEntry(incident, entry);
      if (updated === incident) return;
      await saveIncident(db, updated);
      // What came from the ledger is in it already.
      if (entry.seq !== null) return;
      await ledger.append({
        kind: "incident.updated",
        subject: id,
        project: incident.project,
        actor: "system",
        data: { kind: incident.kind, change: entry.text, releaseId },
      });
    });
  }

  async function resolveRecovered(
    project: string,
    plan: MonitoringPlan,
    live: WatchedRelease,
    readings: Readings,
    nowMs: number,
  ): Promise<void> {
    const windows = await readWindows(db, { project, releaseId: live.id, role: "answered", segment: "" });
    const line = await readLine(db, { project, segment: "" }, undefined);
    for (const incident of await readIncidents(db, { project, state: "open" })) {
      const sentence = recovery({ incident, plan, live, windows, line, readings: readings.monitors, nowMs });
      if (sentence === null) continue;
      await resolve(incident.id, { by: "system", verdict: "recovered", note: sentence });
    }
  }

  async function resolve(id: string, resolution: NonNullable<Incident["resolution"]>): Promise<void> {
    await db.transaction(async () => {
      const [incident] = await readIncidents(db, { id });
      if (incident === undefined || incident.state === "resolved") return;
      const atMs = clock.nowMs();
      const entry: TimelineEntry = { atMs, text: `Resolved: ${resolution.note}`, link: null, seq: null };
      await saveIncident(db, {
        ...withEntry(incident, entry),
        state: "resolved",
        resolvedAtMs: atMs,
        resolution,
      });
      await ledger.append({
        kind: "incident.resolved",
        subject: id,
        project: incident.project,
        actor: resolution.by,
        data: { kind: incident.kind, verdict: resolution.verdict, note: resolution.note },
      });
    });
  }

  return { evaluate, read, openIncident, addEntry, resolve };
}

function entryOf(reading: MonitorReading, live: WatchedRelease, atMs: number): TimelineEntry {
  return {
    atMs,
    text: `Version ${live.number}. ${alarmText(reading)}`,
    link: null,
    seq: null,
  };
}
