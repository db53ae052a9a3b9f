import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";

import { authProblems } from "#kernel/auth";
import { Problem } from "#kernel/errors";
import { createServer } from "#kernel/http";
import { createSecretBox } from "#kernel/secret-box";
import { createTestKernel } from "#kernel/testing";

import { openReceiver } from "./fixtures/receiver.ts";
import { createWebhooks, migrations } from "./index.ts";

async function notAsked(): Promise<never> {
  throw new Error("events of runs ask for nothing");
}

/** Webhooks of two projects, and a visitor who may manage those of `care` and no others. */
async function openRoutes() {
  const kernel = await createTestKernel({ migrations });
  const webhooks = createWebhooks({
    ...kernel,
    secrets: createSecretBox({ file: join(kernel.folder, "secret.key") }),
    registry: { getModel: notAsked, findVersion: notAsked },
    delivery: { getRelease: notAsked },
    allowedHosts: ["127.0.0.1"],
  });
  const server = createServer({
    routes: webhooks.routes,
    authenticate: async () => ({ id: "usr_cy", name: "Cy", kind: "person", via: "token" }),
    authorise: async (_principal, permission, project) => {
      if (permission === "webhook:manage" && project === "care") return;
      throw new Problem(authProblems.permission_denied, { message: "no" });
    },
    clock: kernel.clock,
    log: kernel.log,
    host: "127.0.0.1",
    port: 0,
  });
  const receiver = await openReceiver((_, response) => void response.writeHead(400).end("no"));
  await kernel.ledger.start();
  const make = async (project: string | null) => {
    const order = { name: "hook", description: "", url: receiver.url, secret: undefined, isActive: true };
    const events = ["run.finished"] as const;
    return await webhooks.commands.createWebhook({ ...order, events, project, actor: "usr_ada" });
  };
  const hooks = { care: await make("care"), spam: await make("spam"), all: await make(null) };
  for (const project of ["care", "spam"]) {
    await kernel.db.transaction(() =>
      kernel.ledger.append({
        kind: "run.finished",
        subject: `run of ${project}`,
        project,
        actor: "usr_ada",
        data: { status: "finished", metricKeys: 1 },
      }),
    );
  }
  await kernel.ledger.settle();
  await kernel.jobs.settle();
  return {
    webhooks,
    hooks,
    receiver,
    async ask(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object) {
      const sent = body === undefined ? {} : { body, headers: { "content-type": "application/json" } };
      const answer = await server.inject({ method, url: `/api/v1/webhooks${path}`, ...sent });
      return { status: answer.status, text: answer.text };
    },
  };
}

describe("the routes of webhooks", () => {
  it("show the webhooks of a project, each with how its last delivery went, and one delivery whole", async () => {
    const { webhooks, hooks, ask } = await openRoutes();
    const [last] = await webhooks.listDeliveries(hooks.care.id, 1);
    assert.deepEqual(JSON.parse((await ask("GET", "?project=care")).text), {
      webhooks: [{ ...hooks.care, lastDelivery: last }],
    });
    const shown = await ask("GET", `/${hooks.care.id}/deliveries/${last?.id}`);
    assert.deepEqual(
      JSON.parse(shown.text),
      JSON.parse(JSON.stringify(await webhooks.getDelivery(hooks.care.id, last?.id ?? ""))),
    );
    assert.match(shown.text, /run of care.*"answer":"no"/);
  });

  it("let nobody at a webhook of another project or of all, nor at a delivery of it through one's own", async () => {
    const { webhooks, hooks, receiver, ask } = await openRoutes();
    const before = receiver.received.length;
    for (const { id } of [hooks.spam, hooks.all]) {
      const [delivery] = await webhooks.listDeliveries(id, 1);
      const asked = [
        await ask("GET", `/${id}`),
        await ask("PATCH", `/${id}`, { secret: "mine" }),
        await ask("DELETE", `/${id}`),
        await ask("POST", `/${id}/test`, {}),
        await ask("GET", `/${id}/deliveries`),
        await ask("GET", `/${id}/deliveries/${delivery?.id}`),
        await ask("POST", `/${id}/deliveries/${delivery?.id}/retry`, {}),
      ];
      assert.deepEqual(
        asked.map(({ status }) => status),
        [403, 403, 403, 403, 403, 403, 403],
      );
      const own = `/${hooks.care.id}/deliveries/${delivery?.id}`;
      assert.equal((await ask("GET", own)).status, 404);
      assert.equal((await ask("POST", `${own}/retry`, {})).status, 404);
    }
    assert.deepEqual([(await ask("GET", "")).status, (await ask("GET", "?project=spam")).status], [403, 403]);
    assert.equal(receiver.received.length, before);
    assert.equal((await webhooks.listWebhooks()).length, 3);
  });
});
