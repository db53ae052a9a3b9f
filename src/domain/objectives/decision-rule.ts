import { idealThreshold } from "#stats";

import type { ProjectFile } from "./project-file.ts";

/** When a prediction counts as a yes, and what it costs to be wrong. */
export interface DecisionRule {
  readonly decision: string;
  readonly target: string;
  /** The class whose probability is compared with the threshold. */
  readonly positive: string;
  /** Null when the project states none: then errors count alike. */
  readonly costs: {
    readonly falseNegative: number;
    readonly falsePositive: number;
    readonly currency: string;
  } | null;
  /**
   * c_fp/(c_fp + c_fn): the threshold of least expected cost if the scores were calibrated probabilities
   * (Elkan 2001). The one in use is found on the holdout, because scores rarely are.
   */
  readonly theoreticalThreshold: number;
  readonly sentence: string;
}

/** Null for a project that decides nothing between two classes: a regression, or no positive class. */
export function decisionRuleOf({ objective }: ProjectFile): DecisionRule | null {
  if (objective === null || objective.task !== "classification" || objective.positive === null) return null;
  const { decision, target, positive, costs } = objective;
  const theoreticalThreshold = costs === null ? 0.5 : idealThreshold(costs);
  return {
    decision,
    target,
    positive,
    costs,
    theoreticalThreshold,
    sentence: sentenceOf(positive, costs, theoreticalThreshold),
  };
}

function sentenceOf(positive: string, costs: DecisionRule["costs"], threshold: number): string {
  const rounded = Number(threshold.toFixed(3));
  if (costs === null)
    return `"${positive}" is decided at a probability of ${rounded}: both errors count alike.`;
  const { falseNegative, falsePositive, currency } = costs;
  return (
    `"${positive}" is decided where it costs least: missing one costs ${falseNegative} ${currency}, ` +
    `a false alarm ${falsePositive} ${currency}, so at a probability near ${rounded}.`
  );
}
