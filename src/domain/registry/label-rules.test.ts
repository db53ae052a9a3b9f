import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";

import { checkTags } from "./label-rules.ts";

describe("the tags of a model", () => {
  it("have names and values in the limits that clients know", () => {
    const fitting = { "team: mail/1": "x".repeat(100_000), [`k${"e".repeat(249)}`]: "" };
    assert.equal(checkTags(fitting), fitting);
    for (const tags of [
      { "": "no name" },
      { "../up": "a path" },
      { "a,b": "a comma" },
      { ["k".repeat(251)]: "long" },
      { key: "x".repeat(100_001) },
      { key: "a\0b" },
    ]) {
      assert.throws(
        () => checkTags(tags),
        (error) => error instanceof Problem && error.kind === "invalid",
        JSON.stringify(Object.keys(tags)).slice(0, 40),
      );
    }
  });
});
