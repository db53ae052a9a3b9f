import { evidenceSchema } from "#delivery";
import { Problem } from "#kernel/errors";

import type { LoopParts } from "./parts.ts";

/**
 * What staging measured of a candidate goes back to delivery, which judges the gates on it. A candidate
 * that cannot be measured or judged is declined with the reason, so that it does not wait for ever.
 */
export function measuredCandidatesAreJudged({ ledger, blobs, delivery }: LoopParts): void {
  ledger.on("measured-candidates-are-judged", ["candidate.measured"], async (event) => {
    const text = await blobs.readText(event.data.evidenceDigest);
    const evidence = evidenceSchema.parse(JSON.parse(text));
    const releaseId = event.data.release;
    try {
      await delivery.commands.recordEvidence({ releaseId, evidence });
    } catch (error) {
      // Trying again helps against a database that is away, not against rows without a target.
      if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
      await decline(releaseId, `it could not be judged: ${error.message}`);
    }
  });

  ledger.on("unmeasurable-candidates-are-declined", ["candidate.not_measured"], async (event) => {
    const reason = event.data.reason.split("\n", 1)[0];
    await decline(event.data.release, `staging could not measure it: ${reason}`);
  });

  async function decline(releaseId: string, reason: string): Promise<void> {
    if ((await delivery.getRelease(releaseId)).state !== "judging") return;
    await delivery.commands.declineRelease({ releaseId, actor: "system", reason });
  }
}
