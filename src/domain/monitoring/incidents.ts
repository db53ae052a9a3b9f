import type { Incident, MonitorReading, TimelineEntry } from "./entities.ts";
import type { MonitoringPlan } from "./plan.ts";
import { isFinal } from "./plan.ts";
import type { WatchedRelease } from "./ports.ts";
import { addWindows, measure } from "./windows.ts";
import type { WindowCounts } from "./windows.ts";

/** The first and the others of one cause: rules that broke together are one incident. */
export interface Alarms {
  readonly kind: Incident["kind"];
  readonly first: MonitorReading;
  readonly others: readonly MonitorReading[];
}

/** Groups what alarms by what it calls for: quality, latency, outcomes. Rules over all come before those of a slice. */
export function groupAlarms(readings: readonly MonitorReading[]): Alarms[] {
  const alarming = readings.filter(({ state }) => state === "alarm");
  const kinds = { performance: "performance", latency: "outage", coverage: "data", drift: "drift" } as const;
  return [...Map.groupBy(alarming, ({ kind }) => kinds[kind])].flatMap(([kind, group]) => {
    const [first, ...others] = group.toSorted(
      (a, b) => Number(a.segment !== null) - Number(b.segment !== null) || onsetOf(a) - onsetOf(b),
    );
    return first === undefined ? [] : [{ kind, first, others }];
  });
}

export function onsetOf(reading: MonitorReading): number {
  return reading.alarm?.onsetMs ?? Infinity;
}

export function titleOf(reading: MonitorReading, currency: string): string {
  const where = reading.segment === null ? "" : ` for ${reading.segment}`;
  switch (reading.metric) {
    case "expected_cost":
      return `Wrong predictions cost ${money(reading.value, currency)} each${where}, more than ${money(reading.bound, currency)}`;
    case "latency_p95_ms":
      return `Answers are slower than ${shown(reading.bound)} ms${where}`;
    case "coverage":
      return "Fewer outcomes arrive than usual";
    default:
      return `${capital(reading.metric ?? reading.monitor)}${where} is ${shown(reading.value)}, asked ${reading.comparison ?? ""} ${shown(reading.bound)}`;
  }
}

/** How an alarm stands in a timeline: without figures, which every evaluation restates. */
export function alarmText({ sentence, segment }: MonitorReading): string {
  const where = segment === null ? "" : ` (${segment})`;
  return `Alarm${where}: ${sentence}`;
}

/** Adds an entry once: the same line of the ledger, or the same words, is the same entry. In the order of time. */
export function withEntry(incident: Incident, entry: TimelineEntry): Incident {
  const isKnown = incident.timeline.some((one) =>
    entry.seq === null ? one.text === entry.text : one.seq === entry.seq,
  );
  if (isKnown) return incident;
  return { ...incident, timeline: [...incident.timeline, entry].toSorted((a, b) => a.atMs - b.atMs) };
}

/** Fewer matured outcomes than this say nothing about a recovery. */
export const enoughOutcomes = 100;

export interface RecoveryQuestion {
  readonly incident: Incident;
  readonly plan: MonitoringPlan;
  readonly live: Pick<WatchedRelease, "id" | "liveAtMs">;
  /** Of the live release, answered, over all rows. */
  readonly windows: readonly WindowCounts[];
  /** Of the whole line, whatever release answered. */
  readonly line: readonly WindowCounts[];
  readonly readings: readonly MonitorReading[];
  readonly nowMs: number;
}

/** Whether an incident is over by itself: the sentence that says so, or null. */
export function recovery(question: RecoveryQuestion): string | null {
  switch (question.incident.kind) {
    case "performance":
      return recoveredQuality(question);
    case "data":
      return recoveredWindow(question, "coverage", question.plan.arriveWithinMs);
    case "outage":
      return recoveredWindow(question, "latency_p95_ms", 0);
    default:
      return null;
  }
}

/**
 * Quality has recovered when another release answers and its matured outcomes, of windows that ended after
 * the incident was opened, are enough and within every bound.
 */
function recoveredQuality({
  incident,
  plan,
  live,
  windows,
  readings,
  nowMs,
}: RecoveryQuestion): string | null {
  if (live.id === incident.releaseId) return null;
  const sinceMs = Math.max(incident.openedAtMs, live.liveAtMs ?? 0);
  const matured = windows.filter(
    ({ startMs }) => startMs + plan.windowMs > sinceMs && isFinal(plan, startMs, nowMs),
  );
  const { outcomes } = addWindows(matured);
  const quality = readings.filter(({ kind }) => kind === "performance");
  if (outcomes < enoughOutcomes || quality.some(isBeyond)) return null;
  const main = quality.find(({ monitor, segment }) => monitor === incident.monitor && segment === null);
  const value =
    main === undefined
      ? ""
      : `: ${main.metric ?? main.monitor} ${shown(main.value)}, asked ${main.comparison ?? ""} ${shown(main.bound)}`;
  return `Another release is live, and on ${outcomes} matured outcomes nothing shows it beyond its bounds${value}`;
}

/** The newest window that can be judged, of those after the incident was opened, keeps what was asked. */
function recoveredWindow(
  { incident, plan, line, nowMs }: RecoveryQuestion,
  metric: "coverage" | "latency_p95_ms",
  arriveWithinMs: number,
): string | null {
  const judged = line.findLast(
    ({ startMs, predictions }) =>
      predictions >= 20 &&
      startMs >= incident.evidence.windowEndMs &&
      isFinal({ windowMs: plan.windowMs, arriveWithinMs }, startMs, nowMs),
  );
  const { expected } = incident.evidence;
  if (judged === undefined || expected === null) return null;
  const { value } = measure(judged, metric, plan);
  if (value === null) return null;
  const keeps = metric === "coverage" ? value >= expected : value <= expected;
  return keeps ? `The newest window has ${metric} ${shown(value)}, asked ${shown(expected)}` : null;
}

/**
 * Beyond its bound as far as one can see. Of a slice with few rows, and of a bound that is itself an estimate
 * from held-out rows, only an alarm counts.
 */
function isBeyond(reading: MonitorReading): boolean {
  if (reading.state === "alarm") return true;
  const { monitor, value, bound, comparison, n, segment } = reading;
  if (value === null || bound === null || segment !== null || n < 20 || monitor.endsWith(":as_released"))
    return false;
  return comparison === "<=" || comparison === "<" ? value > bound : value < bound;
}

export function shown(value: number | null): string {
  return value === null ? "unknown" : value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function money(value: number | null, currency: string): string {
  return value === null ? "an unknown amount" : `${value.toFixed(2)} ${currency}`.trim();
}

function capital(metric: string): string {
  const words = metric.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
