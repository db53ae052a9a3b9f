import type { Resources } from "../definition/settings.ts";
import type { Stage } from "../entities.ts";

/** The compute target of a stage that does not run on this machine. */
export function targetElsewhere({ settings }: Stage): string | undefined {
  return settings.target === null || settings.target === "local" ? undefined : settings.target;
}

const nothing: Resources = { cpu: 0, memoryBytes: 0, gpu: 0 };

/** What a stage takes of this machine: nothing when it runs elsewhere, where its target looks after that. */
export function resourcesHere(stage: Stage): Resources {
  return targetElsewhere(stage) === undefined ? stage.settings.resources : nothing;
}
