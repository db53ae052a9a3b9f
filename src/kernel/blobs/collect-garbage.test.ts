import assert from "node:assert/strict";
import { readdir, rename, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { Digest } from "../digest.ts";
import { digestOf } from "../digest.ts";
import { temporaryFolder } from "../testing/index.ts";
import { writeFile } from "node:fs/promises";
import { defaultGraceMs, renewedAfterMs, shortestGraceMs } from "./ages.ts";
import { collectGarbage, createDiskBlobs, putTree } from "./index.ts";
import type { BlobHolder, Blobs, Collection, CollectionOrder, HeldBlob } from "./index.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** A store on the disk, and references to it as a database would keep them. */
async function openHouse() {
  const folder = await temporaryFolder();
  const blobs = createDiskBlobs({ folder });
  const held = new Map<string, HeldBlob>();
  const holder: BlobHolder = {
    name: "house",
    async *blobsInUse() {
      // A moment of the database: what is changed while it is read does not show.
      const atThatMoment = [...held.values()];
      yield* atThatMoment;
    },
  };
  const pathOf = (digest: Digest): string => join(folder, digest.slice(0, 2), digest.slice(2));
  return {
    folder,
    blobs,
    held,
    pathOf,
    hold: (digest: Digest, isTree = false) => held.set(digest, { digest, isTree }),
    /** As if it had been stored so long ago. */
    async age(digest: Digest, ms: number) {
      const at = new Date(Date.now() - ms);
      await utimes(pathOf(digest), at, at);
    },
    collect: async (order: Partial<CollectionOrder> = {}): Promise<Collection> =>
      await collectGarbage({
        blobs,
        holders: [holder],
        atOneMoment: async (read) => await read(),
        graceMs: defaultGraceMs,
        isDryRun: false,
        ...order,
      }),
  };
}

const text = (content: string): Uint8Array => Buffer.from(content);

describe("a collection of garbage", () => {
  it("takes what nobody holds and is old, and nothing else", async () => {
    const { blobs, hold, age, collect } = await openHouse();
    const [used, orphan, young] = await putAll(blobs, ["used", "orphan", "young"]);
    hold(used);
    await age(used, 90 * dayMs);
    await age(orphan, 90 * dayMs);
    await age(young, 6 * dayMs);
    const { inUse, garbage, removed, young: stays } = await collect();
    assert.deepEqual(
      { inUse, garbage, removed, stays },
      {
        inUse: { blobs: 1, bytes: 4 },
        garbage: { blobs: 1, bytes: 6 },
        removed: { blobs: 1, bytes: 6 },
        stays: { blobs: 1, bytes: 5 },
      },
    );
    assert.deepEqual(
      await Promise.all([used, orphan, young].map(async (digest) => await blobs.has(digest))),
      [true, false, true],
    );
  });

  it("only tells what would go, when it is asked for that", async () => {
    const { blobs, age, collect } = await openHouse();
    const [orphan] = await putAll(blobs, ["orphan"]);
    await age(orphan, 9 * dayMs);
    const { garbage, removed, oldestAtMs } = await collect({ isDryRun: true });
    assert.deepEqual([garbage.blobs, removed.blobs, await blobs.has(orphan)], [1, 0, true]);
    assert.ok(Math.abs((oldestAtMs ?? 0) - (Date.now() - 9 * dayMs)) < dayMs);
  });

  it("holds the files of a listing with it, and only the listing of what is no tree", async () => {
    const { blobs, hold, age, collect } = await openHouse();
    const folder = await temporaryFolder();
    await writeFile(join(folder, "a"), "a");
    await writeFile(join(folder, "b"), "b");
    const tree = await putTree(blobs, folder);
    const all = [tree.digest, ...tree.files.map((file) => file.digest)];
    for (const digest of all) await age(digest, 90 * dayMs);
    hold(tree.digest, true);
    assert.equal((await collect()).removed.blobs, 0);
    hold(tree.digest, false);
    assert.equal((await collect()).removed.blobs, 2);
    assert.equal(await blobs.has(tree.digest), true);
  });

  it("is refused where the listing of a folder in use is lost, unless that is accepted", async () => {
    const { blobs, hold, age, collect } = await openHouse();
    const [orphan] = await putAll(blobs, ["orphan"]);
    await age(orphan, 90 * dayMs);
    hold(digestOf("a lost listing"), true);
    await assert.rejects(collect(), { code: "garbage_listing_unreadable" });
    assert.deepEqual((await collect({ isDryRun: true })).unreadable, [
      { digest: digestOf("a lost listing"), holder: "house" },
    ]);
    assert.equal((await collect({ acceptMissing: true })).removed.blobs, 1);
  });

  it("is refused with a grace in which a writer could be overtaken, unless nobody writes", async () => {
    const { blobs, collect } = await openHouse();
    await putAll(blobs, ["orphan"]);
    const graceMs = shortestGraceMs - 1;
    await assert.rejects(collect({ graceMs }), { code: "garbage_grace_too_short" });
    assert.equal((await collect({ graceMs: -5_000, whileNobodyWrites: true })).removed.blobs, 1);
  });

  it("spares what was stored again, by whatever way, since it was old", async () => {
    const { blobs, age, collect } = await openHouse();
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "in a folder");
    const statCachePath = join(await temporaryFolder(), "cache.json");
    const ways: Record<string, () => Promise<Digest>> = {
      bytes: async () => (await blobs.put(text("bytes"))).digest,
      stream: async () => (await blobs.put(pieces("stream"))).digest,
      file: async () => (await blobs.putFile(join(folder, "file"))).digest,
      tree: async () => (await putTree(blobs, folder, { statCachePath })).files[0]?.digest ?? "",
      renewed: async () => {
        const digest = digestOf("bytes");
        assert.equal(await blobs.renew(digest), true);
        return digest;
      },
    };
    for (const [way, store] of Object.entries(ways)) {
      const digest = await store();
      await age(digest, renewedAfterMs + 60_000);
      await store();
      await collect({ graceMs: shortestGraceMs });
      assert.equal(await blobs.has(digest), true, way);
      await age(digest, 90 * dayMs);
      await store();
      await collect();
      assert.equal(await blobs.has(digest), true, way);
    }
  });

  it("finds what a killed one had put aside, and so does whoever reads it or stores it", async () => {
    const { folder, blobs, hold, age, pathOf, collect } = await openHouse();
    const names = ["kept", "read", "stored", "garbage"];
    const digests = await putAll(blobs, names);
    await age(digests[3] ?? "", 90 * dayMs);
    await collect();
    const [kept = "", read = "", stored = "", garbage = ""] = await putAll(blobs, names);
    for (const digest of [kept, read, stored, garbage]) {
      await age(digest, 90 * dayMs);
      await rename(pathOf(digest), join(folder, "leaving", digest));
    }
    hold(kept);
    assert.equal(await blobs.readText(read), "read");
    await blobs.put(text("stored"));
    await collect();
    assert.deepEqual(
      await Promise.all([kept, read, stored, garbage].map(async (digest) => await blobs.has(digest))),
      [true, false, true, false],
    );
    assert.deepEqual(await readdir(join(folder, "leaving")), []);
  });

  it("goes no further when it is told so, and removes nothing before it has asked", async () => {
    const { blobs, age, collect } = await openHouse();
    for (const digest of await putAll(blobs, ["a", "b"])) await age(digest, 90 * dayMs);
    const mayGoOn = async (): Promise<void> => {
      throw new Error("somebody else came");
    };
    await assert.rejects(collect({ mayGoOn }), /somebody else came/);
    await assert.rejects(collect({ signal: AbortSignal.abort() }), { name: "AbortError" });
    assert.deepEqual((await collect({ isDryRun: true })).garbage.blobs, 2);
  });
});

