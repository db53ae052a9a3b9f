import type { Data } from "#data";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Analyst } from "#kernel/columnar";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import type { SecretBox } from "#kernel/secret-box";
import type { Lineage } from "#lineage";
import type { Objectives } from "#objectives";
import type { Pipelines } from "#pipelines";
import { createSend, createTargets, systemResolve } from "#webhooks";

import { createProducerRoutes } from "./producer-routes.ts";
import { createAskingRoutes } from "./receiving/asking-routes.ts";
import { createReceivingRoutes } from "./receiving/routes.ts";
import { createTableShapes } from "./telling/columns.ts";
import { defineDelivering } from "./telling/delivering.ts";
import { noticeRuns } from "./telling/noticing.ts";
import { createOrders } from "./telling/orders.ts";
import type { EndpointOrders } from "./telling/orders.ts";
import { createEndpointRoutes } from "./telling/routes.ts";
import "./events.ts";

export { createLineageListener } from "./listener.ts";
export { problems } from "./problems.ts";
export { migrations } from "./telling/store.ts";

export interface OpenLineageParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly analyst: Analyst;
  readonly secrets: SecretBox;
  readonly objectives: Pick<Objectives, "getProject" | "getCharter" | "listProjects">;
  readonly data: Pick<Data, "getVersion">;
  readonly pipelines: Pick<Pipelines, "getExecutionRecord" | "getStepRecord">;
  readonly lineage: Lineage;
  /** Hosts that may be told although they are private or without https. */
  readonly allowedHosts: readonly string[];
  /** Where this server is reached. */
  readonly url: () => string;
  /** Of this program. */
  readonly version: string;
}

/** OpenLineage both ways: takes in what others report, and tells endpoints what runs here. */
export function createOpenLineage(parts: OpenLineageParts): {
  readonly commands: EndpointOrders;
  readonly routes: readonly Route[];
} {
  const targets = createTargets({ allowedHosts: parts.allowedHosts, resolve: systemResolve });
  const commands = createOrders({ ...parts, targets });
  defineDelivering({ ...parts, send: createSend(targets) });
  noticeRuns({ ...parts, shapeOf: createTableShapes(parts) });
  const listProjects = async (): Promise<readonly string[]> =>
    (await parts.objectives.listProjects()).map(({ id }) => id);
  return {
    commands,
    routes: [
      ...createReceivingRoutes(parts.lineage.commands),
      ...createAskingRoutes({ lineage: parts.lineage, listProjects }),
      ...createEndpointRoutes(parts.db, commands),
      ...createProducerRoutes(parts),
    ],
  };
}
