import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { it } from "node:test";

import { dayMs, minuteMs } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { createSecretBox } from "#kernel/secret-box";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { TestKernel } from "#kernel/testing";

import { openReceiver } from "./fixtures/receiver.ts";
import { createWebhooks, migrations } from "./index.ts";
import type { Webhook, WebhookEventName, WebhooksModule } from "./index.ts";

const actor = "usr_ada";

interface World extends TestKernel {
  readonly webhooks: WebhooksModule;
  create(order: {
    readonly url: string;
    readonly events?: readonly WebhookEventName[];
    readonly secret?: string;
    readonly project?: string;
  }): Promise<Webhook>;
  /** A run of the project ends, and all that follows from it happens. */
  finishRun(id: string, project?: string): Promise<void>;
  /** Brings the events, and does what is due now. */
  settle(): Promise<void>;
}

async function notAsked(): Promise<never> {
  throw new Error("events of runs ask for nothing");
}

async function build(
  db: Database,
  options: {
    readonly allowedHosts?: readonly string[];
    readonly resolve?: (name: string) => Promise<readonly string[]>;
  } = {},
): Promise<World> {
  const kernel = await createTestKernel({ db, migrations });
  const webhooks = createWebhooks({
    ...kernel,
    secrets: createSecretBox({ file: join(kernel.folder, "secret.key") }),
    registry: { getModel: notAsked, findVersion: notAsked },
    delivery: { getRelease: notAsked },
    allowedHosts: options.allowedHosts ?? ["127.0.0.1"],
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  await kernel.ledger.start();
  const settle = async (): Promise<void> => {
    await kernel.ledger.settle();
    await kernel.jobs.settle();
  };
  return {
    ...kernel,
    webhooks,
    settle,
    create: ({ url, events, secret, project }) =>
      webhooks.commands.createWebhook({
        project: project ?? null,
        name: "hook",
        description: "",
        url,
        events: events ?? ["run.finished"],
        secret,
        isActive: true,
        actor,
      }),
    async finishRun(id, project = "care") {
      await db.transaction(() =>
        kernel.ledger.append({
          kind: "run.finished",
          subject: id,
          project,
          actor,
          data: { status: "finished", metricKeys: 1 },
        }),
      );
      await settle();
    },
  };
}

describeOnEveryEngine("a webhook", (open) => {
  it("is told what happens after it was made, signed, in the words of MLflow's receivers", async () => {
    const world = await build(await open());
    const receiver = await openReceiver();
    await world.finishRun("before");
    world.clock.advanceMs(1_000);
    const { id } = await world.create({ url: receiver.url, secret: "hunter2" });
    await world.finishRun("after");

    const [sent] = receiver.received;
    assert.equal(receiver.received.length, 1);
    assert.deepEqual(JSON.parse(sent?.body ?? ""), {
      entity: "run",
      action: "finished",
      timestamp: new Date(world.clock.nowMs()).toISOString(),
      data: { run_id: "after", project: "care", status: "finished" },
    });
    assert.equal(sent?.timestamp, String(Math.floor(world.clock.nowMs() / 1_000)));
    const signed = `${sent?.deliveryId}.${sent?.timestamp}.${sent?.body}`;
    assert.equal(
      sent?.signature,
      `v1,${createHmac("sha256", "hunter2").update(signed, "utf8").digest("base64")}`,
    );
    assert.deepEqual(
      (await world.webhooks.listDeliveries(id, 10)).map(({ state, attempts, status, id: delivery }) => [
        state,
        attempts,
        status,
        delivery === sent?.deliveryId,
      ]),
      [["delivered", 1, 200, true]],
    );
  });

  it("hears only of its events and its project, and nothing once it is switched off", async () => {
    const world = await build(await open());
    const all = await openReceiver();
    const one = await openReceiver();
    const other = await openReceiver();
    const { id } = await world.create({ url: all.url });
    await world.create({ url: one.url, project: "care" });
    await world.create({ url: other.url, events: ["incident.opened"] });
    await world.finishRun("a", "care");
    await world.finishRun("b", "spam");
    await world.webhooks.commands.changeWebhook({ id, isActive: false, actor });
    await world.finishRun("c", "care");
    const runsOf = ({ received }: { received: readonly { body: string }[] }): string[] =>
      received.map(({ body }) => /"run_id":"(\w)"/.exec(body)?.[1] ?? "").toSorted();
    assert.deepEqual([runsOf(all), runsOf(one), runsOf(other)], [["a", "b"], ["a", "c"], []]);
  });

  it("is tried again with the same id after an error of the receiver, and gives up after half an hour", async () => {
    const world = await build(await open());
    const receiver = await openReceiver((index, response) => {
      if (index < 2) response.writeHead(500).end("no");
    });
    await world.create({ url: receiver.url });
    await world.finishRun("a");
    // The test's queue waits for milliseconds instead of seconds.
    await waitUntil(world, () => receiver.received.length === 3);
    assert.equal(new Set(receiver.received.map(({ deliveryId }) => deliveryId)).size, 1);

    const dead = await openReceiver((_, response) => void response.writeHead(503).end());
    const { id } = await world.create({ url: dead.url });
    await world.finishRun("b");
    await waitUntil(world, async () => (await world.webhooks.listDeliveries(id, 1))[0]?.state === "failed");
    assert.equal(dead.received.length, 14);
    const [failure] = await world.ledger.list({ kinds: ["webhook_delivery.failed"] });
    assert.deepEqual(failure?.data, {
      webhook: id,
      event: "run.finished",
      attempts: 14,
      reason: "The receiver answered 503.",
    });
  });

  it("keeps what was sent and the beginning of the last answer, for who wants to know why it failed", async () => {
    const world = await build(await open());
    const receiver = await openReceiver((index, response) => {
      if (index === 0) response.writeHead(400).end(`no field\0 "run" ${"x".repeat(5_000)}`);
      else response.end("thanks");
    });
    const { id: webhook } = await world.create({ url: receiver.url });
    const { id: silent } = await world.create({ url: receiver.url, events: ["incident.opened"] });
    await world.finishRun("a");
    const [failed] = await world.webhooks.listDeliveries(webhook, 1);
    const delivery = failed?.id ?? "";
    const { body, answer } = await world.webhooks.getDelivery(webhook, delivery);
    assert.equal(body, receiver.received[0]?.body);
    assert.deepEqual([answer?.slice(0, 16), answer?.length], ['no field\uFFFD "run" ', 4_096]);
    await assert.rejects(world.webhooks.getDelivery(silent, delivery), {
      code: "webhook_delivery_not_found",
    });

    await world.webhooks.commands.retryDelivery({ webhook, delivery, actor });
    await world.settle();
    assert.equal((await world.webhooks.getDelivery(webhook, delivery)).answer, "thanks");
    world.clock.advanceMs(1_000);
    await world.finishRun("b");
    const [newest] = await world.webhooks.listDeliveries(webhook, 1);
    assert.notEqual(newest?.id, delivery);
    assert.deepEqual(await world.webhooks.lastDeliveries(), [newest]);
  });

  it("waits as long as the receiver asks, and takes any other refusal for an answer", async () => {
    const world = await build(await open());
    const busy = await openReceiver((index, response) => {
      if (index === 0) response.writeHead(429, { "retry-after": "120" }).end();
    });
    await world.create({ url: busy.url });
    const refusing = await openReceiver((_, response) => void response.writeHead(401).end("who?"));
    const { id } = await world.create({ url: refusing.url });
    await world.finishRun("a");
    world.clock.advanceMs(119_000);
    await world.settle();
    assert.equal(busy.received.length, 1);
    world.clock.advanceMs(1_000);
    await world.settle();
    assert.equal(busy.received.length, 2);
    const [refused] = await world.webhooks.listDeliveries(id, 1);
    assert.deepEqual(
      [refusing.received.length, refused?.state, refused?.error],
      [1, "failed", "The receiver answered 401."],
    );
  });

  it("can be sent again by a person once it has failed, and not before", async () => {
    const world = await build(await open());
    const receiver = await openReceiver((index, response) => {
      if (index === 0) response.writeHead(400).end();
    });
    const { id: webhook } = await world.create({ url: receiver.url });
    await world.finishRun("a");
    const [failed] = await world.webhooks.listDeliveries(webhook, 1);
    const again = { webhook, delivery: failed?.id ?? "", actor };
    await world.webhooks.commands.retryDelivery(again);
    await world.settle();
    const [delivered] = await world.webhooks.listDeliveries(webhook, 1);
    assert.deepEqual([delivered?.state, delivered?.id], ["delivered", failed?.id]);
    await assert.rejects(world.webhooks.commands.retryDelivery(again), {
      code: "webhook_delivery_not_failed",
    });
    const { id: another } = await world.create({ url: receiver.url });
    await assert.rejects(world.webhooks.commands.retryDelivery({ ...again, webhook: another }), {
      code: "webhook_delivery_not_found",
    });
  });

  it("is not sent what waits for it when it is switched off or deleted", async () => {
    const world = await build(await open());
    const receiver = await openReceiver(
      (_, response) => void response.writeHead(429, { "retry-after": "60" }).end(),
    );
    const off = await world.create({ url: receiver.url });
    const gone = await world.create({ url: receiver.url });
    await world.finishRun("a");
    await world.webhooks.commands.changeWebhook({ id: off.id, isActive: false, actor });
    await world.webhooks.commands.deleteWebhook({ id: gone.id, actor });
    world.clock.advanceMs(minuteMs);
    await world.settle();
    assert.equal(receiver.received.length, 2);
    assert.equal((await world.webhooks.listDeliveries(off.id, 1))[0]?.state, "dropped");
    await assert.rejects(world.webhooks.getWebhook(gone.id), { message: /Webhook with ID .* not found/ });
  });

  it("never follows a redirect, whatever it points at", async () => {
    const world = await build(await open());
    const inside = await openReceiver();
    for (const status of [301, 302, 303, 307, 308]) {
      const receiver = await openReceiver(
        (_, response) => void response.writeHead(status, { location: inside.url }).end(),
      );
      const { id } = await world.create({ url: receiver.url });
      const result = await world.webhooks.commands.testWebhook(id);
      assert.deepEqual([result.success, result.status], [false, status]);
    }
    assert.deepEqual(inside.received, []);
  });

  it("is not sent to a name that has come to lead inside since it was checked", async () => {
    const receiver = await openReceiver();
    const answers = [["93.184.216.34"], ["127.0.0.1"]];
    const world = await build(await open(), {
      allowedHosts: [],
      resolve: async () => answers.shift() ?? ["169.254.169.254"],
    });
    const { id } = await world.create({ url: `https://rebinding.example:${receiver.port}/` });
    const result = await world.webhooks.commands.testWebhook(id);
    assert.deepEqual([result.success, result.status], [false, null]);
    assert.match(result.error ?? "", /must not resolve to a non-public IP address/);
    await world.finishRun("a");
    await world.settle();
    assert.deepEqual(receiver.received, []);
  });

  it("goes to the addresses that were checked, without asking for the name a second time", async () => {
    const receiver = await openReceiver();
    const asked: string[] = [];
    const world = await build(await open(), {
      allowedHosts: ["hook.invalid"],
      resolve: async (name) => {
        asked.push(name);
        return ["127.0.0.1"];
      },
    });
    const { id } = await world.create({ url: `http://hook.invalid:${receiver.port}/x` });
    asked.length = 0;
    // The system knows no name below `invalid`: only a pinned connection can arrive.
    assert.equal((await world.webhooks.commands.testWebhook(id)).success, true);
    assert.deepEqual(asked, ["hook.invalid"]);
    assert.equal(receiver.received[0]?.host, `hook.invalid:${receiver.port}`);
  });

  it("reads no more than the beginning of an endless answer", async () => {
    const world = await build(await open());
    const receiver = await openReceiver((_, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (response.write("x".repeat(10_000)));
        response.once("drain", pour);
      };
      pour();
    });
    const { id } = await world.create({ url: receiver.url });
    const result = await world.webhooks.commands.testWebhook(id);
    assert.deepEqual([result.status, result.body?.length], [200, 16_384]);
  });

  it("keeps its secret to itself: not in the database's text, the ledger, or an answer", async () => {
    const db = await open();
    const world = await build(db);
    const receiver = await openReceiver();
    const webhook = await world.create({ url: `${receiver.url}?key=inTheAddress`, secret: "hunter2" });
    await world.webhooks.commands.changeWebhook({ id: webhook.id, secret: "hunter3", actor });
    await world.finishRun("a");
    const rows = await db.query.selectFrom("webhooks").selectAll().execute();
    const said = JSON.stringify([
      webhook,
      await world.webhooks.listWebhooks(),
      await world.webhooks.listDeliveries(webhook.id, 10),
      rows,
      await db.query.selectFrom("jobs").selectAll().execute(),
      await world.ledger.list({}),
      receiver.received,
    ]);
    assert.doesNotMatch(said, /hunter/);
    assert.doesNotMatch(JSON.stringify(await world.ledger.list({})), /inTheAddress/);
    assert.equal(receiver.received.length, 1);
  });

  it("makes one delivery of an event that is brought twice", async () => {
    const world = await build(await open());
    const receiver = await openReceiver();
    await world.create({ url: receiver.url });
    await world.finishRun("a");
    // As after a crash between the handler's end and the note that it ended.
    await world.db.query.updateTable("event_cursors").set({ seq: 0 }).execute();
    await world.settle();
    assert.equal(receiver.received.length, 1);
  });

  it("forgets deliveries that ended more than thirty days ago", async () => {
    const world = await build(await open());
    const receiver = await openReceiver();
    const { id } = await world.create({ url: receiver.url });
    await world.finishRun("a");
    world.clock.advanceMs(31 * dayMs);
    await world.finishRun("b");
    assert.equal((await world.webhooks.listDeliveries(id, 10)).length, 1);
  });

  it("is refused with a name, events or a secret of the wrong form", async () => {
    const world = await build(await open());
    const order = {
      project: null,
      name: "hook",
      description: "",
      url: "https://93.184.216.34/",
      events: ["run.finished" as const],
      secret: undefined,
      isActive: true,
      actor,
    };
    for (const bad of [
      { name: "" },
      { name: "-a" },
      { name: "a b" },
      { name: "a".repeat(64) },
      { events: [] },
      { secret: "" },
      { secret: "s".repeat(1_001) },
    ])
      await assert.rejects(world.webhooks.commands.createWebhook({ ...order, ...bad }), {
        code: "webhook_invalid",
      });
    assert.deepEqual(await world.webhooks.listWebhooks(), []);
  });
});

async function waitUntil(world: World, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const startedMs = performance.now();
  while (!(await isSo())) {
    assert.ok(performance.now() - startedMs < 20_000, "it did not come to pass in 20 seconds");
    world.clock.advanceMs(5 * minuteMs);
    await world.settle();
  }
}
