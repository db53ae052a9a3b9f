import assert from "node:assert/strict";
import { test } from "node:test";
import { readParameters, writeParameters } from "./parameters-text.ts";

test("parameters are read back as they were written", () => {
  const parameters = { "train.c": 2, name: "a=b", version: "3", list: [1, "x"], none: null, on: true };
  assert.deepEqual(readParameters(writeParameters(parameters)), { parameters });
});

test("a line that is no parameter is told by its number", () => {
  assert.deepEqual(readParameters("\na=1\nno\n"), {
    parameters: {},
    problem: "Line 3 is not of the form name=value.",
  });
});
