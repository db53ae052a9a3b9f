import type { Access } from "#access";
import type { Data } from "#data";
import type { Delivery } from "#delivery";
import type { Clock } from "#kernel/clock";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { MonitoringModule } from "#monitoring";
import type { Objectives } from "#objectives";
import type { Pipelines } from "#pipelines";
import type { Registry } from "#registry";
import type { ServingModule } from "#serving";

import { createAuditRoutes } from "./audit-routes.ts";
import { createEventGate } from "./event-gate.ts";
import { createOverviewRoutes } from "./overview-routes.ts";

/** Read models over everything above: the overview of a project and its audit trail. Keeps no state. */
export interface InsightsModule {
  readonly routes: readonly Route[];
}

export interface InsightsParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly access: Pick<Access, "nameOf">;
  readonly objectives: Pick<Objectives, "getCharter">;
  readonly data: Pick<Data, "listDatasets">;
  readonly pipelines: Pick<Pipelines, "listExecutions">;
  readonly registry: Pick<Registry, "listModels" | "gate" | "listNames" | "modelsOfVersions">;
  readonly delivery: Pick<Delivery, "listReleases" | "modelsOfReleases">;
  readonly serving: Pick<ServingModule, "listDeployments" | "seen">;
  readonly monitoring: Pick<
    MonitoringModule,
    "listIncidents" | "overview" | "releasesOfIncidents" | "sightOf"
  >;
}

export function createInsights(parts: InsightsParts): InsightsModule {
  const events = createEventGate(parts);
  return { routes: [...createOverviewRoutes(parts, events), ...createAuditRoutes(parts, events)] };
}
