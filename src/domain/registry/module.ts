import type { Compute } from "#compute";
import type { Data } from "#data";
import type { BlobHolder, Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import type { Objectives } from "#objectives";
import type { Pipelines } from "#pipelines";
import type { Tracking } from "#tracking";

import { pointAlias } from "./aliases.ts";
import type { RegistryCommands } from "./commands.ts";
import { lineageOf } from "./lineage.ts";
import { createModelGate } from "./model-gate.ts";
import type { ModelSummary, ModelVersion, NamedModels, Registry } from "./index.ts";
import { createNamedModels } from "./named-models.ts";
import { createRegistryImports } from "./named-import.ts";
import { readFlatNames, readNamesIn } from "./named-store.ts";
import { createNamedModelOrders } from "./named-orders.ts";
import type { Convert } from "./onnx/convert.ts";
import { problems } from "./problems.ts";
import { createRegistering } from "./registering.ts";
import { createRoutes } from "./routes.ts";
import { blobsInUse, readAlias, readModelsOf, readVersions } from "./store.ts";

export interface RegistryModule extends Registry, Pick<BlobHolder, "blobsInUse"> {
  /** The same models under one flat space of names, as MLflow's clients see them. */
  readonly named: NamedModels;
  readonly commands: RegistryCommands;
  readonly routes: readonly Route[];
}

export interface RegistryParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly objectives: Pick<Objectives, "getCharter" | "getProject" | "listProjects">;
  readonly data: Pick<Data, "getVersion">;
  readonly compute: Compute;
  readonly pipelines: Pick<Pipelines, "getExecution" | "outputs">;
  readonly tracking: Pick<Tracking, "projectOfRun">;
  readonly convert?: Convert;
}

export function createRegistry(parts: RegistryParts): RegistryModule {
  const { db, blobs, data } = parts;

  const getVersion: Registry["getVersion"] = async (id) => {
    const [version] = await readVersions(db, { id });
    if (version === undefined) throw notFound(`There is no model version ${id}.`);
    return version;
  };

  const findVersion: Registry["findVersion"] = async (project, model, reference) => {
    const number = /^\d{1,15}$/.test(reference)
      ? Number(reference)
      : await readAlias(db, project, model, reference);
    const [version] = number === undefined ? [] : await readVersions(db, { project, model, number });
    if (version === undefined) throw notFound(`${model} has no version ${reference}.`);
    return version;
  };

  const setAlias: RegistryCommands["setAlias"] = async ({ versionId, ...order }) =>
    await db.transaction(async () => await pointAlias(parts, await getVersion(versionId), order));

  const flatNamesOf: Registry["flatNamesOf"] = (project, models) => readFlatNames(db, project, models);
  const registry: Registry = {
    listModels: async (project) => summarise(await readVersions(db, { project })),
    listVersions: (project, model) =>
      readVersions(db, model === undefined ? { project } : { project, model }),
    getVersion,
    findVersion,
    versionOfExecution: async (executionId) => (await readVersions(db, { executionId }))[0],
    async lineage(id) {
      const version = await getVersion(id);
      const ids = Object.values(version.origin.datasetVersions);
      return lineageOf(version, await Promise.all(ids.map((one) => data.getVersion(one))));
    },
    flatNamesOf,
    listNames: (project) => readNamesIn(db, project),
    modelsOfVersions: (project, ids) => readModelsOf(db, project, ids),
    gate: createModelGate(flatNamesOf),
  };
  const named = createNamedModels(parts);
  const commands: RegistryCommands = {
    ...createRegistering(parts),
    setAlias,
    named: createNamedModelOrders(parts, named),
    imports: createRegistryImports(parts, named),
  };
  return {
    ...registry,
    blobsInUse: () => blobsInUse(db),
    named,
    commands,
    routes: createRoutes({ registry, commands, blobs, ledger: parts.ledger }),
  };
}

function summarise(versions: readonly ModelVersion[]): ModelSummary[] {
  return [...Map.groupBy(versions, (version) => version.model)].flatMap(([model, all]) => {
    const newest = all[0];
    return newest === undefined ? [] : [{ model, versions: all.length, newest }];
  });
}

function notFound(message: string): Problem {
  return new Problem(problems.model_version_not_found, { message });
}
