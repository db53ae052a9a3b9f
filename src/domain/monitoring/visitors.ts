import { Problem } from "#kernel/errors";
import type { Asking, ModelGate } from "#registry";

import type { Incident } from "./entities.ts";
import type { Monitoring } from "./index.ts";
import type { ReleasesPort } from "./ports.ts";
import { problems } from "./problems.ts";
import { incidentWithin, releasesOf } from "./sight.ts";
import type { Sight } from "./sight.ts";

/** What visitors may be told, by the models they may see. */
export interface Visitors {
  /** The releases of models that the visitor may see; undefined where that is all. Throws as the gate does. */
  sightOf(project: string, asking: Asking): Promise<Sight | undefined>;
  /** Passes when the visitor may with the model of each of these predictions; those not in the log have none. */
  passPredictions(project: string, predictionIds: readonly string[], asking: Asking): Promise<void>;
  /** An incident of the project, when the visitor may with every model that it tells of. */
  findIncident(project: string, id: string, asking: Asking): Promise<Incident>;
}

interface VisitorParts {
  readonly monitoring: Pick<Monitoring, "getIncident" | "releasesOfPredictions">;
  readonly releases: Pick<ReleasesPort, "getRelease" | "listReleases">;
  readonly gate: ModelGate;
}

export function createVisitors({ monitoring, releases, gate }: VisitorParts): Visitors {
  const sightOf: Visitors["sightOf"] = async (project, asking) => {
    const all = await releases.listReleases(project);
    const seen = await gate.only(project, all, asking);
    return seen.length === all.length ? undefined : new Set(seen.map(({ id }) => id));
  };
  return {
    sightOf,
    async passPredictions(project, predictionIds, asking) {
      const sight = await sightOf(project, asking);
      if (sight === undefined) return;
      for (const id of await monitoring.releasesOfPredictions(project, predictionIds))
        if (!sight.has(id)) await gate.pass(project, (await releases.getRelease(id)).model, asking);
    },
    async findIncident(project, id, asking) {
      const incident = await orForbidden(monitoring.getIncident(id), project, asking);
      if (incident.project !== project) {
        await asking.allow(project);
        throw new Problem(problems.incident_not_found, {
          message: `There is no incident ${id} in ${project}.`,
        });
      }
      const all = await releases.listReleases(project);
      const told = new Set(releasesOf(incident, all));
      const models = new Set(all.filter((release) => told.has(release.id)).map(({ model }) => model));
      for (const model of models) await gate.pass(project, model, asking);
      if (models.size === 0) await asking.allow(project);
      return incidentWithin(incident, await sightOf(project, asking));
    },
  };
}

/** The one thing asked for. Whoever may not read the project is not told that there is no such thing. */
export async function orForbidden<Thing>(
  asked: Promise<Thing>,
  project: string,
  { allow }: Asking,
): Promise<Thing> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem && error.kind === "not_found") await allow(project);
    throw error;
  }
}
