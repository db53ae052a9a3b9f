import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import type { Client } from "./client.ts";
import { requireKnownName } from "./known-name.ts";
import { problems } from "./problems.ts";

/** The folder at or above the working folder that holds gyre.yaml. */
export function findProjectFolder(folder: string = process.cwd()): string | undefined {
  const start = resolve(folder);
  if (existsSync(join(start, "gyre.yaml"))) return start;
  return dirname(start) === start ? undefined : findProjectFolder(dirname(start));
}

/** Throws `project_folder_missing`. */
export function requireProjectFolder(folder?: string): string {
  const found = findProjectFolder(folder);
  if (found !== undefined) return found;
  throw new Problem(problems.project_folder_missing, {
    message: `There is no gyre.yaml in ${resolve(folder ?? process.cwd())} or above it.`,
  });
}

/** A file of the project under the name a reader can open from where he is. */
export function shownPath(path: string): string {
  return relative(process.cwd(), path) || ".";
}

const projectsSchema = z.object({ projects: z.array(z.object({ id: z.string() })) });

/**
 * The project a command is about: `--project`, the one of the gyre.yaml at hand, or the only one the
 * server has. Throws `nothing_found` and `project_unclear`.
 */
export async function chooseProject(client: Client, wanted: string | undefined): Promise<string> {
  const folder = findProjectFolder();
  const named = wanted ?? (folder === undefined ? undefined : projectOf(folder));
  const { projects } = await client.get("/api/v1/projects", projectsSchema);
  if (named !== undefined) {
    const known = projects.map(({ id }) => id);
    const next = wanted === undefined ? "Make it known with: gyre apply" : "Name another with --project.";
    requireKnownName({ what: "project", name: named, known, next });
    return named;
  }
  const [only, ...others] = projects;
  if (only !== undefined && others.length === 0) return only.id;
  throw new Problem(problems.project_unclear, {
    message:
      only === undefined
        ? "This folder has no gyre.yaml, and the server has no project yet."
        : `This folder has no gyre.yaml, and the server has ${projects.length} projects: ${projects.map(({ id }) => id).join(", ")}.`,
  });
}

/** Only the name is read: a list must work while the rest of the file is being mended. */
export function projectOf(folder: string): string | undefined {
  const [, name] =
    /^project:[ \t]*["']?([^\s"'#]+)/m.exec(readFileSync(join(folder, "gyre.yaml"), "utf8")) ?? [];
  return name;
}
