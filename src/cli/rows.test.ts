import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { filterRows } from "./filter.ts";
import { parseParameters } from "./parameters.ts";
import { readServerEvents } from "./event-stream.ts";
import { parseRows } from "./rows.ts";
import { tableLines } from "./table.ts";
import { durationText, numberText, sizeText } from "./words.ts";

describe("records to predict", () => {
  const two = [
    { text: "lost, again", stars: "1" },
    { text: 'she said "no"', stars: "2" },
  ];

  it("are read from CSV as RFC 4180 has it", () => {
    assert.deepEqual(parseRows('text,stars\r\n"lost, again",1\r\n"she said ""no""",2\r\n', "a.csv"), two);
    assert.deepEqual(parseRows('\uFEFFtext,stars\n"lost, again",1\n\n"she said ""no""",2', "a.csv"), two);
    assert.deepEqual(parseRows('text\n"two\nlines"\n', "a.csv"), [{ text: "two\nlines" }]);
  });

  it("are read from JSON lines, one object, or a list", () => {
    assert.deepEqual(parseRows('{"a":1}\n\n{"a":null}\n', "a.jsonl"), [{ a: 1 }, { a: null }]);
    assert.deepEqual(parseRows('{\n  "a": true\n}\n', "a.json"), [{ a: true }]);
    assert.deepEqual(parseRows('[{"a":"x"}]', "a.json"), [{ a: "x" }]);
  });

  it("that are neither are refused with their line", () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ["a,b\n1,2\n3\n", /a\.csv, line 3: 1 values for 2 columns/],
      ['a\n"open\n', /the quote of the record in line 2 is not closed/],
      ['{"a":1}\n{"a":', /is no JSON/],
      ['{"a":{"b":1}}', /a record is an object of texts, numbers, truth values and nulls/],
      ["", /holds no record/],
      ["a,b\n", /holds no record/],
    ];
    for (const [text, message] of wrong) assert.throws(() => parseRows(text, "a.csv"), { message });
  });
});

describe("a filter", () => {
  const rows = [
    { name: "a", size: 2 },
    { name: "b", size: 10 },
    { name: "c", size: null },
  ];
  const columns = { name: (row: (typeof rows)[0]) => row.name, size: (row: (typeof rows)[0]) => row.size };
  const names = (...conditions: string[]): string =>
    filterRows(rows, conditions, columns)
      .map(({ name }) => name)
      .join("");

  it("compares numbers as numbers and everything else as text", () => {
    assert.deepEqual(
      [
        names("size>9"),
        names("size<=2"),
        names("size!=2"),
        names("name=b"),
        names("name>a", "size<11"),
        names("size="),
      ],
      ["b", "a", "bc", "b", "b", "c"],
    );
  });

  it("refuses what it does not know, with the nearest name", () => {
    assert.throws(() => names("sise=1"), { code: "filter_invalid", next: "Did you mean: --where size=1" });
    assert.throws(() => names("size"), { code: "filter_invalid" });
  });
});

describe("parameters of a run", () => {
  it("are values where JSON reads them, text otherwise", () => {
    assert.deepEqual(parseParameters(["a.b=1", "c=true", "d=x=y", "e=", 'f="1"', "g=[1]"]), {
      "a.b": 1,
      c: true,
      d: "x=y",
      e: "",
      f: "1",
      g: [1],
    });
    assert.throws(() => parseParameters(["depth"]), { code: "parameter_invalid" });
  });
});

describe("server-sent events", () => {
  it("are read whatever pieces they arrive in", async () => {
    const wire =
      'retry: 2000\n\n: still here\n\nid: 7\nevent: log\ndata: {"a":1}\n\ndata: one\ndata: two\r\n\r\n';
    const expected = [
      { event: "log", data: '{"a":1}', id: "7" },
      { event: "message", data: "one\ntwo", id: undefined },
    ];
    for (const size of [1, 2, 3, 7, 1_000]) {
      const pieces = Array.from({ length: Math.ceil(wire.length / size) }, (_, index) =>
        wire.slice(index * size, (index + 1) * size),
      );
      assert.deepEqual(await Array.fromAsync(readServerEvents(streamOf(pieces))), expected);
    }
  });
});

async function* streamOf(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}

describe("what is printed", () => {
  it("stands in columns, numbers to the right, one line a row", () => {
    const rows = [
      { name: "a\nb", size: 7 },
      { name: "long name", size: 1234 },
    ];
    assert.deepEqual(
      tableLines(rows, [
        { title: "name", of: ({ name }) => name },
        { title: "size", of: ({ size }) => String(size), isNumber: true },
      ]),
      ["name       size", "a b           7", "long name  1234"],
    );
  });

  it("has durations, numbers and sizes for people", () => {
    assert.deepEqual([850, 3_200, 250_000, 7_500_000, 273_600_000, 3_600_000].map(durationText), [
      "850 ms",
      "3.2 s",
      "4 min 10 s",
      "2 h 5 min",
      "3 d 4 h",
      "1 h",
    ]);
    assert.deepEqual([0.83124, 12.3456, 1250.4, 7, null].map(numberText), [
      "0.8312",
      "12.35",
      "1250",
      "7",
      "-",
    ]);
    assert.deepEqual([0, 999, 1_500, 468_000, 79_100_000_000].map(sizeText), [
      "0 B",
      "999 B",
      "1.5 kB",
      "468 kB",
      "79.1 GB",
    ]);
  });
});
