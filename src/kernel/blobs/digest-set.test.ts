import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { digestOf } from "../digest.ts";
import { createDigestSet } from "./digest-set.ts";

describe("a set of digests", () => {
  it("has what was added and nothing else, once each, however many there are", () => {
    const set = createDigestSet();
    const digests = Array.from({ length: 5_000 }, (_, index) => digestOf(String(index)));
    const special = [
      "0".repeat(64),
      `${"0".repeat(63)}1`,
      `${"0".repeat(8)}${"f".repeat(56)}`,
      "f".repeat(64),
    ];
    const all = [...digests, ...special];
    assert.ok(all.every((digest) => set.add(digest)));
    assert.ok(all.every((digest) => !set.add(digest) && set.has(digest)));
    assert.deepEqual([...set].toSorted(), all.toSorted());
    assert.equal(set.size, all.length);
    assert.ok(
      Array.from({ length: 5_000 }, (_, index) => digestOf(`other ${index}`)).every(
        (digest) => !set.has(digest),
      ),
    );
  });

  it("refuses what is no digest", () => {
    assert.throws(() => createDigestSet().add("abc"), /no digest/);
  });
});
