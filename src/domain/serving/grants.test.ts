import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createAccess, levelNames, migrations as accessMigrations, modelThing } from "#access";
import type { Level, Role } from "#access";
import type { Principal } from "#kernel/auth";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel } from "#kernel/testing";
import { createModelGate } from "#registry";

import type { DeployedVariant, Deployment, TrafficPoint } from "./index.ts";
import { createRoutes } from "./routes.ts";
import { createVisitors } from "./visitors.ts";

/* One place where `care` answers, after `secret` did and while another version of `secret` is tried beside it. */

const models = new Map([
  ["mv_care", "care"],
  ["mv_secret", "secret"],
]);
const deployment: Deployment = {
  id: "dep_1",
  project: "care",
  environment: "production",
  model: "care",
  state: "ready",
  endpoint: "http://127.0.0.1:1/v2/models/care/infer",
  variants: [variantOf("live", "mv_care"), variantOf("shadow", "mv_secret")],
  updatedAtMs: 1,
};

function variantOf(role: DeployedVariant["role"], modelVersionId: string): DeployedVariant {
  const releaseId = modelVersionId.replace("mv", "rel");
  const counts = { requests: 40, errors: 2, latencyMs: null };
  return { role, share: 1, releaseId, modelVersionId, number: 1, threshold: null, ...counts };
}

async function openDoor() {
  const kernel = await createTestKernel({ migrations: accessMigrations });
  const access = createAccess({ ...kernel, mode: "required" });
  const registry = {
    gate: createModelGate(async (_, names) => new Map(names.map((name) => [name, name]))),
    modelsOfVersions: async (_: string, ids: readonly string[]) =>
      new Map([...models].filter(([id]) => ids.includes(id))),
  };
  const serving = {
    gatewayUrl: () => "http://127.0.0.1:1",
    listDeployments: async () => [deployment],
    getDeployment: async () => deployment,
    traffic: async () => [...models.keys()].map(pointOf),
    predict: async () => [],
  };
  const visitor: { principal?: Principal } = {};
  const server = createServer({
    routes: createRoutes(serving, registry.gate, createVisitors(registry)),
    authenticate: async () => visitor.principal,
    authorise: access.authorise,
    clock: kernel.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  return {
    async come(name: string, role: Role | undefined, on: Readonly<Record<string, Level>>): Promise<void> {
      const actor = "system";
      const { id: principal } = await access.commands.addPrincipal({ name, kind: "person", actor });
      if (role !== undefined) await access.commands.grantRole({ principal, role, project: "care", actor });
      for (const [model, level] of Object.entries(on))
        await access.commands.grantThing({ principal, thing: modelThing(model), level, actor });
      visitor.principal = { id: principal, name, kind: "person", via: "token" };
    },
    ask: async (path: string) => await server.inject({ url: `/api/v1/projects/care/deployments${path}` }),
  };
}

function pointOf(modelVersionId: string): TrafficPoint {
  return { startMs: 0, modelVersionId, role: "live", predictions: 9, positiveShare: 0.5, latencyP95Ms: 4 };
}

const asked = ["", "/dep_1", "/dep_1/traffic?from=0&to=1"];

describe("a deployment where two models answer", () => {
  it("shows what answers of the one that the visitor may see, for every grant on the other", async () => {
    const { come, ask } = await openDoor();
    for (const level of levelNames) {
      await come(`viewer with ${level}`, "viewer", { secret: level });
      for (const path of asked) {
        const { status, text } = await ask(path);
        assert.equal(status, 200, path);
        assert.match(text, /mv_care/, path);
        assert.equal(/secret/.test(text), level !== "none", `${level} ${path}`);
      }
    }
  });

  it("shows the one model to who holds nothing else, and nothing to whom that is closed", async () => {
    const { come, ask } = await openDoor();
    await come("rita", undefined, { care: "read" });
    for (const path of asked) {
      const { status, text } = await ask(path);
      assert.deepEqual([status, /mv_care/.test(text), /secret/.test(text)], [200, true, false], path);
    }
    await come("eve", "approver", { care: "none" });
    const statuses = [];
    for (const path of asked) statuses.push((await ask(path)).status);
    assert.deepEqual(statuses, [200, 403, 403]);
    assert.equal((await ask("")).text, `{"deployments":[]}`);
  });
});
