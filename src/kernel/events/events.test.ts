import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { it } from "node:test";

import { createManualClock } from "../clock.ts";
import type { Database } from "../db/index.ts";
import { Problem } from "../errors.ts";
import { describeOnEveryEngine } from "../testing/index.ts";
import { actThrough, createLedger, migrations, verifyEvents } from "./index.ts";
import type { Ledger } from "./index.ts";

declare module "./index.ts" {
  interface Events {
    "lamp.lit": { readonly brightness: number };
    "lamp.broken": { readonly reason: string };
  }
}

interface Hall {
  readonly ledger: Ledger;
  light(subject: string, brightness: number): Promise<void>;
}

function hallOf(db: Database): Hall {
  const ledger = createLedger({ db, clock: createManualClock(1_000) });
  const light: Hall["light"] = (subject, brightness) =>
    db.transaction(() =>
      ledger.append({ kind: "lamp.lit", subject, project: "hall", actor: "usr_a", data: { brightness } }),
    );
  return { ledger, light };
}

/** Waits in real time, as retries do. */
async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describeOnEveryEngine("the ledger", (open, engine) => {
  it("refuses an event outside a transaction, because state and event belong together", async () => {
    const { ledger } = hallOf(await open(migrations));
    const event = { kind: "lamp.broken", subject: "a", project: null, actor: "usr_a" } as const;
    await assert.rejects(ledger.append({ ...event, data: { reason: "fell" } }), /must be appended in the/);
  });

  it("names who acted for the actor, in the chain too, and not in what merely follows", async () => {
    const db = await open(migrations);
    const { ledger, light } = hallOf(db);
    ledger.on("the echo", ["lamp.lit"], async ({ data, subject }) => {
      if (subject === "a") await light("echo", data.brightness);
    });
    await ledger.start();
    await light("b", 1);
    await actThrough("step train", async () => await light("a", 2));
    await ledger.settle();
    await ledger.stop();
    const events = await ledger.list({});
    assert.deepEqual(
      events.map(({ subject, actor, through }) => [subject, actor, through]),
      [
        ["b", "usr_a", null],
        ["a", "usr_a", "step train"],
        ["echo", "usr_a", null],
      ],
    );
    assert.equal((await ledger.verify()).broken, undefined);
    await db.query.updateTable("events").set({ through: "step test" }).where("seq", "=", 2).execute();
    assert.deepEqual((await ledger.verify()).broken, { seq: 2, reason: "altered" });
    await db.query.updateTable("events").set({ through: null }).where("seq", "=", 2).execute();
    assert.deepEqual((await ledger.verify()).broken, { seq: 2, reason: "altered" });
  });

  it("forgets what was rolled back, and leaves no gap", async () => {
    const db = await open(migrations);
    const { ledger, light } = hallOf(db);
    await light("a", 1);
    const failing = db.transaction(async () => {
      await light("a", 2);
      throw new Error("no");
    });
    await assert.rejects(failing, /no/);
    await light("a", 3);
    const events = await ledger.list({});
    assert.deepEqual(
      events.map(({ seq, data }) => [seq, data]),
      [
        [1, { brightness: 1 }],
        [2, { brightness: 3 }],
      ],
    );
  });

  it("finds events by subject, project, kind and actor, a page at a time", async () => {
    const { ledger, light } = hallOf(await open(migrations));
    for (const brightness of [1, 2, 3, 4]) await light(brightness % 2 === 0 ? "even" : "odd", brightness);
    const seqs = async (filter: Parameters<Ledger["list"]>[0]): Promise<number[]> =>
      (await ledger.list(filter)).map((event) => event.seq);
    assert.deepEqual(
      {
        subject: await seqs({ subject: "even" }),
        newest: await seqs({ project: "hall", newestFirst: true, limit: 2 }),
        before: await seqs({ newestFirst: true, before: 3 }),
        after: await seqs({ after: 3 }),
        nobody: await seqs({ actor: "usr_b" }),
        noKind: await seqs({ kinds: [] }),
        unknownKind: await seqs({ kinds: ["lamp.sold"] }),
      },
      {
        subject: [2, 4],
        newest: [4, 3],
        before: [2, 1],
        after: [4],
        nobody: [],
        noKind: [],
        unknownKind: [],
      },
    );
  });

  const tampering: readonly [string, (db: Database) => Promise<unknown>, object][] = [
    [
      "altered",
      (db) => db.query.updateTable("events").set({ actor: "usr_b" }).where("seq", "=", 2).execute(),
      { seq: 2, reason: "altered" },
    ],
    [
      "missing",
      (db) => db.query.deleteFrom("events").where("seq", "=", 2).execute(),
      { seq: 3, reason: "missing_before" },
    ],
    [
      "rewritten with a hash of its own",
      (db) =>
        db.query
          .updateTable("events")
          .set({ hash: "f".repeat(64), prev_hash: "e".repeat(64) })
          .where("seq", "=", 3)
          .execute(),
      { seq: 3, reason: "unchained" },
    ],
  ];
  for (const [how, tamper, broken] of tampering) {
    it(`names the first event that was ${how}`, async () => {
      const db = await open(migrations);
      const { ledger, light } = hallOf(db);
      for (const brightness of [1, 2, 3, 4]) await light("a", brightness);
      assert.deepEqual((await ledger.verify()).broken, undefined);
      await tamper(db);
      assert.deepEqual((await ledger.verify()).broken, broken);
    });
  }

  it("can be verified from an export, in pieces", async () => {
    const { ledger, light } = hallOf(await open(migrations));
    for (const brightness of [1, 2, 3]) await light("a", brightness);
    const [first, ...others] = await ledger.list({});
    assert(first !== undefined);
    const { head } = verifyEvents([first]);
    assert.deepEqual(verifyEvents(others, head).head.seq, 3);
    assert.deepEqual(verifyEvents(others).broken, { seq: 2, reason: "missing_before" });
  });

  it("stays one chain when two processes append at once", async () => {
    const db = await open(migrations);
    const program = join(import.meta.dirname, "fixtures", "lighting-process.ts");
    const argument = JSON.stringify({ ...engine.optionsOf(db), times: 40 });
    const children = [0, 1].map(() => fork(program, [argument]));
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
    const { events, broken } = await hallOf(db).ledger.verify();
    assert.deepEqual([codes, events, broken], [[0, 0], 80, undefined]);
  });
});

