import type { LoopParts } from "./parts.ts";

/** A version that a retraining made asks for its release by itself; the gates and the approval stay. */
export function retrainedModelsAskForRelease({ ledger, delivery, registry }: LoopParts): void {
  ledger.on("retrained-models-ask-for-release", ["model_version.registered"], async (event) => {
    if (event.data.purpose !== "retrain" || event.project === null) return;
    const version = await registry.getVersion(event.subject);
    const releases = await delivery.listReleases(event.project);
    if (releases.some((release) => release.modelVersionId === version.id)) return;
    await delivery.commands.requestRelease({
      project: event.project,
      modelVersionId: version.id,
      environment: "production",
      actor: "system",
      reason: version.origin.purpose?.reason ?? "retrained",
    });
  });
}
