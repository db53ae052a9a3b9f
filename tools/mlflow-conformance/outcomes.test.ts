import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Exception } from "./exceptions.ts";
import { judge } from "./outcomes.ts";
import type { Result } from "./outcomes.ts";
import { areaOf } from "./suites.ts";

const file = "tests/tracking/test_tracking.py";

function result(name: string, outcome: Result["outcome"], more: Partial<Result> = {}): Result {
  return { run: 1, test: `${file}::${name}`, outcome, reason: "", requests: 3, seconds: 0.1, ...more };
}

function verdicts(results: readonly Result[], exceptions: readonly Exception[] = []): Record<string, string> {
  return Object.fromEntries(
    judge(results, exceptions).map(({ test, verdict }) => [test.slice(file.length + 2), verdict]),
  );
}

describe("what a test of MLflow's says about the protocol", () => {
  it("is told by its outcome and by whether it asked over HTTP", () => {
    assert.deepEqual(
      verdicts([
        result("test_a", "passed"),
        result("test_b", "failed"),
        result("test_c", "passed", { requests: 0 }),
        result("test_d", "skipped", { reason: "Skipped: in-process: the test uses engine" }),
        result("test_e", "skipped", { reason: "Skipped: only on Windows" }),
        result("test_f", "left_out"),
      ]),
      {
        test_a: "passed",
        test_b: "failed",
        test_c: "inside",
        test_d: "inside",
        test_e: "skipped",
        test_f: "skipped",
      },
    );
  });

  it("is an error when an excepted test passes, and for one parameter only where the exception names it", () => {
    const exceptions: Exception[] = [
      { kind: "wanted", reason: "on purpose", tests: ["::test_a", "::test_b[2]"] },
      { kind: "inside", reason: "a mock", tests: ["::test_c"] },
    ];
    assert.deepEqual(
      verdicts(
        [
          result("test_a[1]", "failed"),
          result("test_a[2]", "passed"),
          result("test_b[1]", "failed"),
          result("test_b[2]", "failed"),
          result("test_c", "failed"),
        ],
        exceptions,
      ),
      {
        "test_a[1]": "excepted",
        "test_a[2]": "unexpected",
        "test_b[1]": "failed",
        "test_b[2]": "excepted",
        test_c: "inside",
      },
    );
  });

  it("is that of its last run, where one that fails as it is taken down has failed", () => {
    assert.deepEqual(
      verdicts([
        result("test_a", "passed", { run: 2 }),
        result("test_a", "failed", { run: 1 }),
        result("test_b", "passed", { run: 2 }),
        result("test_b", "failed", { run: 2 }),
      ]),
      { test_a: "passed", test_b: "failed" },
    );
  });

  it("counts for the area that its name tells, not its parameters", () => {
    assert.equal(areaOf(`${file}::test_search_traces[x]`).name, "traces and assessments");
    assert.equal(areaOf(`${file}::test_log_metric[trace]`).name, "tracking and registry");
  });
});
