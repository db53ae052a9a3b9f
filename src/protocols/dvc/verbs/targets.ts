import { statSync } from "node:fs";
import { resolve } from "node:path";

import { Problem } from "#kernel/errors";
import { connect } from "#pipelines/definition";

import { problems } from "../problems.ts";
import { globPattern } from "../repository/ignore-rules.ts";
import { graphStages } from "../repository/stage-graph.ts";
import type { Project } from "../repository/project.ts";
import { pathFromRoot } from "../repository/repository.ts";
import { isDvcFile } from "../repository/source-tree.ts";
import { keyOf } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";

/** A stage a command is to work on; `within` names the part of its outs that was asked for. */
export interface Chosen {
  readonly stage: TrackedStage;
  readonly within: string | undefined;
}

export interface TargetOptions {
  readonly targets: readonly string[];
  /** Also the stages that make what the targets read. */
  readonly withDependencies?: boolean;
  /** A folder means everything below it. */
  readonly isRecursive?: boolean;
  /** Names of stages may be shell patterns. */
  readonly isGlob?: boolean;
}

/**
 * Finds what targets name, in this order: a `.dvc` or `dvc.yaml` file, a folder if recursive, a stage of
 * the `dvc.yaml` here, a tracked path. Everything without targets. Throws `dvc_target_unknown`.
 */
export async function chooseStages(
  session: Session,
  project: Project,
  options: TargetOptions,
): Promise<readonly Chosen[]> {
  if (options.targets.length === 0) return project.stages.map((stage) => ({ stage, within: undefined }));
  const chosen = options.targets.flatMap((target) => chooseTarget(session, project, target, options));
  if (options.withDependencies !== true) return distinct(chosen);
  return distinct([...withDependencies(project, chosen), ...chosen]);
}

function chooseTarget(
  session: Session,
  project: Project,
  target: string,
  { isRecursive = false, isGlob = false }: TargetOptions,
): readonly Chosen[] {
  const whole = (stages: readonly TrackedStage[]): readonly Chosen[] =>
    stages.map((stage) => ({ stage, within: undefined }));
  const path = pathFromRoot(session.repository, resolve(session.repository.here, target));
  if (isRecursive && isFolder(resolve(session.repository.here, target))) {
    return whole(project.stages.filter(({ file }) => path === "." || file.startsWith(`${path}/`)));
  }
  const { file, name } = readTarget(target);
  if (file !== undefined && isDvcFile(file)) {
    const inFile = pathFromRoot(session.repository, resolve(session.repository.here, file));
    const stages = project.stages.filter((stage) => stage.file === inFile);
    const named = name === undefined ? stages : namedStages(stages, name, isGlob);
    if (named.length > 0 || (name === undefined && project.locks.has(inFile))) return whole(named);
    throw unknownTarget(target);
  }
  const here = pathFromRoot(session.repository, resolve(session.repository.here, "dvc.yaml"));
  const named = namedStages(
    project.stages.filter((stage) => stage.file === here),
    target,
    isGlob,
  );
  if (named.length > 0) return whole(named);
  const owner = project.stages.find((stage) =>
    stage.outs.some((out) => out.path === path || path.startsWith(`${out.path}/`)),
  );
  if (owner !== undefined) return [{ stage: owner, within: path }];
  const below = project.stages.filter((stage) => stage.outs.some((out) => out.path.startsWith(`${path}/`)));
  if (below.length > 0 && isFolder(resolve(session.repository.here, target)))
    return below.map((stage) => ({ stage, within: path }));
  throw unknownTarget(target);
}

/** `sub/dvc.yaml:train@small`: a file and a stage of it; a key behind `@` may hold anything. */
function readTarget(target: string): { file: string | undefined; name: string | undefined } {
  const [group = "", ...keys] = target.split("@");
  const match = /^(?<file>.*?)(?::(?<name>[^\\/:]*))?$/s.exec(group)?.groups;
  const file = match?.["file"] === "" ? undefined : match?.["file"];
  const name = match?.["name"];
  if (name === undefined) return { file: isDvcFile(target) ? target : file, name: undefined };
  return { file: file ?? "dvc.yaml", name: [name, ...keys].join("@") };
}

function namedStages(
  stages: readonly TrackedStage[],
  name: string,
  isGlob: boolean,
): readonly TrackedStage[] {
  const pattern = isGlob ? new RegExp(`^${globPattern(name).replaceAll("[^/]", ".")}$`) : undefined;
  const exact = stages.filter((stage) => stage.name === name);
  if (exact.length > 0) return exact;
  return stages.filter(
    (stage) => stage.name?.startsWith(`${name}@`) === true || pattern?.test(stage.name ?? "") === true,
  );
}

function withDependencies(project: Project, chosen: readonly Chosen[]): readonly Chosen[] {
  const graph = connect(graphStages(project.stages));
  const wanted = new Set<string>();
  const add = (key: string): void => {
    if (wanted.has(key)) return;
    wanted.add(key);
    for (const earlier of graph.dependsOn.get(key) ?? []) add(earlier);
  };
  for (const { stage } of chosen) add(keyOf(stage));
  return project.stages
    .filter((stage) => wanted.has(keyOf(stage)) && !chosen.some((one) => one.stage === stage))
    .map((stage) => ({ stage, within: undefined }));
}

function distinct(chosen: readonly Chosen[]): readonly Chosen[] {
  return [...new Map(chosen.map((one) => [`${keyOf(one.stage)}\0${one.within ?? ""}`, one])).values()];
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

function unknownTarget(target: string): Problem {
  return new Problem(problems.dvc_target_unknown, {
    message: `'${target}' does not exist as an output or a stage name in 'dvc.yaml': no .dvc file, stage or tracked path has this name.`,
    data: { target },
  });
}
