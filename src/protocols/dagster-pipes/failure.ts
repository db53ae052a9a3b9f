import type { Failure } from "#pipelines";

import type { Exception } from "./message.ts";

/** The failure of a step in the words of the exception it closed with; the cause comes first, as Python shows it. */
export function failureOf(
  stage: string,
  failure: Failure,
  exception: Exception,
): { readonly failure: Failure; readonly lastLines: readonly string[] } {
  const [summary = exception.name ?? "an exception"] = exception.message.trim().split("\n").slice(-1);
  return {
    failure: { ...failure, message: `The stage "${stage}" failed: ${summary}` },
    lastLines: traceOf(exception).slice(-mostLines),
  };
}

const mostLines = 50;
const mostCauses = 5;

function traceOf({ cause, stack, message }: Exception, depth = 0): readonly string[] {
  const before =
    cause === null || cause === undefined || depth >= mostCauses
      ? []
      : [...traceOf(cause, depth + 1), "", "The above exception was the direct cause of this one:", ""];
  const lines = [...stack, message].flatMap((text) => text.replace(/\n$/, "").split("\n"));
  return [...before, "Traceback (most recent call last):", ...lines];
}
