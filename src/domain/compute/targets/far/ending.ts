import type { ProblemDefinition } from "#kernel/errors";

import { problems } from "../../problems.ts";
import { describeExit } from "../ending-text.ts";
import type { WorkFailure, WorkOut } from "../contract.ts";
import type { Work, WorkEnd } from "../store.ts";
import type { FarEnd } from "./messages.ts";

/** What a report of the end means for the work. */
export function readEnd(work: Work, report: FarEnd, outs: readonly WorkOut[]): WorkEnd {
  const { exitCode, signal, command } = report;
  const end = { exitCode, signal, command };
  switch (report.ended) {
    case "stopped":
      // Nobody here asked it to: then it was whoever takes machines away.
      return work.stop === null
        ? {
            ...end,
            state: "preempted",
            reason: "Its machine was taken away; it was told and had time to end.",
          }
        : { ...end, state: "cancelled", reason: "It was cancelled." };
    case "timeout":
      return { ...end, state: "failed", reason: "Its time was over.", endedEarly: "timeout" };
    case "log_limit":
      return {
        ...end,
        state: "failed",
        reason: "It printed more than its log may hold.",
        endedEarly: "log_limit",
      };
    case "problem": {
      const failure = failureOf(report);
      return { ...end, state: "failed", reason: failure.message, failure };
    }
    case "exited":
      if (exitCode === 0) return { ...end, state: "succeeded", reason: "It ended well.", outs };
      return { ...end, state: "failed", reason: describeExit(exitCode, signal) };
  }
}

const definitions: Record<NonNullable<FarEnd["problem"]>["kind"], ProblemDefinition> = {
  transfer: problems.transfer_failed,
  environment: problems.environment_failed,
  disk: problems.target_disk_full,
  python: problems.python_missing,
};

function failureOf({ problem }: FarEnd): WorkFailure {
  const definition = definitions[problem?.kind ?? "transfer"];
  return {
    code: definition.code,
    message: problem?.message ?? "It did not say what was wrong.",
    next: definition.next,
    lastLines: problem?.lastLines ?? [],
  };
}
