import type { Principal } from "#kernel/auth";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import { createServer } from "#kernel/http";
import type { Server } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTracking } from "#tracking";
import type { Tracking } from "#tracking";

import { createMlflow } from "./index.ts";
import type { MlflowParts } from "./index.ts";

const ada: Principal = { id: "usr_ada", name: "Ada", kind: "person", via: "local" };

interface TestServerParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly clock: Clock;
}

export type TestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface TestServer {
  readonly server: Server;
  readonly tracking: Tracking;
  /** Sends JSON and gives status and parsed answer. */
  call(method: TestMethod, path: string, body?: object): Promise<{ status: number; body: unknown }>;
}

/** Tracking behind its two protocols, for tests: everybody is Ada, and `authorise` says what she may. */
export function createTestServer(
  parts: TestServerParts,
  options: {
    readonly registry?: (tracking: Tracking) => MlflowParts["registry"];
    readonly authorise?: (permission: string, project: string | undefined) => Promise<void>;
  } = {},
): TestServer {
  const tracking = createTracking({ ...parts, isProject: async (name) => name === "care" });
  const mlflow = createMlflow({ tracking, clock: parts.clock, registry: options.registry?.(tracking) });
  const server = createServer({
    routes: [...tracking.routes, ...mlflow.routes],
    authenticate: async () => ada,
    authorise: async (_principal, permission, project) => await options.authorise?.(permission, project),
    clock: parts.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  return {
    server,
    tracking,
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
