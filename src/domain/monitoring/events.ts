import type { IncidentKind } from "./entities.ts";

declare module "#kernel/events" {
  interface Events {
    /** A batch of outcomes; the times are those of the predictions they belong to. The subject is the project. */
    "outcomes.recorded": {
      /** Predictions that now have an outcome or another one. */
      readonly count: number;
      readonly corrected: number;
      readonly unknown: number;
      readonly fromMs: number | null;
      readonly untilMs: number | null;
    };
    "incident.opened": {
      readonly kind: IncidentKind;
      readonly monitor: string;
      readonly title: string;
      readonly modelVersionId: string;
      readonly releaseId: string;
    };
    "incident.updated": { readonly kind: IncidentKind; readonly change: string; readonly releaseId: string };
    "incident.resolved": { readonly kind: IncidentKind; readonly verdict: string; readonly note: string };
    /** Inputs or scores of a release left what they were at first: a diagnosis, not an alarm. The subject is the release. */
    "drift.noticed": {
      readonly feature: string;
      readonly cell: string;
      readonly direction: "more" | "fewer";
      readonly onsetMs: number;
    };
  }
}
