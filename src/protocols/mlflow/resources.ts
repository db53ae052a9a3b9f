import { experimentThing, modelThing } from "#access";
import type { NamedModels } from "#registry";
import type { Tracking } from "#tracking";

import type { Touched } from "./calls.ts";

/** A thing that has grants of its own, and the project whose roles decide about it. */
export type Resource = Touched & { readonly thing: string };

export interface Resources {
  experiment(id: string): Promise<Resource>;
  /** By its flat name; undefined where the routes of models are not there. */
  readonly model: ((name: string) => Promise<Resource>) | undefined;
}

/** Finds what a grant is about; what does not exist belongs to no project. */
export function createResources(parts: {
  readonly tracking: Pick<Tracking, "projectsOfExperiments">;
  readonly registry: Pick<NamedModels, "projectOfModel"> | undefined;
}): Resources {
  const { tracking, registry } = parts;
  return {
    async experiment(id) {
      const [found] = /^\d{1,15}$/.test(id) ? await tracking.projectsOfExperiments([id]) : [];
      return { project: found?.project ?? null, thing: experimentThing(id) };
    },
    model:
      registry === undefined
        ? undefined
        : async (name) => ({ project: await registry.projectOfModel(name), thing: modelThing(name) }),
  };
}
