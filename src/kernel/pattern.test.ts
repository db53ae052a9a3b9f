import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { linearPattern } from "./pattern.ts";

describe("a stranger's regular expression", () => {
  it("finds what it describes", () => {
    assert.equal(linearPattern("^gpt-(4|5)").test("gpt-4-turbo"), true);
    assert.equal(linearPattern("(preview|[0-9]{8})$").test("claude-20240229"), true);
    assert.equal(linearPattern("^turbo").test("gpt-4-turbo"), false);
  });

  it("is quick where the usual engine would take longer than the sun has left", () => {
    assert.equal(linearPattern("^(a+)+$").test(`${"a".repeat(20_000)}b`), false);
  });

  for (const source of ["(a)\\1", "(?=a)b", "(a{1,100}){1,100}", "(", "a".repeat(1_001)]) {
    it(`is refused as ${source.slice(0, 20)}`, () => {
      assert.throws(() => linearPattern(source), { code: "pattern_invalid" });
    });
  }
});
