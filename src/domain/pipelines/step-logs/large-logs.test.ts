import assert from "node:assert/strict";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { createLineIndexes, isWhole } from "./line-index.ts";
import { readLines } from "./read-lines.ts";
import { readTail } from "./read-tail.ts";
import { searchLines } from "./search-lines.ts";

const signal = new AbortController().signal;
const lineBytes = 1_000;
const lines = 160_000;

/** 160 MB, of which each line says its number. */
async function writeLarge(path: string): Promise<void> {
  const file = await open(path, "w");
  for (let from = 1; from <= lines; from += 10_000) {
    const some = Array.from(
      { length: 10_000 },
      (_, at) => `${`line ${from + at} `.padEnd(lineBytes - 1, ".")}\n`,
    );
    await file.write(some.join(""));
  }
  await file.close();
}

describe("a log too long to be read at once", () => {
  it("shows its end before it was read, counts on, and is searched as far as it is known", async () => {
    const path = join(await temporaryFolder(), "step.log");
    await writeLarge(path);
    const indexes = createLineIndexes();
    const early = await indexes.read(path, { withinMs: 0 });
    assert.deepEqual([isWhole(early), early.fileBytes], [false, lines * lineBytes]);
    const tail = await readTail(path, early.fileBytes, 3);
    assert.deepEqual(
      [tail.from, tail.lines.map((line) => line.trimEnd().split(" .")[0])],
      [-3, [`line ${lines - 2}`, `line ${lines - 1}`, `line ${lines}`]],
    );
    const search = { text: `line ${lines} `, limit: 9, signal, withinMs: 60_000 };
    const soFar = await searchLines(path, early, { ...search, from: 1 });
    assert.ok(soFar.next !== null && soFar.next <= early.lines + 1 && soFar.searchedBytes <= early.sizeBytes);
    const whole = await indexes.read(path);
    assert.deepEqual([isWhole(whole), whole.lines], [true, lines]);
    const { hits, next } = await searchLines(path, whole, { ...search, from: soFar.next });
    assert.deepEqual([hits, next], [[lines], null]);
    assert.deepEqual((await readLines(path, whole, { from: lines - 2, count: 3 })).lines, tail.lines);
  });

  it("is not read again by the next server, but for what was printed since the index was kept", async () => {
    const path = join(await temporaryFolder(), "step.log");
    await writeLarge(path);
    await createLineIndexes().read(path);
    // Nobody changes a log; whoever reads its beginning again would find this.
    const file = await open(path, "r+");
    await file.write("ERROR: changed", 0);
    await file.close();
    const next = await createLineIndexes().read(path);
    assert.deepEqual([next.lines, next.firstError], [lines, null]);
    await writeFile(`${path}.lines`, "half a fi");
    assert.equal((await createLineIndexes().read(path)).firstError, 1);
  });
});

describe("the end of a log", () => {
  const tailOf = async (text: string | Buffer, count: number) => {
    const path = join(await temporaryFolder(), "step.log");
    await writeFile(path, text);
    return await readTail(path, Buffer.byteLength(text), count);
  };

  it("is its last lines, whether the last is ended or not, and tells which are errors", async () => {
    assert.deepEqual(await tailOf("a\nb\nc\n", 2), { from: -2, lines: ["b", "c"], errors: [] });
    assert.deepEqual(await tailOf("a\nERROR ü\nc", 2), { from: -2, lines: ["ERROR ü", "c"], errors: [-2] });
    assert.deepEqual(await tailOf("a\n", 5), { from: -1, lines: ["a"], errors: [] });
    assert.deepEqual(await tailOf("\n\n", 5), { from: -2, lines: ["", ""], errors: [] });
    assert.deepEqual((await tailOf("", 5)).lines, []);
  });

  it("is found through more than one piece of the file, and begins with a whole line", async () => {
    const long = Array.from({ length: 9_000 }, (_, at) => `${at} ${"ü".repeat(100)}`);
    assert.deepEqual((await tailOf(long.join("\n"), 5_000)).lines, long.slice(-5_000));
    const endless = await tailOf(`${"x".repeat(6 << 20)}\nlast`, 9);
    assert.deepEqual(endless.lines, ["last"]);
  });
});
