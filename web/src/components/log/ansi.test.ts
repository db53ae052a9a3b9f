import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAnsi, plainText } from "./ansi.ts";

test("colours become ours, and end where the program ends them", () => {
  assert.deepEqual(parseAnsi("a \u001b[1;31merror\u001b[0m \u001b[38;5;2mgreen\u001b[39m b"), [
    { text: "a ", look: "" },
    { text: "error", look: "text-bad font-bold" },
    { text: " ", look: "" },
    { text: "green", look: "text-good" },
    { text: " b", look: "" },
  ]);
});

test("what is no colour leaves no trace, and tabs stand where a terminal stops them", () => {
  const line = "\u001b[2K\u001b]8;;https://example.org\u0007link\u001b]8;;\u0007\ta\tb";
  assert.equal(plainText(line), "link    a       b");
  assert.equal(
    parseAnsi(line)
      .map((piece) => piece.text)
      .join(""),
    plainText(line),
  );
});
