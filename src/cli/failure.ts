import { explainDisk } from "#kernel/disk";
import { Problem } from "#kernel/errors";
import type { ProblemKind } from "#kernel/errors";

import { listProblems } from "./mistakes.ts";
import type { Mistake } from "./mistakes.ts";
import { excerptAt } from "./source-excerpt.ts";
import type { Terminal } from "./terminal.ts";

const exitCodes: Record<ProblemKind, number> = {
  invalid: 2,
  unauthenticated: 3,
  forbidden: 3,
  not_found: 4,
  conflict: 1,
  too_large: 2,
  unavailable: 1,
  failed: 1,
};

/** 0 done; 1 it failed; 2 the call was wrong; 3 refused; 4 not found; 5 a pipeline step failed. */
export function exitCodeOf(problem: Problem): number {
  return problem.code === "execution_failed" ? 5 : exitCodes[problem.kind];
}

const internalError = {
  code: "internal_error",
  kind: "failed",
  when: "The program met something it did not expect.",
  next: "Run again with GYRE_LOG_LEVEL=debug to see where, and report it.",
} as const;

/** Whatever was thrown as a Problem: what nobody expected is one of ours to mend. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const known = explainDisk(error);
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : String(error);
  return new Problem(internalError, { message: `Something unexpected happened: ${message}`, cause: error });
}

/** Tells a problem on stderr: for a person with the place in the file, with --json as one envelope. */
export function tellProblem(problem: Problem, terminal: Terminal, thrown: unknown = problem): void {
  if (terminal.wantsJson) {
    terminal.complain(JSON.stringify(envelopeOf(problem)));
    return;
  }
  for (const mistake of listProblems(problem)) tellMistake(mistake, terminal);
  terminal.complain(`${terminal.paintSaid("cyan", "next:")} ${problem.next}`);
  const wantsStack = process.env["GYRE_LOG_LEVEL"] === "debug";
  if (wantsStack && thrown instanceof Error && thrown.stack !== undefined) terminal.complain(thrown.stack);
}

function tellMistake(mistake: Mistake, terminal: Terminal): void {
  terminal.complain(`${terminal.paintSaid("red", `error[${mistake.code}]:`)} ${mistake.message}`);
  const { position } = mistake;
  if (position === undefined) return;
  terminal.complain(`  at ${position.file}:${position.line}:${position.column}`);
  for (const line of excerptAt(position)) terminal.complain(terminal.paintSaid("dim", line));
}

function envelopeOf(problem: Problem): Record<string, unknown> {
  const { code, message, next, position, data } = problem;
  return { code, message, next, position: position ?? null, data };
}
