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
    /** An attempt did not end well, or was stopped for another's sake, and the step waits for the next one. */
    "step.requeued": {
      readonly execution: string;
      readonly stage: string;
      readonly attempt: number;
      readonly outcome: "failed" | "preempted" | "lost";
      readonly reason: string;
      readonly delayMs: number;
    };
    /** Somebody asked a running step to make room. */
    "step.preempted": { readonly execution: string; readonly stage: string };
    /** A step waits for a person's answer. */
    "approval.requested": { readonly execution: string; readonly stage: string; readonly question: string };
    "approval.answered": {
      readonly execution: string;
      readonly stage: string;
      readonly answer: "approved" | "declined";
      readonly note: string | null;
    };
    "schedule.set": { readonly name: string; readonly cron: string; readonly timezone: string };
    "schedule.paused": { readonly name: string; readonly paused: boolean };
    "schedule.removed": { readonly name: string };
    /** A turn that began no execution, with the reason. */
    "schedule.skipped": { readonly name: string; readonly atMs: number; readonly reason: string };
    "trigger.set": { readonly name: string; readonly kind: "webhook" | "data" };
    "trigger.removed": { readonly name: string };
    "backfill.started": {
      readonly parameter: string;
      readonly partitions: number;
      readonly concurrency: number;
    };
    "backfill.finished": { readonly state: "succeeded" | "failed" | "cancelled" };
    /** Cached steps are run again, aside. */
    "verification.started": { readonly stages: number };
    "verification.stage_started": { readonly stage: string };
    "verification.stage_verified": {
      readonly stage: string;
      readonly verdict: "reproducible" | "differs" | "failed" | "not_cached" | "elsewhere";
    };
    "verification.finished": {
      readonly state: "finished" | "failed" | "cancelled";
      /** The stages that gave other bytes from the same inputs. */
      readonly differing: readonly string[];
    };
    /** The value is in no event. */
    "secret.set": { readonly name: string };
    "secret.removed": { readonly name: string };
    "execution.finished": {
      readonly state: ExecutionState;
      readonly purpose: Purpose;
      /** Whether every stage of the pipeline took part. */
      readonly complete: boolean;
      readonly failedStage?: string;
    };
  }
}
