import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { previewOf } from "./previews.ts";

describe("the preview of a request", () => {
  it("is the last message of the role, in every shape a chat has", () => {
    const user = { role: "user", content: "second" };
    const messages = [{ role: "user", content: "first" }, user, { role: "assistant", content: "answer" }];
    assert.equal(previewOf({ messages }, "user"), "second");
    assert.equal(previewOf({ request: { input: messages } }, "assistant"), "answer");
    assert.equal(
      previewOf({ choices: [{ message: { role: "assistant", content: "hi" } }] }, "assistant"),
      "hi",
    );
    const parts = [{ type: "image" }, { type: "text", text: "seen" }];
    assert.equal(previewOf({ messages: [{ role: "user", content: parts }] }, "user"), "seen");
  });

  it("is the JSON of everything else, cut with dots", () => {
    assert.equal(previewOf({ q: 1n }, "user"), '{"q":1}');
    assert.equal(previewOf("plain", "user"), "plain");
    assert.equal(previewOf(undefined, "user"), null);
    assert.equal(previewOf("x".repeat(1_001), "user"), `${"x".repeat(997)}...`);
  });
});
