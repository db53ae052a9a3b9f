import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { differenceOfAnswers, differenceOfStates } from "./compare.ts";
import { judge } from "./outcomes.ts";

const json = { words: ["status", "--json"], isJson: true };
const text = { words: ["repro"], isJson: false };
const said = (out: string, code = 0) => ({ code, out, err: "" });

describe("two answers", () => {
  it("are the same as values, whatever the order of their keys", () => {
    assert.equal(
      differenceOfAnswers(said('{"a": 1, "b": [NaN]}'), said('{"b": [NaN], "a": 1}'), json),
      undefined,
    );
    assert.equal(
      differenceOfAnswers(said('{"a": 1}'), said('{"a": 2}'), json),
      'line 2: " \\"a\\": 1" / " \\"a\\": 2"',
    );
  });

  it("are the same texts but for what is chance in dvc", () => {
    assert.equal(differenceOfAnswers(said("\tgit add b a\n"), said("\tgit add a b\n"), text), undefined);
    assert.ok(differenceOfAnswers(said("\tgit add b a\n"), said("\tgit add a\n"), text));
  });

  it("are the same drawings whatever numbers their nodes have", () => {
    const first = said('flowchart TD\n\tnode1["a"]\n\tnode2["b"]\n\tnode1-->node2\n');
    const second = said('flowchart TD\n\tnode1["b"]\n\tnode2["a"]\n\tnode2-->node1\n');
    const turned = said('flowchart TD\n\tnode1["b"]\n\tnode2["a"]\n\tnode1-->node2\n');
    assert.equal(differenceOfAnswers(first, second, text), undefined);
    assert.ok(differenceOfAnswers(first, turned, text));
  });

  it("differ by their exit codes, and two failures are alike", () => {
    assert.match(differenceOfAnswers(said("", 1), said(""), text) ?? "", /dvc ends with 1, gyre with 0/);
    assert.equal(differenceOfAnswers(said("a", 1), said("b", 1), text), undefined);
  });
});

describe("what two programs left", () => {
  it("differs by a byte, a mode or a file too many", (test) => {
    const [one, other] = [0, 1].map(() => mkdtempSync(join(tmpdir(), "gyre-compare-")));
    assert.ok(one !== undefined && other !== undefined);
    test.after(() => [one, other].forEach((root) => rmSync(root, { recursive: true, force: true })));
    for (const root of [one, other]) writeFileSync(join(root, "dvc.lock"), "a\nb\n");
    assert.equal(differenceOfStates(one, other), undefined);
    writeFileSync(join(other, "dvc.lock"), "a\nc\n");
    assert.equal(differenceOfStates(one, other), '1 files, dvc.lock: line 2: "b" / "c"');
    writeFileSync(join(other, "dvc.lock"), "a\nb\n");
    writeFileSync(join(other, "more"), "");
    assert.match(differenceOfStates(one, other) ?? "", /^1 files, more: absent \/ 644 /);
  });
});

describe("a difference", () => {
  it("is excepted only by a reason that fits its question and what differs", () => {
    const result = {
      run: 1,
      repository: "o/n",
      commit: "c",
      question: "as found: status",
      outcome: "different",
      reason: "line 1",
    } as const;
    const fits = { question: /status/, difference: /line 1/, reason: "wanted" };
    const verdictOf = (exception: typeof fits) => judge([result], [exception])[0]?.verdict;
    assert.equal(verdictOf(fits), "excepted");
    assert.equal(verdictOf({ ...fits, question: /diff/ }), "different");
    assert.equal(verdictOf({ ...fits, difference: /line 2/ }), "different");
  });
});
