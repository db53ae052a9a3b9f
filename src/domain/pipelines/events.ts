import type { ExecutionState, Purpose, StepState } from "./entities.ts";

declare module "#kernel/events" {
  interface Events {
    "execution.started": { readonly purpose: Purpose; readonly stages: readonly string[] };
    /** Each attempt: more than one only after the death of a server, or where the step is tried again. */
    "step.started": { readonly execution: string; readonly stage: string; readonly attempt: number };
    "step.finished": {
      readonly execution: string;
      readonly stage: string;
      readonly state: StepState;
      readonly durationMs: number;
      readonly reason: string;
    };
    "execution.finished": {
      readonly state: ExecutionState;
      readonly purpose: Purpose;
      /** Whether every stage of the pipeline took part. */
      readonly complete: boolean;
      readonly failedStage?: string;
    };
  }
}
