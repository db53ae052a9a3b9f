import type { BlobHolder, Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Analyst } from "#kernel/columnar";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";

import { createArtifactOrders } from "./artifact-orders.ts";
import type { TrackingCommands } from "./commands.ts";
import { createExperimentOrders } from "./experiment-orders.ts";
import { createLongSeries } from "./long-series.ts";
import { createLookups } from "./lookups.ts";
import { createImportOrders } from "./import-orders.ts";
import { createModelOrders } from "./model-orders.ts";
import { createLogPoints } from "./point-orders.ts";
import { createQuestions } from "./questions.ts";
import type { TrackingQuestions } from "./questions.ts";
import { createRoutes } from "./routes.ts";
import { createRunOrders } from "./run-orders.ts";
import { createRunTable } from "./run-table.ts";
import { blobsInUse } from "./store/blobs-in-use.ts";
import { createKeys } from "./store/keys.ts";
import { createRunSearch } from "./store/run-search.ts";
import { createWrites } from "./store/writes.ts";
import { createViews } from "./views.ts";

export interface Tracking extends TrackingQuestions, Pick<BlobHolder, "blobsInUse"> {
  readonly commands: TrackingCommands;
  readonly routes: readonly Route[];
}

export interface TrackingParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly clock: Clock;
  /** Reads the tables among artifacts; without it they are shown as text. */
  readonly analyst?: Analyst;
  /** Whether there is a project of this name: a foreign client's experiment then belongs to it. */
  isProject(name: string): Promise<boolean>;
  /** Throws unless an experiment may have this artifact location; strict when absent. */
  readonly checkLocation?: ((address: string) => string) | undefined;
}

/** Builds experiments, runs, metrics, artifacts and logged models. Apply `migrations` first. */
export function createTracking(parts: TrackingParts): Tracking {
  const { db, blobs } = parts;
  const keys = createKeys(db);
  const lookups = createLookups(db);
  const write = createWrites(db);
  const longSeries = createLongSeries({ db, keys, write });
  const logPoints = createLogPoints({ db, keys, lookups, longSeries, write });
  const orderParts = {
    ...parts,
    keys,
    lookups,
    longSeries,
    logPoints,
    write,
    searchRuns: createRunSearch({ db, keys, clock: parts.clock }),
    isProject: (name: string) => parts.isProject(name),
  };
  const questions = createQuestions({ ...orderParts, blobs });
  const experiments = createExperimentOrders(orderParts);
  const commands: TrackingCommands = {
    ...experiments,
    ...createRunOrders({ ...orderParts, ensureExperiment: experiments.ensureExperiment }),
    ...createModelOrders(orderParts),
    ...createArtifactOrders(orderParts),
    imports: createImportOrders(orderParts),
  };
  return {
    ...questions,
    blobsInUse: () => blobsInUse(db),
    commands,
    routes: createRoutes({
      tracking: questions,
      commands,
      table: createRunTable(orderParts),
      views: createViews(orderParts),
      blobs,
      analyst: parts.analyst,
    }),
  };
}
