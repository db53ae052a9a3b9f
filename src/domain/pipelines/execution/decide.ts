import type { Digest } from "#kernel/digest";

import type { Stage } from "../definition/stages.ts";
import type { KeyParts, StepOut } from "../entities.ts";
import type { StepResult } from "../store/results.ts";
import { compareParts, describeDifferences } from "./cache-key.ts";

/** Whether a stage must run, or which earlier result stands for it, with the reason as a sentence. */
export type Decision =
  | { readonly verdict: "cached"; readonly result: StepResult; readonly sentence: string }
  | { readonly verdict: "runs"; readonly sentence: string };

export interface DecisionInput {
  readonly stage: Stage;
  readonly parts: KeyParts;
  readonly cacheKey: Digest;
  /** The result kept under that key. */
  readonly same: StepResult | undefined;
  /** The newest result of the stage. */
  readonly last: StepResult | undefined;
  isStored(outs: readonly StepOut[]): Promise<boolean>;
}

/**
 * A result counts when all parts of the key are equal and its bytes are still stored. Beyond that:
 * `always_changed`, and a stage that declares neither inputs nor outs, always run; a frozen stage keeps
 * its last result; a stage that goes on from its last outs (`persist`) takes no older result than the
 * last, because that is not what it would go on from.
 */
export async function decide(input: DecisionInput): Promise<Decision> {
  const { stage, last } = input;
  if (stage.alwaysChanged) return { verdict: "runs", sentence: "It is marked always_changed." };
  if (stage.deps.length === 0 && stage.params.length === 0 && stage.outs.length === 0) {
    return { verdict: "runs", sentence: "It declares neither dependencies nor outs, so it always runs." };
  }
  if (stage.frozen && last !== undefined && (await input.isStored(last.outs))) {
    return {
      verdict: "cached",
      result: last,
      sentence: `It is frozen, so the result of execution ${last.execution} stands.`,
    };
  }
  const persists = stage.outs.some((out) => out.persist);
  const found = persists && last?.cacheKey !== input.cacheKey ? undefined : input.same;
  if (found === undefined) return { verdict: "runs", sentence: explainMiss(input) };
  if (!(await input.isStored(found.outs)))
    return { verdict: "runs", sentence: "Its earlier results are no longer stored." };
  return {
    verdict: "cached",
    result: found,
    sentence: `Its command, inputs, parameters and environment are those of execution ${found.execution}.`,
  };
}

function explainMiss({ last, parts }: DecisionInput): string {
  if (last === undefined) return "It has not succeeded before.";
  const differences = compareParts(last.keyParts, parts);
  return differences.length === 0 ? "Its last result is of another kind." : describeDifferences(differences);
}
