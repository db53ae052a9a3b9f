import type { StudyState, TrialParameters, TrialState } from "./entities.ts";

declare module "#kernel/events" {
  interface Events {
    "study.started": { readonly name: string; readonly wantedTrials: number; readonly sampler: string };
    "study.resumed": { readonly name: string; readonly wantedTrials: number };
    /** Somebody asked for its end; `study.finished` tells when nothing of it runs any more. */
    "study.stop_requested": { readonly name: string };
    "study.finished": { readonly name: string; readonly state: StudyState; readonly reason: string };
    "trial.started": {
      readonly study: string;
      readonly number: number;
      readonly parameters: TrialParameters;
    };
    "trial.finished": {
      readonly study: string;
      readonly number: number;
      readonly state: TrialState;
      readonly values: readonly number[] | null;
      readonly reason: string;
    };
  }
}
