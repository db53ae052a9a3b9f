import type { ProjectFile, RolloutStep } from "./project-file.ts";
import { durationText, percentText } from "./scalars.ts";

/** How a version gets into an environment and takes over its traffic. */
export interface RolloutPlan {
  readonly environment: string;
  /** People other than the author of the version and the one who asked for the release. */
  readonly approvalsNeeded: number;
  /** Ends with `all`. */
  readonly steps: readonly RolloutStep[];
  readonly rollBackWhen: "any_gate_fails" | "never";
  readonly sentence: string;
}

/** One plan for each environment, in their order. Only the last one carries users, so only it goes in steps. */
export function rolloutPlansOf({ delivery }: ProjectFile): readonly RolloutPlan[] {
  const { environments, approvals, rollout, rollBackWhen } = delivery;
  return environments.map((environment) => {
    const approvalsNeeded = approvals[environment] ?? 0;
    const steps = environment === environments.at(-1) ? rollout : atOnce;
    return {
      environment,
      approvalsNeeded,
      steps,
      rollBackWhen,
      sentence: sentenceOf(environment, approvalsNeeded, steps, rollBackWhen),
    };
  });
}

const atOnce: readonly RolloutStep[] = [{ kind: "all" }];

function sentenceOf(
  environment: string,
  approvalsNeeded: number,
  steps: readonly RolloutStep[],
  rollBackWhen: RolloutPlan["rollBackWhen"],
): string {
  const people = approvalsNeeded === 1 ? "one person" : `${approvalsNeeded} people`;
  const approval =
    approvalsNeeded === 0 ? "without approval" : `after ${people} other than the author approved`;
  const back = rollBackWhen === "never" ? "no automatic way back" : "back as soon as a gate fails";
  return `To ${environment}, ${approval}: ${steps.map(wordsOf).join(", then ")}; ${back}.`;
}

function wordsOf(step: RolloutStep): string {
  switch (step.kind) {
    case "shadow":
      return `unseen beside the live model for ${durationText(step.durationMs)}`;
    case "canary":
      return `${percentText(step.share)} of the traffic for ${durationText(step.durationMs)}`;
    case "all":
      return "all traffic";
  }
}
