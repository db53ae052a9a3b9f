import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { it } from "node:test";

import { createManualClock, systemClock } from "#kernel/clock";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createJobQueue, migrations as jobMigrations } from "#kernel/jobs";
import { createSecretBox } from "#kernel/secret-box";
import { describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { openReceiver } from "./fixtures/receiver.ts";
import { createWebhooks, migrations } from "./index.ts";

describeOnEveryEngine("webhooks after kill -9", (open, engine) => {
  it("bring what was under way once more, under the same id and with a right signature", async () => {
    const db = await open([...eventMigrations, ...jobMigrations, ...migrations]);
    const keyFile = join(await temporaryFolder(), "secret.key");
    let begun = (): void => {};
    const firstRequest = new Promise<void>((resolve) => (begun = resolve));
    const receiver = await openReceiver((index, response) => {
      if (index > 0) return;
      // The first is never answered: its sender dies waiting.
      response.flushHeaders();
      begun();
    });
    const options = { ...engine.optionsOf(db), url: receiver.url, keyFile };
    const sender = fork(new URL("./fixtures/delivering-process.ts", import.meta.url), [
      JSON.stringify(options),
    ]);
    await firstRequest;
    sender.kill("SIGKILL");
    await once(sender, "exit");

    const clock = createManualClock(systemClock.nowMs());
    const jobs = createJobQueue({ db, clock, retryDelayMs: 1 });
    const notAsked = async (): Promise<never> => assert.fail("events of runs ask for nothing");
    const webhooks = createWebhooks({
      db,
      ledger: createLedger({ db, clock }),
      clock,
      jobs,
      secrets: createSecretBox({ file: keyFile }),
      registry: { getModel: notAsked, findVersion: notAsked },
      delivery: { getRelease: notAsked },
      allowedHosts: ["127.0.0.1"],
    });
    await jobs.settle();

    const [webhook] = await webhooks.listWebhooks();
    const [delivery] = await webhooks.listDeliveries(webhook?.id ?? "", 10);
    assert.deepEqual(
      receiver.received.map(({ deliveryId, body }) => [deliveryId === delivery?.id, body]),
      [
        [true, receiver.received[0]?.body],
        [true, receiver.received[0]?.body],
      ],
    );
    assert.equal(delivery?.state, "delivered");
    assert.ok(receiver.received.every(({ signature }) => signature?.startsWith("v1,")));
  });
});
