import type { Database } from "#kernel/db";

import type { Difference, KeyParts, Step, StepExplanation } from "./entities.ts";
import { compareParts } from "./execution/cache-key.ts";
import { listEarlierResults } from "./store/earlier-results.ts";
import type { EarlierResult } from "./store/earlier-results.ts";

// As far back as a reader remembers; each is compared part by part.
const resultsCompared = 50;

/**
 * Why a step of an execution ran, or did not: its parts against those of the earlier result that differs
 * in the fewest, or, where the cache stood in, the result that it took.
 */
export async function explainStepOf(
  db: Database,
  step: Step,
  found: { readonly project: string; readonly createdAtMs: number; readonly keyParts: KeyParts | null },
): Promise<StepExplanation> {
  const { keyParts } = found;
  const common = {
    stage: step.stage,
    verdict: step.state === "cached" ? ("cached" as const) : ("runs" as const),
    sentence: step.reason,
    cacheKey: step.cacheKey,
    now: keyParts,
  };
  const nothing = { ...common, differences: [], last: null, lastStep: null };
  if (keyParts === null) return nothing;
  const earlier = await listEarlierResults(db, {
    project: found.project,
    stage: step.stage,
    beforeMs: step.startedAtMs ?? step.endedAtMs ?? found.createdAtMs,
    limit: resultsCompared,
  });
  const nearest = findNearest(
    keyParts,
    earlier.filter((result) => result.step !== step.id),
  );
  if (nearest === undefined) return nothing;
  const { result, differences } = nearest;
  const { execution, atMs } = result;
  return {
    ...common,
    differences,
    last: result.keyParts,
    lastStep: { execution, step: result.step, atMs },
  };
}

/** Of two that differ in as many parts, the newer. */
function findNearest(
  now: KeyParts,
  earlier: readonly EarlierResult[],
): { readonly result: EarlierResult; readonly differences: readonly Difference[] } | undefined {
  let nearest: { result: EarlierResult; differences: readonly Difference[] } | undefined;
  for (const result of earlier) {
    const differences = compareParts(result.keyParts, now);
    if (nearest === undefined || differences.length < nearest.differences.length)
      nearest = { result, differences };
  }
  return nearest;
}
