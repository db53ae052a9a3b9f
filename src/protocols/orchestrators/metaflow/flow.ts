import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";

const run = promisify(execFile);

const parameter = z.object({
  name: z.string(),
  kind: z.enum(["Parameter", "IncludeFile"]),
  type: z.string().nullable(),
  hasDefault: z.boolean(),
  /** Whether the default is a value, and not something that is computed. */
  isPlain: z.boolean(),
  default: z.unknown(),
  isRequired: z.boolean(),
  help: z.string().nullable(),
});

const flow = z.object({ name: z.string(), parameters: z.array(parameter), steps: z.array(z.string()) });
const read = z.object({ flows: z.array(flow), imports: z.array(z.string()) });

export type FlowParameter = z.output<typeof parameter>;

/** A Metaflow flow as its file has it. */
export interface Flow extends z.output<typeof flow> {
  /** Files and packages beside the file that it imports, as paths like that of the file. */
  readonly imports: readonly string[];
}

/**
 * Reads a flow with the Python at hand, whose standard library suffices: the file is parsed, never run, and
 * Metaflow need not be installed. Throws `flow_unreadable`.
 */
export async function readFlow(path: string, python = "python3"): Promise<Flow> {
  const output = await run(python, ["-I", join(import.meta.dirname, "read-flow.py"), path], {
    timeout: 30_000,
  }).catch((error: unknown) => {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw unreadable(`${path} cannot be read as Python: ${said.split("\n").at(-1) ?? said}`);
  });
  const { flows, imports } = read.parse(JSON.parse(output.stdout));
  const [first, second] = flows;
  if (first === undefined) throw unreadable(`${path} has no class that derives from FlowSpec.`);
  if (second !== undefined) throw unreadable(`${path} has two flows, ${first.name} and ${second.name}.`);
  return { ...first, imports };
}

function unreadable(message: string): Problem {
  return new Problem(problems.flow_unreadable, { message });
}
