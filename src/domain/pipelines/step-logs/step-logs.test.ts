import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { isErrorLine } from "./error-lines.ts";
import { followLines } from "./follow-lines.ts";
import { createLineIndexes } from "./line-index.ts";
import { readLines } from "./read-lines.ts";
import { searchLines } from "./search-lines.ts";

const signal = new AbortController().signal;

async function openLog(text: string) {
  const path = join(await temporaryFolder(), "step.log");
  await writeFile(path, text);
  const indexes = createLineIndexes();
  return { path, indexes, index: async () => await indexes.read(path) };
}

describe("the lines of a log", () => {
  const many = Array.from({ length: 25_000 }, (_, at) => `line ${at + 1} ü`).join("\n");

  it("are opened anywhere, and the last one counts before it is ended", async () => {
    const { path, index } = await openLog(many);
    const known = await index();
    assert.deepEqual([known.lines, known.marks.length, known.firstError], [25_000, 25, null]);
    for (const from of [1, 999, 1_000, 1_001, 12_345, 24_999]) {
      const { lines } = await readLines(path, known, { from, count: 2 });
      assert.deepEqual(lines, [`line ${from} ü`, `line ${from + 1} ü`]);
    }
    assert.deepEqual((await readLines(path, known, { from: 25_000, count: 9 })).lines, ["line 25000 ü"]);
    assert.deepEqual((await readLines(path, known, { from: 25_001, count: 9 })).lines, []);
  });

  it("are as many after each growth as a fresh reading counts", async () => {
    const { path, index } = await openLog("");
    for (const piece of [
      "one",
      " and more\ntwo\n",
      "three\r 10 %\r 20 %\n",
      "Traceback (most rec",
      "ent call last):\n",
    ]) {
      await appendFile(path, piece);
      assert.deepEqual(await index(), await createLineIndexes().read(path));
    }
    const known = await index();
    assert.deepEqual([known.lines, known.firstError], [4, 4]);
    assert.deepEqual(await readLines(path, known, { from: 2, count: 9 }), {
      from: 2,
      lines: ["two", " 20 %", "Traceback (most recent call last):"],
      errors: [4],
    });
  });

  it("are searched in turns, without regard to case", async () => {
    const { path, index } = await openLog(many);
    const known = await index();
    const search = { text: "LINE 2499", limit: 4, signal };
    const first = await searchLines(path, known, { ...search, from: 1 });
    assert.deepEqual([first.hits, first.next], [[2_499, 24_990, 24_991, 24_992], 24_993]);
    const rest = await searchLines(path, known, { ...search, limit: 100, from: 24_993 });
    assert.deepEqual(rest, {
      hits: [24_993, 24_994, 24_995, 24_996, 24_997, 24_998, 24_999],
      next: null,
      searchedBytes: known.fileBytes,
    });
    const inNoTime = await searchLines(path, known, { ...search, from: 1, limit: 100, withinMs: -1 });
    assert.ok(inNoTime.next !== null && inNoTime.next < 25_000, "it says where to search on");
  });

  it("are followed from a line on to the end of the step", async () => {
    const { path, indexes } = await openLog("a\nb\nc");
    const told: unknown[] = [];
    let looks = 0;
    const state = async () => (++looks === 1 ? "running" : "succeeded");
    for await (const { event, data } of followLines(indexes, { path, from: 3, signal, state })) {
      told.push(event === "lines" ? [data.from, data.lines] : data);
      if (told.length === 1) await appendFile(path, "c\nd\n");
    }
    assert.deepEqual(told, [[3, ["c"]], [3, ["cc", "d"]], { state: "succeeded" }]);
  });

  it("tell of an error where it is printed, not where a command that may print it is announced", async () => {
    const { index } = await openLog("> echo 'ValueError: no'; exit 3\nfine\n> again\nValueError: no\n");
    assert.equal((await index()).firstError, 4);
  });

  it("tell of an error or do not", () => {
    const errors = [
      "Traceback (most recent call last):",
      "ValueError: unknown label 'angry'",
      "torch.cuda.OutOfMemoryError: CUDA out of memory",
      "2027-03-12 09:21:11,123 ERROR train: no data",
      "\u001b[31mERROR\u001b[0m it broke",
      "error: could not compile",
      "error[E0308]: mismatched types",
      "fatal: not a git repository",
      "Killed",
      "process exited with code 2",
    ];
    const others = [
      "0 errors",
      "error_rate=0.1",
      "ERROR=0",
      "no-ERROR",
      "exited with code 0",
      "mean error 0.2",
      "> echo 'ValueError: no'; exit 3",
    ];
    assert.deepEqual([errors.filter((line) => !isErrorLine(line)), others.filter(isErrorLine)], [[], []]);
  });
});
