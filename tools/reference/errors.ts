import { Problem } from "#kernel/errors";
import type { ProblemDefinition } from "#kernel/errors";
import { statusOf } from "#kernel/http";

import { exitCodeOf } from "../../src/cli/failure.ts";
import { collectCatalogues } from "./catalogues.ts";
import { generatedNote, table } from "./markdown.ts";

/** The page of every error code, by module. */
export async function renderErrors(): Promise<string> {
  const catalogues = await collectCatalogues();
  const modules = [...new Set(catalogues.map(({ module }) => module))];
  const sections = modules.map((module) => {
    const problems = catalogues.filter((one) => one.module === module).flatMap((one) => one.problems);
    return `## ${module}\n\n${table(["code", "status", "exit", "when", "what to do"], problems.map(rowOf))}`;
  });
  return (
    [
      "# Errors",
      generatedNote,
      `Every error has a stable code, says what happened, and names the next step. Over HTTP it is
\`{ code, message, next, data?, position?, requestId }\` with the status below; on the command line it
prints the same and ends with the exit code. The tables say when a code arises in general: the message
of the error itself names the very thing.`,
      ...sections,
      "",
    ]
      .join("\n\n")
      .trimEnd() + "\n"
  );
}

function rowOf(problem: ProblemDefinition): readonly string[] {
  const example = new Problem(problem, { message: "" });
  return [
    `\`${problem.code}\``,
    String(statusOf(example)),
    String(exitCodeOf(example)),
    problem.when,
    problem.next,
  ];
}
