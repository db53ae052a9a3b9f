import { z } from "zod";

import type { Exception } from "./exceptions.ts";

/** The reason of what is the same because both programs refuse it, with the same exit code. */
export const bothFail = "both fail";

/** One line of what a run writes. */
export const resultSchema = z.object({
  run: z.number(),
  /** Owner and name. */
  repository: z.string(),
  commit: z.string(),
  /** Such as `as found: status --json`. */
  question: z.string(),
  outcome: z.enum(["same", "different", "left out"]),
  /** How it differs, or why it was left out. */
  reason: z.string(),
});
export type Result = z.output<typeof resultSchema>;

export interface Judged extends Omit<Result, "outcome"> {
  /** `excepted`: it differs, and `exceptions.ts` says why that is right or known. */
  readonly verdict: "same" | "different" | "excepted" | "left out";
}

/** Holds what differs against the reviewed exceptions. */
export function judge(results: readonly Result[], exceptions: readonly Exception[]): readonly Judged[] {
  return results.map(({ outcome, ...result }) => {
    if (outcome !== "different") return { ...result, verdict: outcome };
    const exception = exceptions.find(
      (one) =>
        one.question.test(result.question) &&
        one.difference.test(result.reason) &&
        (one.repository?.test(result.repository) ?? true),
    );
    return exception === undefined
      ? { ...result, verdict: outcome }
      : { ...result, verdict: "excepted", reason: exception.reason };
  });
}
