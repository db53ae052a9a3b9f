import { incidentRollsBack } from "./incident-rolls-back.ts";
import { measuredCandidatesAreJudged } from "./measured-candidates-are-judged.ts";
import { newDataRunsPipelines } from "./new-data-runs-pipelines.ts";
import { outcomesBecomeLabelledData } from "./outcomes-become-labelled-data.ts";
import { performanceRetrains } from "./performance-retrains.ts";
import { retrainedModelsAskForRelease } from "./retrained-models-ask-for-release.ts";
import { schedulesRetrain } from "./schedules-retrain.ts";
import type { LoopParts } from "./parts.ts";

export type { LoopParts } from "./parts.ts";

/** Every arrow of the platform that points back. Subscribes; call before the ledger starts. */
export function startLoops(parts: LoopParts): void {
  measuredCandidatesAreJudged(parts);
  retrainedModelsAskForRelease(parts);
  performanceRetrains(parts);
  schedulesRetrain(parts);
  incidentRollsBack(parts);
  outcomesBecomeLabelledData(parts);
  newDataRunsPipelines(parts);
}
