import type { Incident, Verdict } from "./entities.ts";

export interface NewOutcome {
  readonly predictionId: string;
  /** What was true: a value of the charter's target. */
  readonly value: string;
  readonly observedAtMs: number;
}

/** What became of a batch; the four add up to it. */
export interface RecordedOutcomes {
  /** First outcomes of predictions that are in the log. */
  readonly accepted: number;
  /** The latest value of a prediction changed; the earlier one stays in the history. */
  readonly corrected: number;
  /** Nothing new. */
  readonly repeated: number;
  /** No such prediction (yet): kept, and matched should it appear. */
  readonly unknown: number;
}

export interface MonitoringCommands {
  /** Durable once answered; the same batch again changes nothing. */
  recordOutcomes(order: {
    readonly project: string;
    readonly outcomes: readonly NewOutcome[];
    readonly actor: string;
  }): Promise<RecordedOutcomes>;
  /** Brings windows, monitors and incidents up to date with what was logged before `untilMs`. */
  evaluateMonitors(order: { readonly project: string; readonly untilMs: number }): Promise<void>;
  /** Throws `incident_not_found`, `incident_resolved`. */
  resolveIncident(order: {
    readonly id: string;
    readonly actor: string;
    readonly verdict: Verdict;
    readonly note: string;
  }): Promise<Incident>;
}
