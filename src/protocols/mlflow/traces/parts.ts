import type { Tracking } from "#tracking";
import type { TracePlace, Traces } from "#traces";

import { ofExperiment } from "../calls.ts";
import type { Caller } from "../calls.ts";

export interface TraceParts {
  readonly tracking: Tracking;
  readonly traces: Traces;
}

/** Those of these traces that there are and the caller may see. */
export async function visibleTraces(
  { traces }: TraceParts,
  traceIds: readonly string[],
  caller: Caller,
): Promise<readonly string[]> {
  const places: TracePlace[] = await caller.onlyAllowed(await traces.placesOfTraces(traceIds), ofExperiment);
  const visible = new Set(places.map((place) => place.id));
  return traceIds.filter((id) => visible.has(id));
}

/** Those of these experiments that there are and the caller may see. */
export async function visibleExperiments(
  { tracking }: TraceParts,
  experimentIds: readonly string[],
  caller: Caller,
): Promise<readonly string[]> {
  const visible = await caller.onlyAllowed(await tracking.projectsOfExperiments(experimentIds), ofExperiment);
  return visible.map((experiment) => experiment.id);
}

/** Asks for the permission in the project of a trace, which must be there. */
export async function mayTouch({ traces }: TraceParts, traceId: string, caller: Caller): Promise<void> {
  await caller.allow(ofExperiment(await traces.getTraceInfo(traceId)));
}
