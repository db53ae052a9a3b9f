import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { it } from "node:test";

import { sql } from "kysely";
import type { KyselyPlugin } from "kysely";

import { createManualClock } from "../clock.ts";
import type { Database } from "../db/index.ts";
import { describeOnEveryEngine } from "../testing/index.ts";
import { createJobQueue, migrations } from "./index.ts";
import type { JobQueue } from "./index.ts";

declare module "./index.ts" {
  interface Jobs {
    "test.count": { readonly number: number };
    "test.slow": { readonly name: string };
  }
}

const startMs = 1_000_000;

function createQueue(db: Database, clock = createManualClock(startMs)): JobQueue {
  return createJobQueue({ db, clock, random: () => 0, retryDelayMs: 1 });
}

describeOnEveryEngine("the job queue", (open, engine) => {
  it("runs what was committed and nothing that was rolled back", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    const seen: number[] = [];
    queue.define("test.count", { run: async ({ payload }) => void seen.push(payload.number) });
    await db.transaction(() => queue.enqueue({ kind: "test.count", payload: { number: 1 } }));
    await assert.rejects(
      db.transaction(async () => {
        await queue.enqueue({ kind: "test.count", payload: { number: 2 } });
        throw new Error("changed my mind");
      }),
    );
    await queue.settle();
    assert.deepEqual(seen, [1]);
  });

  it("keeps one unfinished job per kind and key", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    queue.define("test.count", { run: async () => {} });
    const enqueue = (number: number) =>
      queue.enqueue({ kind: "test.count", payload: { number }, key: "nightly" });
    const first = await enqueue(1);
    assert.equal(await enqueue(2), first);
    await queue.settle();
    assert.notEqual(await enqueue(3), first);
  });

  it("waits for runAtMs by the injected clock", async () => {
    const db = await open(migrations);
    const clock = createManualClock(startMs);
    const queue = createQueue(db, clock);
    const seen: number[] = [];
    queue.define("test.count", { run: async ({ payload }) => void seen.push(payload.number) });
    await queue.enqueue({ kind: "test.count", payload: { number: 1 }, runAtMs: startMs + 60_000 });
    await queue.settle();
    assert.deepEqual(seen, []);
    clock.advanceMs(60_000);
    await queue.settle();
    assert.deepEqual(seen, [1]);
  });

  it("tries a failing job again, then ends it as failed with its last error, and runs it again on request", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    let attempts = 0;
    const told: string[] = [];
    queue.define("test.count", {
      maxAttempts: 3,
      run: async () => {
        attempts++;
        if (attempts <= 3) throw new Error(`attempt ${attempts}`);
      },
      gaveUp: async (_job, error) => void told.push(error),
    });
    const id = await queue.enqueue({ kind: "test.count", payload: { number: 1 } });
    await queue.start();
    await untilState(queue, id, "failed");
    assert.deepEqual(told, ["attempt 3"]);
    await queue.retry(id);
    await untilState(queue, id, "succeeded");
    assert.deepEqual(await queue.get(id), {
      id,
      kind: "test.count",
      key: null,
      project: null,
      payload: { number: 1 },
      state: "succeeded",
      attempt: 4,
      failures: 0,
      error: "attempt 3",
      runAtMs: startMs,
      createdAtMs: startMs,
      startedAtMs: startMs,
      finishedAtMs: startMs,
    });
    await queue.stop();
  });

  it("tells cancelled work by its signal and refuses its completion", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    const begun = Promise.withResolvers<void>();
    const refused = Promise.withResolvers<unknown>();
    queue.define("test.slow", {
      run: async ({ signal, finish }) => {
        begun.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await finish().catch(refused.resolve);
      },
    });
    const id = await queue.enqueue({ kind: "test.slow", payload: { name: "a" } });
    await queue.start();
    await begun.promise;
    await queue.cancel(id);
    assert.match(String(await refused.promise), /was cancelled or taken over/);
    await queue.stop();
    assert.equal((await queue.get(id))?.state, "cancelled");
  });

  it("ends an attempt that takes too long", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    queue.define("test.slow", {
      maxAttempts: 1,
      timeoutMs: 20,
      run: async ({ signal }) =>
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    const id = await queue.enqueue({ kind: "test.slow", payload: { name: "a" } });
    await queue.settle();
    const job = await queue.get(id);
    assert.deepEqual(
      [job?.state, job?.error],
      ["failed", `job_timed_out: Job ${id} (test.slow) took longer than 20 ms.`],
    );
  });

  it("gives running work back without blame when it stops", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    const begun = Promise.withResolvers<void>();
    queue.define("test.slow", {
      run: async ({ signal }) => {
        begun.resolve();
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    const id = await queue.enqueue({ kind: "test.slow", payload: { name: "a" } });
    await queue.start();
    await begun.promise;
    await queue.stop({ graceMs: 0 });
    const job = await queue.get(id);
    assert.deepEqual([job?.state, job?.attempt, job?.failures], ["queued", 1, 0]);
  });

  it("gives each job to one of two competing workers", async () => {
    const db = await open(migrations);
    const other = await engine.openAgain(db);
    const seen: number[] = [];
    const queues = [createQueue(db), createQueue(other)];
    for (const queue of queues) {
      queue.define("test.count", {
        concurrency: 3,
        run: async ({ payload }) => void seen.push(payload.number),
      });
    }
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    await db.transaction(async () => {
      for (const number of numbers) await queues[0]?.enqueue({ kind: "test.count", payload: { number } });
    });
    await Promise.all(queues.map((queue) => queue.settle()));
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      numbers,
    );
    assert.equal(
      (await db.query.selectFrom("jobs").select("id").where("attempt", "!=", 1).execute()).length,
      0,
    );
  });

  it("refuses the completion of a worker whose lease ended, so that effects happen once", async () => {
    const db = await open(migrations);
    await sql`create table effects (worker text)`.execute(db.query);
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const record = (database: Database, worker: string, finish: () => Promise<void>) =>
      database.transaction(async () => {
        await sql`insert into effects (worker) values (${worker})`.execute(database.query);
        await finish();
      });
    // A heartbeat that comes later than the test: the worker seems frozen.
    const frozen = createJobQueue({ db, clock: createManualClock(startMs), leaseMs: 60_000 });
    frozen.define("test.slow", {
      run: async ({ finish }) => {
        begun.resolve();
        await goOn.promise;
        await record(db, "frozen", finish);
      },
    });
    const id = await frozen.enqueue({ kind: "test.slow", payload: { name: "a" } });
    await frozen.start();
    await begun.promise;
    await sql`update jobs set lease_until_ms = 1`.execute(db.query);
    const other = await engine.openAgain(db);
    const healthy = createQueue(other);
    healthy.define("test.slow", { run: async ({ finish }) => await record(other, "healthy", finish) });
    await healthy.settle();
    goOn.resolve();
    await frozen.stop();
    const { rows } = await sql<{ worker: string }>`select worker from effects`.execute(db.query);
    assert.deepEqual(
      rows.map(({ worker }) => worker),
      ["healthy"],
    );
    assert.deepEqual([(await healthy.get(id))?.state, (await healthy.get(id))?.attempt], ["succeeded", 2]);
  });

  it("keeps the lease of work that takes longer than it", async () => {
    const db = await open(migrations);
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const busy = createJobQueue({ db, clock: createManualClock(startMs), leaseMs: 200 });
    busy.define("test.slow", {
      run: async () => {
        begun.resolve();
        await goOn.promise;
      },
    });
    const id = await busy.enqueue({ kind: "test.slow", payload: { name: "a" } });
    await busy.start();
    await begun.promise;
    const other = createQueue(await engine.openAgain(db));
    other.define("test.slow", { run: async () => assert.fail("must not be taken over") });
    for (let look = 0; look < 10; look++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await other.settle();
    }
    goOn.resolve();
    await busy.stop();
    const job = await busy.get(id);
    assert.deepEqual([job?.state, job?.attempt], ["succeeded", 1]);
  });

  it("finds what another process enqueued, also after a long rest and again and again", async () => {
    const db = await open(migrations);
    const worker = createQueue(db);
    worker.define("test.count", { run: async () => {} });
    await worker.start();
    const producer = fork(new URL("./fixtures/producer.ts", import.meta.url), [
      JSON.stringify(engine.optionsOf(db)),
    ]);
    for (let number = 1; number <= 3; number++) {
      // Idle meanwhile: nothing here says that there is work.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      producer.send(number);
      const [id] = await once(producer, "message");
      await untilState(worker, String(id), "succeeded");
    }
    producer.disconnect();
    await once(producer, "exit");
    await worker.stop();
  });

  it(
    "asks an idle file without looking for work, and stops asking when it is stopped",
    {
      skip: engine.engine === "postgres" && "a server's database is asked for work itself",
    },
    async () => {
      const db = await open(migrations);
      const asked: string[] = [];
      const worker = createQueue(watched(db, asked));
      worker.define("test.count", { run: async () => {} });
      await worker.start();
      asked.length = 0;
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      assert.ok(asked.length >= 1 && asked.length <= 3, `asked ${asked.length} times in 2.5 s`);
      assert.ok(
        asked.every((text) => text.includes("pragma_data_version")),
        asked.join("\n"),
      );
      await worker.stop();
      asked.length = 0;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      assert.deepEqual(asked, []);
    },
  );

  it("answers for a job it does not have", async () => {
    const queue = createQueue(await open(migrations));
    await assert.rejects(queue.cancel("job_none"), { code: "job_not_found" });
    assert.equal(await queue.get("job_none"), undefined);
  });

  it("lists by state, kind and project, and forgets what finished long ago", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    queue.define("test.count", { run: async () => {} });
    const done = await queue.enqueue({ kind: "test.count", payload: { number: 1 }, project: "hall" });
    await queue.settle();
    const waiting = await queue.enqueue({ kind: "test.count", payload: { number: 2 }, project: "hall" });
    const ids = async (filter: Parameters<JobQueue["list"]>[0]) =>
      (await queue.list(filter)).map(({ id }) => id);
    assert.deepEqual(await ids({ state: "succeeded" }), [done]);
    assert.deepEqual(await ids({ state: "queued", kind: "test.count", project: "hall" }), [waiting]);
    assert.deepEqual(await ids({ project: "cellar" }), []);
    assert.equal(await queue.prune(startMs + 1), 1);
    assert.deepEqual(await ids({}), [waiting]);
  });
});

/** The same database, which writes down what it is asked. */
function watched(db: Database, asked: string[]): Database {
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      asked.push(node.kind === "RawNode" ? node.sqlFragments.join("?") : node.kind);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    ...db,
    get query() {
      return db.query.withPlugin(plugin);
    },
  };
}

async function untilState(queue: JobQueue, id: string, state: string): Promise<void> {
  while ((await queue.get(id))?.state !== state) await new Promise((resolve) => setTimeout(resolve, 5));
}
