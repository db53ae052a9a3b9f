import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { parseExactJson, toPlainJson, writeExactJson } from "./exact-json.ts";

describe("exact JSON", () => {
  for (const text of [
    '{"whole":3,"real":3.0,"wide":9223372036854775807,"list":[1,1.5,null,true,"3"],"in":{"a":{}}}',
    "-0.0",
    '"plain"',
    "[]",
  ]) {
    it(`gives ${text} back as it was`, () => {
      assert.equal(writeExactJson(parseExactJson(text)), text);
    });
  }

  it("sorts names when asked, at every depth", () => {
    assert.equal(
      writeExactJson(parseExactJson('{"b":{"d":1,"c":2},"a":0}'), { sorted: true }),
      '{"a":0,"b":{"c":2,"d":1}}',
    );
  });

  it("writes what JSON has no number for as text", () => {
    assert.equal(writeExactJson([Number.NaN, Number.POSITIVE_INFINITY]), '["NaN","Infinity"]');
  });

  it("has a plain form", () => {
    assert.deepEqual(toPlainJson(parseExactJson('{"a":[1,2.5]}')), { a: [1, 2.5] });
  });
});
