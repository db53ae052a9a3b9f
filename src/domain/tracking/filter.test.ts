import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";

import { parseFilter, parseOrdering } from "./filter.ts";
import { runGrammar, runOrderGrammar } from "./grammars.ts";

describe("a filter", () => {
  it("is read in every spelling MLflow allows", () => {
    const cases: [string, unknown][] = [
      ["", []],
      ["  metric.loss<=.5e-3 ", [{ field: { of: "metric", key: "loss" }, comparator: "<=", value: 0.0005 }]],
      ["metrics.`val loss` = -1", [{ field: { of: "metric", key: "val loss" }, comparator: "=", value: -1 }]],
      [
        `parameters."a.b" != 'it''s'`,
        [{ field: { of: "param", key: "a.b" }, comparator: "!=", value: "it's" }],
      ],
      [`tag.a/b:c = "x"`, [{ field: { of: "tag", key: "a/b:c" }, comparator: "=", value: "x" }]],
      [
        "status ilike 'run%'",
        [{ field: { of: "attribute", key: "status" }, comparator: "ilike", value: "run%" }],
      ],
      ["created > 5", [{ field: { of: "attribute", key: "start_time" }, comparator: ">", value: 5 }]],
      [
        "run_id NOT IN ('a', 'b')",
        [{ field: { of: "attribute", key: "run_id" }, comparator: "not in", value: ["a", "b"] }],
      ],
      ["tags.x is not null", [{ field: { of: "tag", key: "x" }, comparator: "is not null", value: null }]],
    ];
    for (const [text, expected] of cases) assert.deepEqual(parseFilter(text, runGrammar), expected, text);
  });

  it("is refused with the piece that cannot be read", () => {
    const cases: [string, RegExp][] = [
      ["metrics.a > 'x'", /Expected numeric value type for metric\. Found 'x'/],
      ["params.a > '1'", /Invalid comparator '>'/],
      ["params.a = 1", /Expected a quoted string value/],
      ["params.a = b", /not quoted/],
      ["unknown.a = '1'", /Invalid entity type 'unknown'/],
      ["colour = '1'", /Invalid attribute key 'colour'/],
      ["metrics.a > 1 or metrics.b > 1", /Invalid clause\(s\) in filter string: 'or metrics/],
      ["metrics.a > 1 and", /Invalid clause/],
      ["(metrics.a > 1)", /Invalid clause/],
      ["status IN ('a')", /Invalid comparator 'IN'/],
      ["run_id IN ()", /expected a non-empty list/],
      ["params.a = 'open", /cannot read ''open'/],
      ["metrics.a", /expected a comparison/],
      ["start_time IS NULL", /only supported for tags and params/],
      [Array.from({ length: 201 }, () => "metrics.a > 1").join(" and "), /at most 200 conditions/],
    ];
    for (const [text, message] of cases) {
      assert.throws(
        () => parseFilter(text, runGrammar),
        (error) => error instanceof Problem && message.test(error.message),
        text,
      );
    }
  });

  it("has an ordering of a field and a direction", () => {
    assert.deepEqual(parseOrdering("metrics.`val loss` DESC", runOrderGrammar), {
      field: { of: "metric", key: "val loss" },
      descending: true,
    });
    assert.deepEqual(parseOrdering("start_time", runOrderGrammar), {
      field: { of: "attribute", key: "start_time" },
      descending: false,
    });
    assert.throws(() => parseOrdering("start_time SIDEWAYS", runOrderGrammar), /Invalid order_by clause/);
  });
});
