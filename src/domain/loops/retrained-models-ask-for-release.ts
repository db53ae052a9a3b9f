import type { Delivery } from "#delivery";
import type { ModelVersion } from "#registry";

import type { LoopParts } from "./parts.ts";
import { isRetraining } from "./retraining.ts";

/**
 * A version that a retraining made asks for its release by itself; the gates and the approval stay. While
 * another release is on its way it waits for the end of that one; a newer version takes its place.
 */
export function retrainedModelsAskForRelease(parts: LoopParts): void {
  const { ledger, objectives, delivery, registry } = parts;

  ledger.on("retrained-models-ask-for-release", ["model_version.registered"], async (event) => {
    if (isRetraining(event.data.purpose)) await ask(await registry.getVersion(event.subject));
  });

  const endsOfRollouts = ["release.live", "release.rolled_back"] as const;
  ledger.on("retrained-models-ask-once-the-way-is-free", endsOfRollouts, async ({ project }) => {
    if (project === null) return;
    const newestOfEach = new Map<string, ModelVersion>();
    for (const version of await registry.listVersions(project)) {
      if (version.number > (newestOfEach.get(version.model)?.number ?? 0)) {
        newestOfEach.set(version.model, version);
      }
    }
    for (const version of newestOfEach.values()) {
      if (version.state === "ready" && isRetraining(version.origin.purpose?.kind ?? null)) await ask(version);
    }
  });

  async function ask(version: ModelVersion): Promise<void> {
    const { projectFile } = await objectives.getCharter(version.project);
    const environment = projectFile.delivery.environments.at(-1);
    if (environment === undefined || (await isAskedOrInTheWay(delivery, version, environment))) return;
    await delivery.commands.requestRelease({
      project: version.project,
      modelVersionId: version.id,
      environment,
      actor: "system",
      reason: version.origin.purpose?.reason ?? "retrained",
    });
  }
}

async function isAskedOrInTheWay(
  delivery: Pick<Delivery, "listReleases">,
  version: ModelVersion,
  environment: string,
): Promise<boolean> {
  return (await delivery.listReleases(version.project)).some(
    (release) =>
      release.modelVersionId === version.id ||
      (release.environment === environment && release.state === "rolling_out"),
  );
}
