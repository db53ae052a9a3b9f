import { posix } from "node:path";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";
import { parseToml } from "./toml.ts";
import { requirementsOfUvLock } from "./uv-lock.ts";

/** What a file says about an environment, in the form that `ensureEnvironment` takes. */
export interface EnvironmentText {
  /** Lines as pip reads them. */
  readonly requirementsText: string;
  /** An `environment.yml` of conda, which then is all there is. */
  readonly condaText?: string;
}

/** Reads a file of the project; undefined where there is none. */
export type ReadText = (path: string) => Promise<string | undefined>;

/**
 * Reads the file that describes an environment, whichever of the field's forms it has: `requirements.txt`
 * or any lock of that form, `uv.lock`, `pyproject.toml` (by the `uv.lock` beside it where there is one) or
 * conda's `environment.yml`. An absent file is an empty one. Throws `environment_file_invalid`.
 */
export async function readEnvironmentFile(path: string, readText: ReadText): Promise<EnvironmentText> {
  const text = (await readText(path)) ?? "";
  const name = posix.basename(path);
  if (/\.ya?ml$/.test(name)) return { requirementsText: "", condaText: text };
  if (name === "uv.lock") return { requirementsText: requirementsOfUvLock(text, path) };
  if (name !== "pyproject.toml") return { requirementsText: text };
  const lock = posix.join(posix.dirname(path), "uv.lock");
  const locked = await readText(lock);
  return {
    requirementsText: locked === undefined ? dependenciesOf(text, path) : requirementsOfUvLock(locked, lock),
  };
}

const projectSchema = z.object({ project: z.object({ dependencies: z.array(z.string()).default([]) }) });

/** The dependencies of a project as its author wrote them: not locked, so resolved when the environment is built. */
function dependenciesOf(text: string, path: string): string {
  const read = projectSchema.safeParse(parseToml(text, path));
  if (read.success) return read.data.project.dependencies.map((line) => `${line}\n`).join("");
  throw new Problem(problems.environment_file_invalid, {
    message: `${path} has no [project] table with its dependencies.`,
    next: "Write them as PEP 621 says, under [project] dependencies = […], or name a requirements file in gyre.yaml.",
  });
}
