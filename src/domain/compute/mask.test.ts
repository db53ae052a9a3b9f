import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createMask } from "./mask.ts";

function hidden(values: readonly string[], pieces: readonly string[]): string {
  const mask = createMask(values);
  if (mask === undefined) return pieces.join("");
  const out = pieces.map((piece) => Buffer.from(mask.hide(Buffer.from(piece))));
  return Buffer.concat([...out, Buffer.from(mask.rest())]).toString("latin1");
}

describe("what is hidden of a log", () => {
  it("is every occurrence of a value, byte for byte", () => {
    assert.equal(hidden(["hushed"], ["a hushed b hushedhushed c"]), "a ****** b ************ c");
    assert.equal(hidden(["hushed", "hushed-longer"], ["hushed-longer hushed"]), "************* ******");
    assert.equal(hidden(["grüße!"], ["<grüße!>"]), `<${"*".repeat(8)}>`);
    assert.equal(
      hidden(["first line\nsecond line"], ["second line, first line"]),
      `${"*".repeat(11)}, first line`.replace("first line", "*".repeat(10)),
    );
  });

  it("is nothing that is too short to be told from other words, and nothing where there are no values", () => {
    assert.equal(hidden(["1", "", "short"], ["1 short"]), "1 short");
    assert.equal(createMask([]), undefined);
  });

  it("is the same however the bytes are cut, and nothing gets lost", () => {
    const values = ["aabaab", "aabaabaa", "secret-token-of-a-step"];
    const text = "xaabaabaabaabaay secret-token-of-a-ste secret-token-of-a-step aabaa secret-tok";
    const whole = hidden(values, [text]);
    assert.equal(whole.length, text.length);
    assert.ok(!whole.includes("secret-token-of-a-step"));
    let state = 3;
    for (let round = 0; round < 500; round++) {
      const pieces: string[] = [];
      for (let at = 0; at < text.length;) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
        const length = 1 + (state % 9);
        pieces.push(text.slice(at, at + length));
        at += length;
      }
      const cut = hidden(values, pieces);
      assert.equal(cut.length, text.length, JSON.stringify(pieces));
      for (const value of values) assert.ok(!cut.includes(value), JSON.stringify(pieces));
      // What is not hidden is as it was.
      assert.ok([...cut].every((sign, at) => sign === "*" || sign === text[at]));
    }
  });
});
