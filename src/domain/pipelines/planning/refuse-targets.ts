import { Problem } from "#kernel/errors";

import type { Targets } from "#compute";
import { problems as computeProblems } from "#compute";

import type { Stage } from "../definition/stages.ts";
import { targetElsewhere } from "../execution/place.ts";

/**
 * Throws before anything runs what is known without asking a cluster: `target_unknown`, and
 * `image_unsupported` for a stage whose target runs no images.
 */
export function refuseTargets(targets: Pick<Targets, "find">, stages: readonly Stage[]): void {
  const checked = new Set<string>();
  for (const stage of stages) {
    const { image } = stage.settings;
    const name = targetElsewhere(stage);
    const key = `${name ?? ""} ${image === null ? "" : "image"}`;
    if (checked.has(key)) continue;
    checked.add(key);
    const canUseImages = name === undefined ? false : targets.find(name).images !== null;
    if (image === null || canUseImages) continue;
    throw new Problem(computeProblems.image_unsupported, {
      message: `The stage "${stage.name}" names the image ${image}, and ${name === undefined ? "this machine" : `the compute target "${name}"`} runs no container images.`,
      position: stage.position,
      data: { stage: stage.name, image, target: name ?? "local" },
    });
  }
}
