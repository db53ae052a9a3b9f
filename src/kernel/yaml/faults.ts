import { z } from "zod";

import { Problem } from "../errors.ts";
import type { ProblemDefinition, SourcePosition } from "../errors.ts";

/** The keys and indexes from the top of a file to one of its values. */
export type YamlPath = readonly (string | number)[];

/** One thing that is wrong in a file, and where. */
export interface YamlFault {
  /** A whole sentence or two: what is wrong, what was expected and found. */
  readonly message: string;
  readonly position: SourcePosition;
  readonly path: YamlPath;
  readonly expected?: string;
  readonly found?: string;
  /** The valid key or value that was probably meant. */
  readonly suggestion?: string;
}

/** Throws one Problem for all faults of a file: it speaks of the first in the file and lists all under `data.faults`. */
export function throwFaults(definition: ProblemDefinition, faults: readonly YamlFault[]): never {
  const sorted = faults.toSorted(byPosition);
  const [first, ...others] = sorted;
  if (first === undefined) throw new Error("there is no fault to report");
  throw new Problem(definition, {
    message: first.message + mentionOthers(others.length, first.position.file),
    position: first.position,
    data: { faults: sorted },
  });
}

/** The faults that `throwFaults` put into a problem; none of another problem. */
export function faultsOf(problem: Problem): readonly YamlFault[] {
  const parsed = faultsSchema.safeParse(problem.data["faults"]);
  return parsed.success ? parsed.data : [];
}

/** `objective.ready_when[1].recall`, as people name a place in a file. */
export function nameOfPath(path: YamlPath): string {
  return path.reduce<string>(
    (name, key) => (typeof key === "number" ? `${name}[${key}]` : name === "" ? key : `${name}.${key}`),
    "",
  );
}

function byPosition(first: YamlFault, second: YamlFault): number {
  return first.position.line - second.position.line || first.position.column - second.position.column;
}

function mentionOthers(count: number, file: string): string {
  if (count === 0) return "";
  return ` (And ${count} more ${count === 1 ? "error" : "errors"} in ${file}.)`;
}

const faultsSchema: z.ZodType<readonly YamlFault[]> = z.array(
  z.object({
    message: z.string(),
    position: z.object({ file: z.string(), line: z.number(), column: z.number() }),
    path: z.array(z.union([z.string(), z.number()])),
    expected: z.string().exactOptional(),
    found: z.string().exactOptional(),
    suggestion: z.string().exactOptional(),
  }),
);
