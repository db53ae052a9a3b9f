import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";

import { z } from "zod";

import { parseContract } from "#data";
import type { SourcePosition } from "#kernel/errors";
import { Problem } from "#kernel/errors";
import { nearest } from "#kernel/nearest";
import { parseYaml } from "#kernel/yaml";
import { parseProjectFile, referencedFiles } from "#objectives";
import type { ProjectFile } from "#objectives";
import { connect, problems as pipelineProblems, readPipeline } from "#pipelines";
import type { Pipeline, ProjectFiles, Stage } from "#pipelines";
import { parseRule } from "#registry/runtimes";

import { listMistakes } from "./mistakes.ts";
import type { Mistake } from "./mistakes.ts";
import { problems } from "./problems.ts";
import { shownPath } from "./project.ts";
import { countText } from "./words.ts";

export interface CheckedProject {
  /** Null while gyre.yaml itself has mistakes. */
  readonly project: ProjectFile | null;
  readonly pipeline: Pipeline | null;
  /** The files that were read, from the project's folder. */
  readonly files: readonly string[];
  /** Positions name files as the reader sees them from where he is. */
  readonly mistakes: readonly Mistake[];
}

export interface SoundProject extends CheckedProject {
  readonly project: ProjectFile;
}

/** Throws `check_failed` with every mistake there is, each with its place. */
export async function requireSoundProject(folder: string): Promise<SoundProject> {
  const checked = await checkProject(folder);
  const { project, files, mistakes } = checked;
  if (project !== null && mistakes.length === 0) return { ...checked, project };
  const isOne = mistakes.length === 1;
  const position = mistakes[0]?.position;
  throw new Problem(problems.check_failed, {
    message: `There ${isOne ? "is" : "are"} ${countText(mistakes.length, "mistake")} in the project's files (${files.join(", ")}).`,
    next: `Mend ${isOne ? "it" : "them"}, then check again with: gyre check`,
    ...(position === undefined ? {} : { position }),
    data: { problems: mistakes.map((mistake) => ({ ...mistake, position: mistake.position ?? null })) },
  });
}

/** Reads everything a project is made of, without a server, and collects every mistake in it. */
async function checkProject(folder: string): Promise<CheckedProject> {
  const files = ["gyre.yaml"];
  const mistakes: Mistake[] = [];
  const attempt = async <Value>(work: () => Value | Promise<Value>): Promise<Value | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      mistakes.push(...listMistakes(error));
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
  const place = placeOfDependencies(project, folder);
  return pipeline.stages.flatMap((stage) =>
    stage.deps.flatMap((path, index) => {
      if (isMade(path) || existsSync(join(folder, path))) return [];
      const meant = nearest(path, [...made, ...neighboursOf(path, folder)]);
      const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
      return {
        code: pipelineProblems.dependency_missing.code,
        message: `The stage "${stage.name}" depends on ${path}, which does not exist and which no stage makes.${hint}`,
        position: place(stage, index),
      };
    }),
  );
}

/** Where the pipeline's file names a dependency; of a stage made by `foreach` in the template under `do`. */
function placeOfDependencies(
  { pipeline }: ProjectFile,
  folder: string,
): (stage: Stage, index: number) => SourcePosition {
  const isInline = pipeline?.kind === "inline";
  const file = pipeline === null || isInline ? "gyre.yaml" : pipeline.path;
  const { positionOf } = parseYaml(readFileSync(join(folder, file), "utf8"), {
    file,
    schema: z.unknown(),
  });
  const stages = isInline ? ["pipeline", "stages"] : ["stages"];
  return (stage, index) => {
    const path = [...stages, stage.name.split("@")[0] ?? stage.name];
    const places = [[...path, "deps", index], [...path, "do", "deps", index], path].map(positionOf);
    // A path that leads nowhere is placed at what is above it: the furthest place is the one that is there.
    return places.toSorted((a, b) => b.line - a.line || b.column - a.column)[0] ?? stage.position;
  };
}

function neighboursOf(path: string, folder: string): readonly string[] {
  const parent = posix.dirname(path);
  try {
    return readdirSync(join(folder, parent)).map((name) => posix.join(parent, name));
  } catch {
    return [];
  }
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
