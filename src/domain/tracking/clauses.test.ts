import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";

import { parseClauses } from "./clauses.ts";
import { parseFilter } from "./filter.ts";
import { runGrammar } from "./grammars.ts";

const condition = (key: string, value: number) => ({
  field: { of: "metric", key },
  comparator: ">",
  value,
});
const [a, b, c] = [condition("a", 1), condition("b", 2), condition("c", 3)];

describe("clauses", () => {
  it("join conditions by and, or and parentheses, and closer", () => {
    const cases: [string, unknown][] = [
      ["", []],
      ["metrics.a > 1", [a]],
      ["metrics.a > 1 and metrics.b > 2", [a, b]],
      ["metrics.a > 1 or metrics.b > 2 AND metrics.c > 3", [{ any: [a, { all: [b, c] }] }]],
      ["(metrics.a > 1 or metrics.b > 2) and metrics.c > 3", [{ any: [a, b] }, c]],
      ["((metrics.a > 1))", [a]],
      ["metrics.a > 1\nand (metrics.b > 2\n  or metrics.c > 3)", [a, { any: [b, c] }]],
    ];
    for (const [text, expected] of cases) assert.deepEqual(parseClauses(text, runGrammar), expected, text);
  });

  it("are refused with line and column of what cannot be read", () => {
    const cases: [string, number, number, RegExp][] = [
      ["metrics.a > 1 or", 1, 17, /Expected a condition.*the end/],
      ["metrics.a > 1\n  metrics.b > 2", 2, 3, /Expected `and` or `or`/],
      ["(metrics.a > 1", 1, 15, /Expected `\)`/],
      ["metrics.a > 1 and\nmetrics.b > 'x'", 2, 13, /numeric value/],
      ["metrics.a > 1 and\n  status > 'x'", 2, 10, /Invalid comparator/],
      ["nothing = 1", 1, 1, /Invalid attribute key 'nothing'/],
      ["metrics.a > 1 and ;", 1, 19, /cannot read/],
    ];
    for (const [text, line, column, message] of cases) {
      assert.throws(
        () => parseClauses(text, runGrammar),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.match(error.message, message);
          assert.deepEqual(error.position, { file: "filter", line, column }, text);
          return true;
        },
      );
    }
  });

  it("nest only so deep", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}metrics.a > 1${")".repeat(depth)}`;
    assert.deepEqual(parseClauses(nested(20), runGrammar), [a]);
    assert.throws(() => parseClauses(nested(21), runGrammar), /at most 20 deep/);
  });

  it("stay unknown to MLflow's grammar", () => {
    assert.throws(() => parseFilter("metrics.a > 1 or metrics.b > 2", runGrammar), /Invalid clause/);
    assert.throws(() => parseFilter("(metrics.a > 1)", runGrammar), /Invalid clause/);
  });
});
