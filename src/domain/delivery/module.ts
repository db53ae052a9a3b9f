import type { BlobHolder, Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import type { Objectives } from "#objectives";
import type { Registry } from "#registry";

import { createApproval } from "./approval.ts";
import type { DeliveryCommands } from "./commands.ts";
import type { Delivery } from "./index.ts";
import { createJudging } from "./judging.ts";
import { routingOf } from "./release.ts";
import { createRollout } from "./rollout.ts";
import { createRoutes } from "./routes.ts";
import { blobsInUse, findOne, getRelease, readModelsOfReleases, readReleases } from "./store.ts";

export interface DeliveryModule extends Delivery, Pick<BlobHolder, "blobsInUse"> {
  readonly commands: DeliveryCommands;
  readonly routes: readonly Route[];
}

export interface DeliveryParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly objectives: Objectives;
  readonly registry: Pick<Registry, "getVersion" | "findVersion" | "gate">;
}

export function createDelivery(parts: DeliveryParts): DeliveryModule {
  const { db, registry } = parts;
  const rollout = createRollout(parts);
  const commands: DeliveryCommands = {
    ...createJudging(parts, rollout),
    ...createApproval(parts, rollout),
    rollBack: rollout.rollBack,
  };
  const delivery: Delivery = {
    getRelease: (id) => getRelease(db, id),
    listReleases: (project) => readReleases(db, { project }),
    modelsOfReleases: (project) => readModelsOfReleases(db, project),
    liveRelease: (project, environment) => findOne(db, { project, environment }, "live"),
    listJudging: () => readReleases(db, { states: ["judging"] }),
    async desiredRouting(project, environment) {
      const place = { project, environment };
      return routingOf(await findOne(db, place, "live"), await findOne(db, place, "rolling_out"));
    },
  };
  return {
    ...delivery,
    blobsInUse: () => blobsInUse(db),
    commands,
    routes: createRoutes(delivery, commands, registry),
  };
}
