import type { Incident, RolloutReading } from "./entities.ts";
import type { CoverageSeries, DriftFeature, MonitorReading, MonitoringOverview, Window } from "./entities.ts";
import type { LabelledRows, LabelledRowsQuestion } from "./labelled-rows.ts";
import type { Sight } from "./sight.ts";
import type { Trace } from "./trace.ts";
import "./events.ts";

export { createMonitoring } from "./module.ts";
export type { MonitoringModule, MonitoringParts } from "./module.ts";
export { migrations } from "./store.ts";
export { problems } from "./problems.ts";
export { outcomeLog } from "./outcome-log.ts";
export type {
  Cause,
  CoverageSeries,
  DriftFeature,
  DriftPoint,
  Incident,
  IncidentKind,
  IncidentState,
  Metric,
  MonitorReading,
  MonitoringOverview,
  RankedCause,
  Resolution,
  RolloutComparison,
  RolloutReading,
  TimelineEntry,
  Verdict,
  Window,
} from "./entities.ts";
export type { LabelledRows, LabelledRowsQuestion } from "./labelled-rows.ts";
export type { KnownOutcome, LoggedPrediction } from "./outcome-log.ts";
export type { Sight } from "./sight.ts";
export type { Trace } from "./trace.ts";

export interface QualityQuestion {
  readonly metric: string;
  /** `airline=United`; the whole when absent. */
  readonly segment?: string;
  /** One version's predictions, canary and live together; everything that was answered when absent. */
  readonly modelVersionId?: string;
  /** A shadow's own quality, on the outcomes of the requests it listened to. */
  readonly role?: "answered" | "shadow";
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly sight?: Sight;
}

/**
 * The questions others may ask about how a product does in the world: of all releases, or within a sight as if there
 * were no others.
 */
export interface Monitoring {
  /** Windows in event time, oldest first. */
  quality(project: string, question: QualityQuestion): Promise<readonly Window[]>;
  /** The features of the live release against its first days, the strongest change first. */
  drift(project: string, sight?: Sight): Promise<readonly DriftFeature[]>;
  coverage(project: string, sight?: Sight): Promise<CoverageSeries>;
  /** What is watched, with its bound, its last value and whether it alarms. */
  listMonitors(project: string, sight?: Sight): Promise<readonly MonitorReading[]>;
  overview(project: string, sight?: Sight): Promise<MonitoringOverview>;
  /** Newest first. */
  listIncidents(project: string, sight?: Sight): Promise<readonly Incident[]>;
  /** The releases that these incidents of a project tell of, by the incident's id. */
  releasesOfIncidents(
    project: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Throws `incident_not_found`. */
  getIncident(id: string): Promise<Incident>;
  /** The release under way beside the live one; null when it is not being rolled out. */
  rolloutReading(releaseId: string): Promise<RolloutReading | null>;
  /** Everything one prediction came from, and its outcome if known. Throws `prediction_not_found`. */
  trace(project: string, predictionId: string): Promise<Trace>;
  /** The releases that answered these predictions; those not in the log are left out. */
  releasesOfPredictions(project: string, predictionIds: readonly string[]): Promise<readonly string[]>;
  /** Writes labelled predictions as CSV: inputs, the target, `prediction_id`, the time. */
  labelledRows(question: LabelledRowsQuestion): Promise<LabelledRows>;
}