describeOnEveryEngine("the delivery of events", (open) => {
  it("brings what was committed, in order, to a handler of a part of it", async () => {
    const db = await open(migrations);
    const { ledger, light } = hallOf(db);
    const seen: string[] = [];
    ledger.on("remember", ["lamp.lit"], async ({ subject, data }) => {
      seen.push(`${subject}:${data.brightness}`);
    });
    await ledger.start();
    await light("a", 1);
    await db.transaction(async () => {
      const event = { kind: "lamp.broken", subject: "a", project: null, actor: "usr_a" } as const;
      await ledger.append({ ...event, data: { reason: "fell" } });
    });
    await light("b", 2);
    await light("a", 3);
    await ledger.settle();
    assert.deepEqual(seen, ["a:1", "b:2", "a:3"]);
    await ledger.stop();
  });

  it("brings what another process has appended, at the next occasion, to the handlers of its kind alone", async () => {
    const db = await open(migrations);
    const { ledger, light } = hallOf(db);
    const elsewhere = hallOf(db);
    const seen: string[] = [];
    ledger.on("lights", ["lamp.lit"], async ({ subject }) => void seen.push(`lit ${subject}`));
    ledger.on("breakages", ["lamp.broken"], async ({ subject }) => void seen.push(`broken ${subject}`));
    await ledger.start();
    await light("a", 1);
    await ledger.settle();
    await elsewhere.light("b", 1);
    await db.transaction(async () => {
      const event = { kind: "lamp.broken", subject: "c", project: null, actor: "usr_a" } as const;
      await elsewhere.ledger.append({ ...event, data: { reason: "fell" } });
    });
    await ledger.settle();
    await elsewhere.light("d", 1);
    await light("e", 1);
    await ledger.settle();
    assert.deepEqual(seen.toSorted(), ["broken c", "lit a", "lit b", "lit d", "lit e"]);
    await ledger.stop();
  });

  it("tries a failed delivery again and keeps the order within its subject", async () => {
    const { ledger, light } = hallOf(await open(migrations));
    const seen: string[] = [];
    let failures = 1;
    ledger.on("stumble", ["lamp.lit"], async ({ subject, data }) => {
      if (subject === "a" && failures-- > 0) throw new Error("not yet");
      seen.push(`${subject}:${data.brightness}`);
    });
    await light("a", 1);
    await light("b", 2);
    await light("a", 3);
    await ledger.start();
    await until(() => seen.length === 3);
    assert.deepEqual(seen, ["b:2", "a:1", "a:3"]);
    await ledger.stop();
    assert.deepEqual(await ledger.failures(), []);
  });

  it("goes on after a restart where it was, and brings the event again that a crash cut short", async () => {
    const db = await open(migrations);
    const before = hallOf(db);
    const seen: number[] = [];
    const crash = Promise.withResolvers<void>();
    before.ledger.on("count", ["lamp.lit"], async ({ data }) => {
      seen.push(data.brightness);
      // The process dies here: the handler never returns, and nobody waits for it.
      if (data.brightness === 2) {
        crash.resolve();
        await new Promise(() => {});
      }
    });
    void before.ledger.start();
    for (const brightness of [1, 2, 3]) await before.light("a", brightness);
    await crash.promise;

    const { ledger } = hallOf(db);
    ledger.on("count", ["lamp.lit"], async ({ data }) => void seen.push(data.brightness));
    await ledger.start();
    await ledger.settle();
    assert.deepEqual(seen, [1, 2, 2, 3]);
    await ledger.stop();
  });

  it("gives up after six tries, shows it, holds the subject back, and goes on when asked", async () => {
    const db = await open(migrations);
    const { ledger, light } = hallOf(db);
    const seen: string[] = [];
    let isBroken = true;
    ledger.on("fragile", ["lamp.lit"], async ({ subject, data }) => {
      if (isBroken && subject === "a") throw new Error("broken");
      seen.push(`${subject}:${data.brightness}`);
    });
    await ledger.start();
    await light("a", 1);
    await ledger.settle();
    // Five more tries, without their 6.2 s of waiting.
    for (let attempts = 1; attempts < 6; attempts += 1) {
      await db.query.updateTable("event_failures").set({ next_attempt_at_ms: 0 }).execute();
      await ledger.settle();
    }
    await light("a", 2);
    await light("b", 3);
    await ledger.settle();
    assert.deepEqual(
      (await ledger.failures()).map(({ seq, attempts, givenUp }) => ({ seq, attempts, givenUp })),
      [
        { seq: 1, attempts: 6, givenUp: true },
        { seq: 2, attempts: 0, givenUp: false },
      ],
    );
    assert.deepEqual(seen, ["b:3"]);

    isBroken = false;
    await ledger.retry("fragile", 1, "usr_a");
    await ledger.settle();
    assert.deepEqual([seen, await ledger.failures()], [["b:3", "a:1", "a:2"], []]);
    const [retried] = await ledger.list({ kinds: ["delivery.retried"] });
    assert.deepEqual([retried?.actor, retried?.data], ["usr_a", { handler: "fragile", seq: 1 }]);
    await ledger.stop();
  });

  it("refuses to retry what has not failed, and records nothing of it", async () => {
    const { ledger, light } = hallOf(await open(migrations));
    await light("a", 1);
    await assert.rejects(
      ledger.retry("nobody", 1, "usr_a"),
      (error) => error instanceof Problem && error.code === "delivery_not_failed",
    );
    assert.equal((await ledger.list({})).length, 1);
  });

  it("tells of a database it cannot read, and does not take the process down", async () => {
    const db = await open(migrations);
    const { ledger, light } = hallOf(db);
    ledger.on("remember", ["lamp.lit"], async () => {});
    await ledger.start();
    await db.query.schema.alterTable("event_failures").renameTo("away").execute();
    await light("a", 1);
    await assert.rejects(ledger.settle(), /event_failures/);
    await db.query.schema.alterTable("away").renameTo("event_failures").execute();
    await ledger.settle();
    await ledger.stop();
  });

  it("shows what is committed to who watches, once, and until they stop", async () => {
    const db = await open(migrations);
    const { ledger, light } = hallOf(db);
    const seen: number[] = [];
    const unwatch = ledger.watch((event) => seen.push(event.seq));
    await light("a", 1);
    await db.transaction(async () => {
      await light("a", 2);
      assert.deepEqual(seen, [1]);
    });
    unwatch();
    await light("a", 3);
    assert.deepEqual(seen, [1, 2]);
  });
});
