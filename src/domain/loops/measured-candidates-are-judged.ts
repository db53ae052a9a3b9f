import { evidenceSchema } from "#delivery";

import type { LoopParts } from "./parts.ts";

/** What staging measured of a candidate goes back to delivery, which judges the gates on it. */
export function measuredCandidatesAreJudged({ ledger, blobs, delivery }: LoopParts): void {
  ledger.on("measured-candidates-are-judged", ["candidate.measured"], async (event) => {
    const text = await blobs.readText(event.data.evidenceDigest);
    await delivery.commands.recordEvidence({
      releaseId: event.data.release,
      evidence: evidenceSchema.parse(JSON.parse(text)),
    });
  });

  ledger.on("unmeasurable-candidates-are-declined", ["candidate.not_measured"], async (event) => {
    const release = await delivery.getRelease(event.data.release);
    if (release.state !== "judging") return;
    const reason = `staging could not measure it: ${event.data.reason.split("\n", 1)[0]}`;
    await delivery.commands.declineRelease({ releaseId: release.id, actor: "system", reason });
  });
}
