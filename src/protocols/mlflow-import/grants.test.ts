import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createAccess, levelNames, migrations as accessMigrations, modelThing } from "#access";
import { createCompute } from "#compute";
import type { Principal } from "#kernel/auth";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel } from "#kernel/testing";
import { createObjectives, migrations as objectiveMigrations } from "#objectives";
import { createRegistry, migrations as registryMigrations } from "#registry";
import { createTracking, migrations as trackingMigrations } from "#tracking";
import { createTraces, migrations as traceMigrations } from "#traces";

import { createMlflowImport } from "./index.ts";

const actor = "system";
const model = { name: "closed", description: "", tags: {}, createdAtMs: 1, updatedAtMs: 1 };

/** The door of imports over a model that is there already, `closed`. */
async function openDoor() {
  const kernel = await createTestKernel({
    migrations: [
      ...accessMigrations,
      ...objectiveMigrations,
      ...trackingMigrations,
      ...traceMigrations,
      ...registryMigrations,
    ],
  });
  const access = createAccess({ ...kernel, mode: "required" });
  const objectives = createObjectives(kernel);
  const tracking = createTracking({ ...kernel, isProject: async () => false });
  const traces = createTraces({ ...kernel, tracking });
  const registry = createRegistry({
    ...kernel,
    objectives,
    tracking,
    compute: createCompute(kernel),
    data: { getVersion: notAsked },
    pipelines: { getExecution: notAsked, outputs: notAsked },
  });
  await registry.commands.imports.importModel({ model, actor });
  const visitor: { principal?: Principal } = {};
  const server = createServer({
    routes: createMlflowImport({ tracking, traces, registry }).routes,
    authenticate: async () => visitor.principal,
    authorise: access.authorise,
    clock: kernel.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  return { access, registry, visitor, server };
}

describe("importing models", () => {
  it("neither changes nor tells of a model that a grant keeps from whom everything else is open", async () => {
    const { access, registry, visitor, server } = await openDoor();
    const send = async (path: string, body: object): Promise<number> =>
      (await server.inject({ method: "POST", url: `/api/v1/import/mlflow/${path}`, body })).status;
    for (const level of levelNames) {
      const grant = { role: "contributor", project: null } as const;
      const { id } = await access.commands.addPrincipal({ name: level, kind: "person", grant, actor });
      const thing = modelThing("closed");
      await access.commands.grantThing({ principal: id, thing, level, actor });
      visitor.principal = { id, name: level, kind: "person", via: "token" };
      const changes = level === "edit" || level === "manage";
      assert.deepEqual(
        [
          await send("registered-models", { model }),
          await send("registered-models", { model: { ...model, name: `open-to-${level}` } }),
          await send("aliases", { name: "closed", aliases: {} }),
        ],
        changes ? [200, 200, 200] : [403, 200, 403],
        level,
      );
    }
    assert.deepEqual(await registry.listVersions("", "closed"), []);
  });
});

function notAsked(): never {
  throw new Error("the test does not come here");
}
