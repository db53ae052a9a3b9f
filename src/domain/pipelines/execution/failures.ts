import type { Problem, ProblemDefinition } from "#kernel/errors";

import type { ProcessResult } from "#compute";

import type { Stage } from "../definition/stages.ts";
import type { Failure } from "../entities.ts";
import { problems } from "../problems.ts";

/** Why a command did not end well. */
export function processFailed(
  stage: Stage,
  command: string,
  result: ProcessResult,
  limits: { readonly timeoutMs: number; readonly maximumLogBytes: number },
): Failure {
  const subject = `The stage "${stage.name}"`;
  if (result.ended === "timeout") {
    return failure(
      problems.step_timed_out,
      `${subject} had not ended after ${durationText(limits.timeoutMs)} and was stopped.`,
    );
  }
  if (result.ended === "log_limit") {
    const limit = `${Math.round(limits.maximumLogBytes / 1_000_000)} MB`;
    return failure(problems.log_limit, `${subject} printed more than ${limit} and was stopped.`);
  }
  const shown = command.length > 200 ? `${command.slice(0, 200)}…` : command;
  return failure(problems.step_failed, `${subject} failed: "${shown}" ${describeEnd(result)}.`);
}

function describeEnd({ exitCode, signal }: ProcessResult): string {
  if (signal === "SIGKILL") return "was killed, often for want of memory";
  if (signal !== null) return `was ended by ${signal}`;
  if (exitCode === 127) return "was not found (exit code 127)";
  return `ended with exit code ${exitCode}`;
}

export function outputMissing(stage: Stage, path: string, isLink: boolean): Failure {
  const reason = isLink ? `made ${path} a link, which is not kept` : `ended well but did not make ${path}`;
  return failure(problems.output_missing, `The stage "${stage.name}" ${reason}.`);
}

export function inputMissing(stage: Stage, input: string): Failure {
  return failure(problems.input_missing, `The stage "${stage.name}" needs ${input}, which is not there.`);
}

/** What a Problem tells, as it is kept with an execution. */
export function failureOf(problem: Problem): Failure {
  const lines = problem.data["lastLines"];
  const lastLines = Array.isArray(lines) ? lines.map(String) : [];
  return {
    code: problem.code,
    message: problem.message,
    next: problem.next,
    ...(lastLines.length === 0 ? {} : { lastLines }),
  };
}

export function failure(definition: ProblemDefinition, message: string): Failure {
  return { code: definition.code, message, next: definition.next };
}

export function durationText(durationMs: number): string {
  const seconds = durationMs / 1_000;
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Number(minutes.toFixed(1))} min` : `${Number((minutes / 60).toFixed(1))} h`;
}
