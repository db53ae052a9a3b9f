import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createManualClock } from "../clock.ts";
import { openDatabase } from "../db/index.ts";
import { createLedger, migrations } from "./index.ts";
import type { Ledger } from "./index.ts";

declare module "./index.ts" {
  interface Events {
    "lamp.lit": { readonly brightness: number };
    "lamp.broken": { readonly reason: string };
  }
}

async function openLedger(): Promise<{
  ledger: Ledger;
  light(subject: string, brightness: number): Promise<void>;
}> {
  const db = openDatabase({ location: ":memory:" });
  await db.migrate(migrations);
  const ledger = createLedger({ db, clock: createManualClock(1_000) });
  const light = (subject: string, brightness: number) =>
    db.transaction(() =>
      ledger.append({ kind: "lamp.lit", subject, project: "hall", actor: "usr_a", data: { brightness } }),
    );
  return { ledger, light };
}

describe("the ledger", () => {
  it("delivers what was committed, in order, also when a handler subscribes to a part", async () => {
    const { ledger, light } = await openLedger();
    const seen: string[] = [];
    ledger.on("remember", ["lamp.lit"], async (event) => {
      seen.push(`${event.subject}:${event.data.brightness}`);
    });
    await ledger.start();
    await light("a", 1);
    await light("b", 2);
    await light("a", 3);
    await ledger.settle();
    assert.deepEqual(seen, ["a:1", "b:2", "a:3"]);
    await ledger.stop();
  });

  it("tries a failed delivery again and keeps the order within its subject", async () => {
    const { ledger, light } = await openLedger();
    const seen: string[] = [];
    let failures = 1;
    ledger.on("stumble", ["lamp.lit"], async (event) => {
      if (event.subject === "a" && failures-- > 0) throw new Error("not yet");
      seen.push(`${event.subject}:${event.data.brightness}`);
    });
    await light("a", 1);
    await light("b", 2);
    await light("a", 3);
    await ledger.start();
    while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(seen, ["b:2", "a:1", "a:3"]);
    await ledger.stop();
  });

  it("refuses an event outside a transaction, because state and event belong together", async () => {
    const { ledger } = await openLedger();
    await assert.rejects(
      ledger.append({
        kind: "lamp.broken",
        subject: "a",
        project: null,
        actor: "usr_a",
        data: { reason: "fell" },
      }),
      /must be appended in the transaction/,
    );
  });

  it("names the first event that was altered", async () => {
    const { ledger, light } = await openLedger();
    await light("a", 1);
    await light("a", 2);
    const before = await ledger.verify();
    assert.equal(before.events, 2);
    assert.equal(before.broken, undefined);
  });
});
