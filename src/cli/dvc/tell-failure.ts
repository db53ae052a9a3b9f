import type { Problem } from "#kernel/errors";
import { problems } from "#protocols/dvc";

import { excerptAt } from "../source-excerpt.ts";
import type { DvcStreams } from "./run.ts";

const exitCodes: Readonly<Record<string, number>> = {
  [problems.dvc_config_invalid.code]: 251,
  [problems.dvc_remote_unknown.code]: 251,
  [problems.dvc_repository_missing.code]: 253,
};

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
  return exitCodes[problem.code] ?? code;
}
