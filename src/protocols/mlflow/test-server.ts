import type { Access } from "#access";
import type { Principal } from "#kernel/auth";
import type { Blobs } from "#kernel/blobs";
import { createCompute } from "#compute";
import { createEvaluationDatasets, migrations as datasetMigrations } from "#evaluation-datasets";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import { createServer } from "#kernel/http";
import type { Server } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import { silentLog } from "#kernel/log";
import { createObjectives, migrations as objectiveMigrations } from "#objectives";
import { createRegistry, migrations as registryMigrations } from "#registry";
import type { RegistryModule } from "#registry";
import { createTracking, migrations as trackingMigrations } from "#tracking";
import type { Tracking } from "#tracking";
import { createTraces, migrations as traceMigrations } from "#traces";
import type { Traces } from "#traces";
import type { WebhooksModule } from "#webhooks";

import { createMlflow } from "./index.ts";

export const testMigrations = [
  ...objectiveMigrations,
  ...trackingMigrations,
  ...traceMigrations,
  ...datasetMigrations,
  ...registryMigrations,
];

const ada: Principal = { id: "usr_ada", name: "Ada", kind: "person", via: "local" };

export interface TestServerParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly jobs: JobQueue;
}

export type TestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface TestServer {
  readonly server: Server;
  readonly tracking: Tracking;
  readonly traces: Traces;
  readonly registry: RegistryModule;
  /** Sends JSON and gives status and parsed answer. */
  call(method: TestMethod, path: string, body?: object): Promise<{ status: number; body: unknown }>;
}

async function notAsked(): Promise<never> {
  throw new Error("a client's model asks for nothing else");
}

/** Tracking behind its two protocols, for tests: everybody is Ada, and `authorise` says what she may. */
export function createTestServer(
  parts: TestServerParts,
  options: {
    /** Without it the routes of registered models are not there. */
    readonly withRegistry?: boolean;
    /**
     * Unsafe: keeps any text as artifact location and as source of a version, local paths too. Some of
     * MLflow's own tests write such; nothing opens them here either way.
     */
    readonly anyAddress?: boolean;
    readonly authorise?: (permission: string, project: string | undefined) => Promise<void>;
    /** Who asks is found out by it, and the routes of users are there; without it everybody is Ada. */
    readonly access?: Access;
    /** Without it the routes of webhooks are not there. */
    readonly webhooks?: (named: RegistryModule["named"]) => WebhooksModule;
  } = {},
): TestServer {
  const isAnyAddress = options.anyAddress === true;
  const tracking = createTracking({
    ...parts,
    isProject: async (name) => name === "care",
    checkLocation: isAnyAddress ? (address) => address : undefined,
  });
  const traces = createTraces({ ...parts, tracking });
  const datasets = createEvaluationDatasets({ ...parts, tracking, traces });
  const objectives = createObjectives(parts);
  const registry = createRegistry({
    ...parts,
    objectives,
    tracking,
    compute: createCompute({ clock: parts.clock }),
    // Clients make versions from files they logged, never from data sets or executions.
    data: { getVersion: notAsked },
    pipelines: { getExecution: notAsked, outputs: notAsked },
  });
  const named = { ...registry.named, ...registry.commands.named };
  const mlflow = createMlflow({
    tracking,
    traces,
    datasets,
    clock: parts.clock,
    blobs: parts.blobs,
    checkAddress: isAnyAddress ? () => {} : undefined,
    registry: options.withRegistry === true ? named : undefined,
    access: options.access,
    webhooks: options.webhooks?.(registry.named),
  });
  const server = createServer({
    routes: [...tracking.routes, ...traces.routes, ...datasets.routes, ...registry.routes, ...mlflow.routes],
    authenticate: options.access?.authenticate ?? (async () => ada),
    authorise:
      options.access?.authorise ??
      (async (_principal, permission, project) => await options.authorise?.(permission, project)),
    clock: parts.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  return {
    server,
    tracking,
    traces,
    registry,
    async call(method, path, body?: object) {
      const answer = await server.inject({
        method,
        url: path,
        ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
      });
      return { status: answer.status, body: answer.json() };
    },
  };
}
