import assert from "node:assert/strict";
import { utimes } from "node:fs/promises";
import { it } from "node:test";

import { createDiskBlobs, createKnownDatabases } from "#kernel/blobs";
import type { Blobs, HeldBlob } from "#kernel/blobs";
import { dayMs } from "#kernel/clock";
import type { Digest } from "#kernel/digest";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import { createStorage, migrations } from "./index.ts";

/** A server's storage, whose database has been known in the store for a month unless it is said otherwise. */
async function openStorage(open: OpenTestDatabase, options: { knownForMs?: number; blobs?: Blobs } = {}) {
  const kernel = await createTestKernel({ db: await open(), migrations });
  const blobs = options.blobs ?? kernel.blobs;
  const held: HeldBlob[] = [];
  const holder = {
    name: "tests",
    async *blobsInUse() {
      yield* held;
    },
  };
  const storage = createStorage({ ...kernel, blobs, holders: [holder], graceMs: 7 * dayMs });
  await storage.start();
  const firstSeenAtMs = Date.now() - (options.knownForMs ?? 30 * dayMs);
  for (const known of await createKnownDatabases(blobs.notes).list())
    await blobs.notes.write(
      `databases/${known.id}`,
      Buffer.from(JSON.stringify({ ...known, firstSeenAtMs })),
    );
  const putOld = async (content: string): Promise<Digest> => {
    const { digest } = await blobs.put(Buffer.from(content));
    const at = new Date(Date.now() - 30 * dayMs);
    await utimes(await blobs.localPath(digest), at, at);
    return digest;
  };
  const collect = async (order: { isDryRun?: boolean; graceMs?: number } = {}) =>
    await storage.collect({ actor: "usr_ada", isDryRun: false, ...order });
  return { ...kernel, blobs, held, storage, putOld, collect };
}

describeOnEveryEngine("storage", (open) => {
  it("removes what no holder names, and says in the ledger who did so, once", async () => {
    const { blobs, held, ledger, putOld, collect } = await openStorage(open);
    const kept = await putOld("kept");
    const orphan = await putOld("orphan");
    held.push({ digest: kept, isTree: false });
    assert.deepEqual((await collect({ isDryRun: true })).garbage, { blobs: 1, bytes: 6 });
    assert.equal(await blobs.has(orphan), true);
    assert.deepEqual((await collect()).removed, { blobs: 1, bytes: 6 });
    assert.equal((await collect()).removed.blobs, 0);
    assert.deepEqual([await blobs.has(kept), await blobs.has(orphan)], [true, false]);
    const events = await ledger.list({ kinds: ["garbage.collected"] });
    assert.deepEqual(
      events.map(({ actor, subject, data }) => ({ actor, subject, data: { ...data, storedBeforeMs: 0 } })),
      [
        {
          actor: "usr_ada",
          subject: "blobs",
          data: { blobs: 1, bytes: 6, graceMs: 7 * dayMs, storedBeforeMs: 0 },
        },
      ],
    );
  });

  it("removes nothing where another database is known, and says which", async () => {
    const first = await openStorage(open);
    const orphan = await first.putOld("perhaps the other's");
    const second = await openStorage(open, { blobs: first.blobs });
    for (const { collect } of [first, second]) await assert.rejects(collect(), { code: "store_shared" });
    assert.equal(await first.blobs.has(orphan), true);
  });

  it("notices another database that comes while it removes", async () => {
    const folder = await temporaryFolder();
    const disk = createDiskBlobs({ folder });
    let isLooking = false;
    const blobs: Blobs = {
      ...disk,
      async *list() {
        yield* disk.list();
        if (isLooking) await createKnownDatabases(disk.notes).announce({ id: "another", host: "elsewhere" });
      },
    };
    const { putOld, collect } = await openStorage(open, { blobs });
    const orphan = await putOld("orphan");
    isLooking = true;
    await assert.rejects(collect(), { code: "store_shared" });
    assert.equal(await blobs.has(orphan), true);
  });

  it("removes nothing before its database has been known for the length of the grace", async () => {
    const { blobs, putOld, collect } = await openStorage(open, { knownForMs: 3 * dayMs });
    const orphan = await putOld("orphan");
    await assert.rejects(collect(), { code: "store_known_too_short" });
    assert.equal((await collect({ isDryRun: true })).garbage.blobs, 1);
    assert.equal((await collect({ graceMs: 2 * dayMs })).removed.blobs, 1);
    assert.equal(await blobs.has(orphan), false);
  });

  it("collects by itself once a day", async () => {
    const { blobs, clock, jobs, ledger, putOld } = await openStorage(open);
    const orphan = await putOld("orphan");
    await jobs.settle();
    assert.equal(await blobs.has(orphan), true);
    clock.advanceMs(dayMs);
    await jobs.settle();
    assert.equal(await blobs.has(orphan), false);
    const [event] = await ledger.list({ kinds: ["garbage.collected"] });
    assert.equal(event?.actor, "system");
    const queued = await jobs.list({ kind: "storage.collect_garbage", state: "queued" });
    assert.deepEqual(
      queued.map(({ runAtMs }) => runAtMs > clock.nowMs()),
      [true],
    );
  });

  it("goes on from day to day where it is refused", async () => {
    const { blobs, clock, jobs, putOld } = await openStorage(open, { knownForMs: 0 });
    const orphan = await putOld("orphan");
    clock.advanceMs(dayMs);
    await jobs.settle();
    assert.equal(await blobs.has(orphan), true);
    assert.equal((await jobs.list({ kind: "storage.collect_garbage", state: "queued" })).length, 1);
  });
});

it("two servers of one folder know each other by it", async () => {
  // The notes lie in the store, so another instance of it reads them.
  const folder = await temporaryFolder();
  const [one, two] = [createDiskBlobs({ folder }), createDiskBlobs({ folder })];
  await createKnownDatabases(one.notes).announce({ id: "one", host: "a" });
  await createKnownDatabases(two.notes).announce({ id: "two", host: "b" });
  assert.deepEqual(
    (await createKnownDatabases(one.notes).list()).map(({ id, host }) => ({ id, host })),
    [
      { id: "one", host: "a" },
      { id: "two", host: "b" },
    ],
  );
});
