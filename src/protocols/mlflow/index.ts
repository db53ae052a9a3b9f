import type { Blobs } from "#kernel/blobs";
import type { Route } from "#kernel/http";

import { createArtifactCalls } from "./artifacts.ts";
import { createExperimentCalls } from "./experiments.ts";
import type { TrackingParts } from "./experiments.ts";
import { createLoggedModelCalls } from "./logged-models.ts";
import { createMetricCalls } from "./metrics.ts";
import { createRegisteredFiles } from "./registered-files.ts";
import { createRegisteredModelCalls } from "./registered-models.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";
import { createRunCalls } from "./runs.ts";
import { createServerInfoRoutes } from "./server-info.ts";

export type { ForeignModel, ForeignVersion, ModelSearch, RegistryForMlflow } from "./registry-for-mlflow.ts";
export { emulatedVersion } from "./server-info.ts";
export { problems } from "./problems.ts";

export interface MlflowParts {
  readonly tracking: TrackingParts["tracking"];
  readonly clock: TrackingParts["clock"];
  /** Absent: the routes of registered models answer ENDPOINT_NOT_FOUND. */
  readonly registry?: RegistryForMlflow | undefined;
  readonly blobs: Pick<Blobs, "read">;
  /** Throws unless an address outside this server may be kept as the source of a version; strict when absent. */
  readonly checkAddress?: ((address: string) => void) | undefined;
}

/** MLflow's REST API on our doors, for its unmodified clients. */
export function createMlflow({ tracking, registry, clock, blobs, checkAddress }: MlflowParts): {
  readonly routes: readonly Route[];
} {
  const parts = { tracking, commands: tracking.commands, clock };
  const registered = registry === undefined ? undefined : createRegisteredFiles(registry, blobs);
  const calls = [
    ...createExperimentCalls(parts),
    ...createRunCalls(parts),
    ...createMetricCalls(parts),
    ...createLoggedModelCalls(parts),
    ...createArtifactCalls({ ...parts, registered }),
    ...(registry === undefined ? [] : createRegisteredModelCalls({ tracking, registry, checkAddress })),
  ];
  return { routes: [...calls.flat(), ...createServerInfoRoutes()] };
}