describe("collections beside writers, in seeded orders", () => {
  for (let seed = 1; seed <= 20; seed++) {
    it(`take nothing that is referred to, and in the end everything else (seed ${seed})`, async () => {
      const random = createRandom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const { folder, blobs, held, hold, age, collect } = await openHouse();
      // Another process of the same folder: it shares nothing in memory.
      const stores = [blobs, createDiskBlobs({ folder })];
      const contents = Array.from({ length: 30 }, (_, index) => `content ${index}`);
      const all = await putAll(blobs, contents);
      for (const digest of all) await age(digest, 30 * dayMs);
      const pause = async (): Promise<void> => {
        for (let turns = below(4); turns > 0; turns--) await nextTurn();
      };
      const writer = async (): Promise<void> => {
        for (let turn = 0; turn < 25; turn++) {
          const content = contents[below(contents.length)] ?? "";
          const { digest } = await (stores[below(2)] ?? blobs).put(text(content));
          await pause();
          hold(digest);
          await pause();
          const [forgotten] = [...held.keys()].slice(below(held.size));
          if (random() < 0.5 && forgotten !== undefined && held.delete(forgotten)) {
            // Its time is long ago again, as far as this test goes: unless somebody is just storing it.
            if (random() < 0.3) await pause();
          }
        }
      };
      const collector = async (): Promise<void> => {
        for (let turn = 0; turn < 6; turn++) {
          await collect({ blobs: stores[below(2)] ?? blobs });
          for (const digest of held.keys()) assert.equal(await blobs.verify(digest), true);
          await pause();
        }
      };
      await Promise.all([writer(), writer(), collector(), collector()]);

      for await (const { digest } of blobs.list()) await age(digest, 30 * dayMs);
      await collect();
      const left = (await Array.fromAsync(blobs.list())).map(({ digest }) => digest);
      assert.deepEqual(left.toSorted(), [...held.keys()].toSorted());
      for (const digest of left) assert.equal(await blobs.verify(digest), true);
      assert.deepEqual(await readdir(join(folder, "incoming")), []);
    });
  }
});

it("a file that was made young need not be read again to be relied on", async () => {
  const { blobs, age, pathOf } = await openHouse();
  const [digest] = await putAll(blobs, ["known"]);
  await age(digest, 30 * dayMs);
  assert.equal(await blobs.inspect(digest), "sound");
  await blobs.renew(digest);
  assert.ok((await stat(pathOf(digest))).mtimeMs > Date.now() - dayMs);
  assert.equal(await blobs.inspect(digest), "sound");
});

async function putAll<const Contents extends readonly string[]>(
  blobs: Blobs,
  contents: Contents,
): Promise<{ [At in keyof Contents]: Digest }> {
  const digests: Digest[] = [];
  for (const content of contents) digests.push((await blobs.put(text(content))).digest);
  // Each digest stands where its content stood, which no list that is filled can say.
  return digests as { [At in keyof Contents]: Digest };
}

async function* pieces(content: string): AsyncIterable<Uint8Array> {
  for (const piece of content) yield text(piece);
}

/** Mulberry32: a small generator whose numbers follow from the seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
