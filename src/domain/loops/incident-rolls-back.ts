import type { LoopParts } from "./parts.ts";

/** A guardrail that finds a candidate worse than what is live ends its rollout, at once and by itself. */
export function incidentRollsBack({ ledger, delivery }: LoopParts): void {
  ledger.on("incident-rolls-back", ["incident.opened"], async (event) => {
    const { kind, releaseId, title } = event.data;
    if (kind !== "guardrail" || event.project === null) return;
    const release = await delivery.getRelease(releaseId);
    if (release.state !== "rolling_out") return;
    await delivery.commands.rollBack({
      project: event.project,
      environment: release.environment,
      releaseId,
      actor: "system",
      reason: title,
    });
  });
}
