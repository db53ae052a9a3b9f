import type { ProjectFile, RetrainTrigger } from "./project-file.ts";
import { durationText } from "./scalars.ts";

/** What starts a new training, and how soon again. */
export interface RetrainingPolicy {
  /** Any one of these is reason enough. */
  readonly anyOf: readonly RetrainTrigger[];
  /** The least time between the end of one training and the start of the next. */
  readonly cooldownMs: number;
  readonly sentence: string;
}

/** Null when the project does not retrain by itself. */
export function retrainingPolicyOf({ retrain }: ProjectFile): RetrainingPolicy | null {
  if (retrain === null) return null;
  const { anyOf, cooldownMs } = retrain;
  const reasons = anyOf.map(reasonOf).join(", or ");
  return {
    anyOf,
    cooldownMs,
    sentence: `Train again when ${reasons}; at most once in ${durationText(cooldownMs)}.`,
  };
}

function reasonOf(trigger: RetrainTrigger): string {
  switch (trigger.kind) {
    case "performance":
      return "a performance monitor opens an incident";
    case "new_labels":
      return `${trigger.count} outcomes have come in since the last training`;
    case "schedule":
      return `the schedule "${trigger.cron}" (UTC) is due`;
  }
}
