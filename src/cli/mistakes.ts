import { z } from "zod";

import type { Problem, SourcePosition } from "#kernel/errors";

/** One line of a report of what went wrong. */
export interface Mistake {
  readonly code: string;
  readonly message: string;
  readonly position: SourcePosition | undefined;
}

const positionSchema = z.object({ file: z.string(), line: z.number(), column: z.number() });
const listSchema = z.array(
  z.object({ code: z.string().optional(), message: z.string(), position: positionSchema.nullish() }),
);

/**
 * What a problem has to tell, one by one: a file's faults under `data.faults`, those of several files
 * under `data.problems`, otherwise the problem itself.
 */
export function listProblems(problem: Problem): readonly Mistake[] {
  const listed = listSchema.safeParse(problem.data["problems"] ?? problem.data["faults"]);
  if (!listed.success || listed.data.length === 0) {
    return [{ code: problem.code, message: problem.message, position: problem.position }];
  }
  return listed.data.map(({ code, message, position }) => ({
    code: code ?? problem.code,
    message,
    position: position ?? undefined,
  }));
}

/**
 * The same for a report of several problems under one next step: what a problem proposes for its own
 * case, such as the nearest valid key, goes behind its message.
 */
export function listMistakes(problem: Problem): readonly Mistake[] {
  const mistakes = listProblems(problem);
  if (mistakes.length > 1 || problem.next === problem.definition.next) return mistakes;
  return mistakes.map((mistake) => ({ ...mistake, message: `${mistake.message} ${problem.next}` }));
}
