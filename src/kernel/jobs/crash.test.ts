import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { it } from "node:test";

import { createManualClock, systemClock } from "../clock.ts";
import type { Database, DatabaseOptions } from "../db/index.ts";
import { describeOnEveryEngine } from "../testing/index.ts";
import { createJobQueue, migrations } from "./index.ts";
import type { JobQueue } from "./index.ts";

declare module "./index.ts" {
  interface Jobs {
    "test.doomed": { readonly name: string };
  }
}

// Longer than any test: whoever passes has not waited for the lease.
const leaseMs = 10 * 60_000;

describeOnEveryEngine("the job queue after kill -9", (open, engine) => {
  it("takes the job of a dead process over at once, without waiting for its lease", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    const attempts: number[] = [];
    const id = await queue.enqueue({ kind: "test.doomed", payload: { name: "a" } });
    await killAWorkerAtWork(engine.optionsOf(db));
    queue.define("test.doomed", { run: async ({ attempt }) => void attempts.push(attempt) });
    await queue.settle();
    const job = await queue.get(id);
    assert.deepEqual([attempts, job?.state, job?.failures], [[2], "succeeded", 1]);
  });

  it("ends a job as failed that takes its process down every time", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    const id = await queue.enqueue({ kind: "test.doomed", payload: { name: "poison" } });
    await killAWorkerAtWork(engine.optionsOf(db));
    await killAWorkerAtWork(engine.optionsOf(db));
    queue.define("test.doomed", { maxAttempts: 2, run: async () => assert.fail("must not run again") });
    await queue.settle();
    const job = await queue.get(id);
    assert.deepEqual([job?.state, job?.error], ["failed", "The process ended while working on it."]);
  });

  it("waits for the lease of a worker it cannot ask", async () => {
    const db = await open(migrations);
    const queue = createQueue(db);
    const id = await queue.enqueue({ kind: "test.doomed", payload: { name: "a" } });
    await killAWorkerAtWork(engine.optionsOf(db));
    await db.query.updateTable("jobs").set({ owner: "another-host/1/1" }).execute();
    queue.define("test.doomed", { run: async () => {} });
    await queue.settle();
    assert.equal((await queue.get(id))?.state, "running");
    await db.query.updateTable("jobs").set({ lease_until_ms: 1 }).execute();
    await queue.settle();
    assert.equal((await queue.get(id))?.state, "succeeded");
  });
});

function createQueue(db: Database): JobQueue {
  return createJobQueue({ db, clock: createManualClock(systemClock.nowMs()), leaseMs, retryDelayMs: 1 });
}

async function killAWorkerAtWork(options: DatabaseOptions): Promise<void> {
  const worker = fork(new URL("./fixtures/dying-worker.ts", import.meta.url), [JSON.stringify(options)]);
  await once(worker, "message");
  worker.kill("SIGKILL");
  await once(worker, "exit");
}
