import { z } from "zod";

import type { Exception } from "./exceptions.ts";
import { areaOf } from "./suites.ts";

/** One line of what the plugin writes. */
export const resultSchema = z.object({
  /** Of one start of pytest; of a test that was run again the last counts. */
  run: z.number(),
  test: z.string(),
  outcome: z.enum(["passed", "failed", "skipped", "left_out"]),
  reason: z.string(),
  /** That the server of the test had. */
  requests: z.number(),
  seconds: z.number(),
});
export type Result = z.output<typeof resultSchema>;

/**
 * What a test says about the protocol.
 *
 * - `passed`: it spoke to Gyre and passed.
 * - `excepted`: it failed, and `exceptions.ts` says why that is right or known.
 * - `failed`: it failed and nobody expected it.
 * - `unexpected`: it passed although it is excepted: the exception has to go.
 * - `inside`: it is about the inside of MLflow's server or client, so it says nothing about a protocol: it
 *   used a Python object of the server, or never sent a request.
 * - `skipped`: MLflow itself skips it here, for another system or a store that is no more.
 */
export type Verdict = "passed" | "excepted" | "failed" | "unexpected" | "inside" | "skipped";

export interface Judged {
  readonly test: string;
  readonly suite: string;
  readonly area: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

export function judge(results: readonly Result[], exceptions: readonly Exception[]): readonly Judged[] {
  const last = new Map<string, Result>();
  for (const result of results.toSorted((a, b) => a.run - b.run)) {
    const before = last.get(result.test);
    // A test that passes and then fails as it is taken down has two lines of one run: it failed.
    if (before?.run !== result.run || before.outcome !== "failed") last.set(result.test, result);
  }
  return [...last.values()].map((result) => {
    const { name: area } = areaOf(result.test);
    const suite = result.test.split("::", 1)[0] ?? "";
    const exception = exceptions.find((one) => one.tests.some((pattern) => covers(pattern, result.test)));
    return { test: result.test, suite, area, ...verdictOf(result, exception) };
  });
}

function verdictOf(
  { outcome, reason, requests }: Result,
  exception: Exception | undefined,
): { readonly verdict: Verdict; readonly reason: string } {
  if (outcome === "left_out") return { verdict: "skipped", reason };
  if (outcome === "skipped") {
    const isInside = /\bin-process: /.test(reason);
    return { verdict: isInside ? "inside" : "skipped", reason };
  }
  if (exception?.kind === "inside") return { verdict: "inside", reason: exception.reason };
  if (outcome === "passed") {
    if (requests === 0) return { verdict: "inside", reason: "it sends no request" };
    return exception === undefined
      ? { verdict: "passed", reason: "" }
      : { verdict: "unexpected", reason: "it passes: take it out of exceptions.ts" };
  }
  return exception === undefined
    ? { verdict: "failed", reason }
    : { verdict: "excepted", reason: exception.reason };
}

/** `file.py::test_name` covers all its parameters; with them, only that one. */
function covers(pattern: string, test: string): boolean {
  return test.endsWith(pattern) || test.replace(/\[.*$/s, "").endsWith(pattern);
}
