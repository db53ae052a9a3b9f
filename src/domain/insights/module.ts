import type { Access } from "#access";
import type { Data } from "#data";
import type { Delivery } from "#delivery";
import type { Clock } from "#kernel/clock";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { Monitoring } from "#monitoring";
import type { Objectives } from "#objectives";
import type { Pipelines } from "#pipelines";
import type { Registry } from "#registry";
import type { Serving } from "#serving";

import { createAuditRoutes } from "./audit-routes.ts";
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
  readonly registry: Pick<Registry, "listModels">;
  readonly delivery: Pick<Delivery, "listReleases">;
  readonly serving: Pick<Serving, "listDeployments">;
  readonly monitoring: Pick<Monitoring, "listIncidents" | "overview">;
}

export function createInsights(parts: InsightsParts): InsightsModule {
  return { routes: [...createOverviewRoutes(parts), ...createAuditRoutes(parts)] };
}
