import type { Access } from "#access";
import type { EvaluationDatasets } from "#evaluation-datasets";
import type { Blobs } from "#kernel/blobs";
import type { Route } from "#kernel/http";
import type { Traces } from "#traces";

import { createArtifactCalls } from "./artifacts.ts";
import { createExperimentCalls } from "./experiments.ts";
import { createEvaluationDatasetCalls } from "./evaluation-datasets.ts";
import type { TrackingParts } from "./experiments.ts";
import { createLoggedModelCalls } from "./logged-models.ts";
import { createMetricCalls } from "./metrics.ts";
import { createPermits } from "./permits.ts";
import { createRegisteredFiles } from "./registered-files.ts";
import { createRegisteredModelCalls } from "./registered-models.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";
import { createRunCalls } from "./runs.ts";
import { createOwning } from "./owning.ts";
import { createPermissionCalls } from "./permissions.ts";
import { createResources } from "./resources.ts";
import { createUserPermissionCalls } from "./user-permissions.ts";
import { createServerInfoRoutes } from "./server-info.ts";
import { createTraceRoutes } from "./traces/index.ts";
import { createUserCalls } from "./users.ts";
import { createWebhookCalls } from "./webhooks.ts";
import type { WebhooksForMlflow } from "./webhooks.ts";

export type { ForeignModel, ForeignVersion, ModelSearch, RegistryForMlflow } from "./registry-for-mlflow.ts";
export { emulatedVersion } from "./server-info.ts";
export { problems } from "./problems.ts";

export interface MlflowParts {
  readonly tracking: TrackingParts["tracking"];
  readonly traces: Traces;
  readonly datasets: EvaluationDatasets;
  readonly clock: TrackingParts["clock"];
  /** Absent: the routes of registered models answer ENDPOINT_NOT_FOUND. */
  readonly registry?: RegistryForMlflow | undefined;
  readonly blobs: Pick<Blobs, "read" | "parts">;
  /** Absent: the routes of users and permissions answer ENDPOINT_NOT_FOUND. */
  readonly access?: Access | undefined;
  /** Absent: the routes of webhooks answer ENDPOINT_NOT_FOUND. */
  readonly webhooks?: WebhooksForMlflow | undefined;
  /** Throws unless an address outside this server may be kept as the source of a version; strict when absent. */
  readonly checkAddress?: ((address: string) => void) | undefined;
}

/** MLflow's REST API on our doors, for its unmodified clients. */
export function createMlflow(given: MlflowParts): {
  readonly routes: readonly Route[];
} {
  const { tracking, traces, datasets, registry, clock, blobs, access, webhooks, checkAddress } = given;
  const owning = createOwning(access);
  const resources = createResources({ tracking, registry });
  const parts = { tracking, commands: tracking.commands, clock };
  const registered = registry === undefined ? undefined : createRegisteredFiles(registry, blobs);
  const calls = [
    ...createExperimentCalls({ ...parts, owning }),
    ...createRunCalls(parts),
    ...createMetricCalls(parts),
    ...createLoggedModelCalls(parts),
    ...createArtifactCalls({ ...parts, traces, blobs, registry, registered, permits: createPermits(clock) }),
    ...(registry === undefined
      ? []
      : createRegisteredModelCalls({ tracking, registry, checkAddress, owning })),
    ...(access === undefined ? [] : createUserCalls(access)),
    ...(access === undefined ? [] : createPermissionCalls({ access, resources })),
    ...(access === undefined ? [] : createUserPermissionCalls({ access, resources })),
    ...(webhooks === undefined ? [] : createWebhookCalls(webhooks)),
    ...createEvaluationDatasetCalls({ tracking, datasets }),
  ];
  const traceRoutes = createTraceRoutes({ tracking, traces });
  return { routes: [...calls.flat(), ...traceRoutes, ...createServerInfoRoutes()] };
}
