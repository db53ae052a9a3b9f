import type { Problem } from "#kernel/errors";
import { problems } from "#protocols/dvc";

import { excerptAt } from "../source-excerpt.ts";
import type { DvcStreams } from "./run.ts";

// Met before the verb begins, so the same for all of them.
const exitCodes: Readonly<Record<string, number>> = {
  [problems.dvc_config_invalid.code]: 251,
  [problems.dvc_repository_missing.code]: 253,
};

function exitCodeOf(code: string, ofVerb: number): number {
  // Verbs with a code of their own tell every failure by it.
  if (code === problems.dvc_remote_unknown.code) return ofVerb === 255 ? 251 : ofVerb;
  return exitCodes[code] ?? ofVerb;
}

/** Tells a failure as DVC does, `ERROR: …` first, then its code, its place and what to do; returns the exit code. */
export function tellFailure(
  problem: Problem,
  thrown: unknown,
  code: number,
  { complain }: DvcStreams,
): number {
  complain(`ERROR: ${problem.message}`);
  const { position } = problem;
  const place = position === undefined ? "" : ` at ${position.file}:${position.line}:${position.column}`;
  complain(`  [${problem.code}]${place}`);
  if (position !== undefined) for (const line of excerptAt(position)) complain(line);
  complain(`next: ${problem.next}`);
  if (process.env["GYRE_LOG_LEVEL"] === "debug" && thrown instanceof Error) complain(thrown.stack ?? "");
  return exitCodeOf(problem.code, code);
}
