import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, it } from "node:test";

import type { Database } from "#kernel/db";
import { createSecretBox } from "#kernel/secret-box";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";
import { createSend, createTargets, systemResolve } from "#webhooks";

import { migrations } from "../index.ts";
import { defineDelivering, enqueueLane } from "./delivering.ts";
import { createOrders } from "./orders.ts";
import * as store from "./store.ts";

/** A real receiver that answers what it is told to; every body it was sent stands in `bodies`. */
async function openReceiver(statusOf: (body: string, index: number) => number) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      response.statusCode = statusOf(body, bodies.length);
      bodies.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/lineage`, bodies };
}

async function openDelivering(db: Database, url: string, mostAttempts = 300) {
  const kernel = await createTestKernel({ db, migrations });
  const secrets = createSecretBox({ file: `${await temporaryFolder()}/secret.key` });
  const targets = createTargets({ allowedHosts: ["127.0.0.1"], resolve: systemResolve });
  const orders = createOrders({ ...kernel, secrets, targets });
  defineDelivering({ ...kernel, secrets, send: createSend(targets), mostAttempts });
  const { id: endpoint } = await orders.createEndpoint({ project: null, name: "here", url, actor: "usr_a" });
  const put = async (lane: string, ...positions: readonly number[]): Promise<void> =>
    await kernel.db.transaction(async () => {
      await store.lockLane(kernel.db, endpoint, lane);
      for (const position of positions) {
        const outgoing = { id: `${lane}${position}`, endpoint, lane, position, body: `${lane}${position}` };
        await store.insertOutgoing(kernel.db, outgoing, 0);
      }
      await enqueueLane(kernel.jobs, endpoint, lane);
    });
  /** Goes on until nothing waits, however often a lane must be tried. */
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 500; round++) {
      await kernel.jobs.settle();
      const waiting = await kernel.jobs.list({ kind: "openlineage.tell", state: "queued" });
      if (waiting.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  return { ...kernel, orders, endpoint, put, settle };
}

describeOnEveryEngine("what waits for an endpoint of lineage", (open) => {
  it("is told lane by lane in order, each event until it is taken, and a refused one is passed over", async () => {
    const receiver = await openReceiver((body, index) => {
      if (body === "b2") return 422;
      return index % 3 === 0 ? 503 : 200;
    });
    const { db, put, settle, endpoint } = await openDelivering(await open(), receiver.url);
    await put("a", 3, 1, 2);
    await put("b", 1, 2, 3);
    await settle();
    const firsts = (lane: string): readonly string[] =>
      [...new Set(receiver.bodies)].filter((body) => body.startsWith(lane));
    assert.deepEqual(
      [firsts("a"), firsts("b")],
      [
        ["a1", "a2", "a3"],
        ["b1", "b2", "b3"],
      ],
    );
    assert.deepEqual(await store.countByState(db, endpoint), { sent: 5, refused: 1 });
  });

  it("is not forgotten when it is put in while the lane is being left", async () => {
    const receiver = await openReceiver(() => 200);
    const { put, settle } = await openDelivering(await open(), receiver.url);
    const settled = [];
    for (let position = 0; position < 40; position++) {
      await put("a", position);
      settled.push(settle());
    }
    await Promise.all(settled);
    await settle();
    assert.deepEqual(
      receiver.bodies,
      Array.from({ length: 40 }, (_, position) => `a${position}`),
    );
  });

  it("is given up after a day of trying, and told when a person asks for it", async () => {
    let isOpen = false;
    const receiver = await openReceiver(() => (isOpen ? 200 : 500));
    const opened = await openDelivering(await open(), receiver.url, 5);
    const { db, put, settle, endpoint, orders, ledger } = opened;
    await put("a", 1, 2);
    await settle();
    assert.deepEqual(await store.countByState(db, endpoint), { given_up: 2 });
    const [given] = await ledger.list({ kinds: ["lineage_delivery.given_up"] });
    assert.deepEqual(
      [given?.subject, given?.data],
      [endpoint, { ...given?.data, execution: "a", events: 2 }],
    );
    isOpen = true;
    assert.equal(await orders.retryEndpoint({ id: endpoint, actor: "usr_a" }), 2);
    await settle();
    assert.deepEqual(await store.countByState(db, endpoint), { sent: 2 });
    assert.deepEqual(receiver.bodies.slice(-2), ["a1", "a2"]);
  });

  it("is dropped when the endpoint is switched off", async () => {
    const receiver = await openReceiver(() => 200);
    const { db, put, settle, endpoint, orders } = await openDelivering(await open(), receiver.url);
    await orders.switchEndpoint({ id: endpoint, isActive: false, actor: "usr_a" });
    await put("a", 1);
    await settle();
    assert.deepEqual([await store.countByState(db, endpoint), receiver.bodies], [{ dropped: 1 }, []]);
  });

  it("goes nowhere that the operator has not named", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const secrets = createSecretBox({ file: `${await temporaryFolder()}/secret.key` });
    const targets = createTargets({ allowedHosts: [], resolve: systemResolve });
    const orders = createOrders({ ...kernel, secrets, targets });
    const make = async (url: string): Promise<unknown> =>
      await orders.createEndpoint({ project: null, name: "x", url, actor: "usr_a" });
    await assert.rejects(make("http://127.0.0.1:5000/api/v1/lineage"), { code: "webhook_url_refused" });
    await assert.rejects(make("https://169.254.169.254/latest"), { code: "webhook_url_refused" });
  });
});
