import { rolloutPlansOf } from "#objectives";

import type { LoopParts } from "./parts.ts";

/**
 * A guardrail that finds a candidate worse than what is live ends its rollout, at once and by itself,
 * unless the charter says `roll_back_when: never`. One that went live between the finding and its telling
 * goes back too.
 */
export function incidentRollsBack({ ledger, objectives, delivery }: LoopParts): void {
  ledger.on("incident-rolls-back", ["incident.opened"], async (event) => {
    const { kind, releaseId, title } = event.data;
    if (kind !== "guardrail" || event.project === null) return;
    const { state, environment, liveAtMs } = await delivery.getRelease(releaseId);
    const wentLiveSince = state === "live" && liveAtMs !== null && liveAtMs >= event.atMs;
    if (state !== "rolling_out" && !wentLiveSince) return;
    const { projectFile } = await objectives.getCharter(event.project);
    const plan = rolloutPlansOf(projectFile).find((one) => one.environment === environment);
    if (plan?.rollBackWhen === "never") return;
    await delivery.commands.rollBack({
      project: event.project,
      environment,
      releaseId,
      actor: "system",
      reason: title,
    });
  });
}
