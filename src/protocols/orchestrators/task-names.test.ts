import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { lettersAndDigits, taskNames } from "./task-names.ts";

const rules = { forbidden: lettersAndDigits, joiner: "-", longest: 12 };

function namesOf(stages: readonly string[], more: object = {}): readonly (string | undefined)[] {
  const names = taskNames(stages, { ...rules, ...more });
  return stages.map((stage) => names.get(stage));
}

describe("the names of tasks", () => {
  it("keep what an orchestrator allows", () => {
    assert.deepEqual(namesOf(["train@small", "-a.b-", "日本"]), ["train-small", "a-b", "stage"]);
  });

  it("are told apart by a number where they would be the same, and stay short enough", () => {
    assert.deepEqual(namesOf(["a.b", "a-b", "a_b", "a-b-2"]), ["a-b", "a-b-2", "a-b-3", "a-b-2-2"]);
    const long = Array.from({ length: 12 }, (_, index) => `the same beginning ${index}`);
    const names = namesOf(long);
    assert.equal(new Set(names).size, long.length);
    assert.ok(names.every((name) => String(name).length <= rules.longest));
  });

  it("begin with a word where no digit may be first", () => {
    assert.deepEqual(namesOf(["01-fetch", "x1"], { beforeDigit: "n-" }), ["n-01-fetch", "x1"]);
  });
});
