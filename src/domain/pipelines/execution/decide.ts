import type { Digest } from "#kernel/digest";

import type { Stage } from "../definition/stages.ts";
import type { KeyParts, StepOut } from "../entities.ts";
import type { StepResult } from "../store/results.ts";
import { compareParts, describeDifferences } from "./cache-key.ts";
import type { Flaw } from "./verified-outs.ts";

/** Whether a stage must run, or which earlier result stands for it, with the reason as a sentence. */
export type Decision =
  | { readonly verdict: "cached"; readonly result: StepResult; readonly sentence: string }
  | {
      readonly verdict: "runs";
      readonly sentence: string;
      /** The key whose result is of no use any more. */
      readonly dropped?: Digest;
    };

export interface DecisionInput {
  readonly stage: Stage;
  readonly parts: KeyParts;
  readonly cacheKey: Digest;
  /** The result kept under that key. */
  readonly same: StepResult | undefined;
  /** The newest result of the stage. */
  readonly last: StepResult | undefined;
  /** What is wrong with the stored bytes; undefined when they may be used. */
  check(outs: readonly StepOut[]): Promise<Flaw>;
  /** Earlier results of the stage, newest first: asked for only when the step runs. */
  earlier(): Promise<readonly StepResult[]>;
}

/**
 * A result counts when all parts of the key are equal and its bytes are stored and whole. Beyond that:
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
  if (stage.frozen && last !== undefined && (await input.check(last.outs)) === undefined) {
    return {
      verdict: "cached",
      result: last,
      sentence: `It is frozen, so the result of execution ${last.execution} stands.`,
    };
  }
  const persists = stage.outs.some((out) => out.persist);
  const found = persists && last?.cacheKey !== input.cacheKey ? undefined : input.same;
  if (found === undefined) return { verdict: "runs", sentence: await explainMiss(input) };
  const flaw = await input.check(found.outs);
  if (flaw !== undefined) return { verdict: "runs", sentence: describeFlaw(flaw), dropped: input.cacheKey };
  return {
    verdict: "cached",
    result: found,
    sentence: `Its command, inputs, parameters and environment are those of execution ${found.execution}.`,
  };
}

function describeFlaw({ path, how }: NonNullable<Flaw>): string {
  return how === "missing"
    ? "Its earlier results are no longer stored."
    : `Its earlier result ${path} was damaged in the store, so it is made anew.`;
}

async function explainMiss({ last, parts, earlier }: DecisionInput): Promise<string> {
  if (last === undefined) return "It has not succeeded before.";
  const nearest = nearestResult(await earlier(), parts) ?? last;
  const differences = compareParts(nearest.keyParts, parts);
  return differences.length === 0 ? "Its last result is of another kind." : describeDifferences(differences);
}

/** The earlier result that differs in the fewest parts; of several the newest, which comes first. */
export function nearestResult(earlier: readonly StepResult[], parts: KeyParts): StepResult | undefined {
  let nearest: { readonly result: StepResult; readonly differences: number } | undefined;
  for (const result of earlier) {
    const differences = compareParts(result.keyParts, parts).length;
    if (nearest === undefined || differences < nearest.differences) nearest = { result, differences };
  }
  return nearest?.result;
}
