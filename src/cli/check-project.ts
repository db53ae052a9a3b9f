import { existsSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { parseContract } from "#data";
import type { SourcePosition } from "#kernel/errors";
import { Problem } from "#kernel/errors";
import { parseYaml } from "#kernel/yaml";
import { parseProjectFile, referencedFiles } from "#objectives";
import type { ProjectFile } from "#objectives";
import { connect, problems as pipelineProblems, readPipeline } from "#pipelines";
import type { Pipeline, ProjectFiles, Stage } from "#pipelines";
import { parseRule } from "#registry/runtimes";

import { listProblems } from "./mistakes.ts";
import type { Mistake } from "./mistakes.ts";
import { problems } from "./problems.ts";
import { shownPath } from "./project.ts";

export interface CheckedProject {
  /** Null while gyre.yaml itself has mistakes. */
  readonly project: ProjectFile | null;
  readonly pipeline: Pipeline | null;
  /** The files that were read, from the project's folder. */
  readonly files: readonly string[];
  /** Positions name files as the reader sees them from where he is. */
  readonly mistakes: readonly Mistake[];
}

/** Reads everything a project is made of, without a server, and collects every mistake in it. */
export async function checkProject(folder: string): Promise<CheckedProject> {
  const files = ["gyre.yaml"];
  const mistakes: Mistake[] = [];
  const attempt = async <Value>(work: () => Value | Promise<Value>): Promise<Value | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      mistakes.push(...listProblems(error));
      return null;
    }
  };
  const text = readFileSync(join(folder, "gyre.yaml"), "utf8");
  const project = await attempt(() => parseProjectFile(text, "gyre.yaml"));
  if (project === null) return { project, pipeline: null, files, mistakes: mistakes.map(toReader(folder)) };

  mistakes.push(...missingFiles(project, folder, text));
  const read = <Value>(
    path: string | null,
    parse: (text: string, file: string) => Value,
  ): Promise<Value | null> => {
    if (path === null || !isFile(join(folder, path))) return Promise.resolve(null);
    files.push(path);
    return attempt(() => parse(readFileSync(join(folder, path), "utf8"), path));
  };
  for (const { contract } of Object.values(project.data)) await read(contract, parseContract);
  await read(project.objective?.baseline ?? null, parseRule);
  const pipeline = await attempt(() => readStages(project, folder, files));
  if (pipeline !== null) {
    await attempt(() => connect(pipeline.stages));
    mistakes.push(...missingDependencies(pipeline, project, folder));
  }
  return { project, pipeline, files, mistakes: mistakes.map(toReader(folder)) };
}

async function readStages(project: ProjectFile, folder: string, files: string[]): Promise<Pipeline | null> {
  const { pipeline } = project;
  if (pipeline === null) return null;
  if (pipeline.kind === "inline") {
    return await readPipeline({ files: filesOf(folder), file: "gyre.yaml", at: ["pipeline"] });
  }
  // Its absence is told where gyre.yaml names it.
  if (!isFile(join(folder, pipeline.path))) return null;
  files.push(pipeline.path);
  return await readPipeline({ files: filesOf(folder), file: pipeline.path });
}

function filesOf(folder: string): ProjectFiles {
  return {
    readText: async (path) =>
      isFile(join(folder, path)) ? await readFile(join(folder, path), "utf8") : undefined,
  };
}

function missingFiles(project: ProjectFile, folder: string, text: string): readonly Mistake[] {
  const file = parseYaml(text, { file: "gyre.yaml", schema: z.unknown() });
  return referencedFiles(project)
    .filter(({ kind, path }) => kind === "input" && !existsSync(join(folder, path)))
    .map(({ path, named }) => ({
      code: problems.check_failed.code,
      message: `${named} names ${path}, which does not exist.`,
      position: file.positionOf(named.split(".")),
    }));
}

/** What a stage reads must be there, be a data source, or be made by a stage. */
function missingDependencies(pipeline: Pipeline, project: ProjectFile, folder: string): readonly Mistake[] {
  const made = [
    ...pipeline.stages.flatMap(({ outs }) => outs.map(({ path }) => path)),
    ...Object.values(project.data).map(({ source }) => source.path),
  ];
  const isMade = (path: string): boolean =>
    made.some((out) => out === path || out.startsWith(`${path}/`) || path.startsWith(`${out}/`));
  return pipeline.stages.flatMap((stage: Stage) =>
    stage.deps
      .filter((path) => !isMade(path) && !existsSync(join(folder, path)))
      .map((path) => ({
        code: pipelineProblems.dependency_missing.code,
        message: `The stage "${stage.name}" depends on ${path}, which does not exist and which no stage makes.`,
        position: stage.position,
      })),
  );
}

/** Turns a path from the project's folder into one the reader can open. */
function toReader(folder: string): (mistake: Mistake) => Mistake {
  return (mistake) => ({ ...mistake, position: mistake.position && moved(mistake.position, folder) });
}

function moved(position: SourcePosition, folder: string): SourcePosition {
  return { ...position, file: shownPath(join(folder, position.file)) };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
