import { existsSync, lstatSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";

import { Problem } from "#kernel/errors";

import { isFolderDigest } from "../formats/listing.ts";
import { problems } from "../problems.ts";
import type { Project } from "../repository/project.ts";
import { pathFromRoot } from "../repository/repository.ts";
import { isDvcFile } from "../repository/source-tree.ts";
import { addressOf } from "../repository/stages.ts";
import type { TrackedOut, TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";

/** One target: a path of its own, or a part of a folder that is tracked already. */
export interface AddOrder {
  readonly place: string;
  /** What the `.dvc` file tracks, from the root. */
  readonly path: string;
  /** The part of it that was named; empty for all of it. */
  readonly part: string;
  readonly owner: { readonly stage: TrackedStage; readonly out: TrackedOut } | undefined;
}

/**
 * Looks at a target before anything is written. Throws what speaks against it: `dvc_path_refused`, `dvc_path_missing`,
 * `dvc_overlap`.
 */
export function orderFor(session: Session, project: Project, place: string, target: string): AddOrder {
  const path = pathFromRoot(session.repository, place);
  if (isDvcFile(path)) throw refused(`DVC file '${target}' cannot be an output.`, path);
  if (path === "." || path === place || path.split("/").includes(".dvc")) {
    throw refused(`Cached output(s) outside of DVC project: ${target}.`, path);
  }
  const owner = findOwner(project, path);
  if (!existsSync(place) && (owner === undefined || owner.out.path === path)) {
    throw new Problem(problems.dvc_path_missing, {
      message: `output '${session.show(path)}' does not exist`,
      data: { path },
    });
  }
  refuseLinkedFolder(session, place);
  if (session.ignore.ignores(path, existsSync(place) && statSync(place).isDirectory())) {
    throw refused(`Path '${session.show(path)}' is ignored by .dvcignore`, path);
  }
  if (owner !== undefined) {
    if (owner.stage.cmd !== undefined) {
      throw new Problem(problems.dvc_overlap, {
        message: `cannot update '${basename(path)}': overlaps with an output of ${addressOf(owner.stage, session.show)} in '${session.show(owner.stage.file)}'.\nRun the pipeline or use 'dvc commit' to force update it.`,
        data: { path },
      });
    }
    if (owner.out.path === path) return { place, path, part: "", owner };
    if (owner.out.digest !== undefined && !isFolderDigest(owner.out.digest.md5)) {
      throw refused(`Cannot modify '${session.show(owner.out.path)}' which is being tracked as a file`, path);
    }
    return { place, path: owner.out.path, part: path.slice(owner.out.path.length + 1), owner };
  }
  refuseOverlap(session, project, path);
  return { place, path, part: "", owner: undefined };
}

function findOwner(
  project: Project,
  path: string,
): { readonly stage: TrackedStage; readonly out: TrackedOut } | undefined {
  for (const stage of project.stages) {
    const out = stage.outs.find((one) => one.path === path || path.startsWith(`${one.path}/`));
    if (out !== undefined) return { stage, out };
  }
  return undefined;
}

function refuseOverlap(session: Session, project: Project, path: string): void {
  for (const stage of project.stages) {
    const inside = stage.outs.find((out) => out.path.startsWith(`${path}/`));
    const [parent, child] = [session.show(path), session.show(inside?.path ?? "")];
    if (inside !== undefined) {
      throw new Problem(problems.dvc_overlap, {
        message: `Cannot add '${parent}', because it is overlapping with other DVC tracked output: '${child}'.\nTo include '${child}' in '${parent}', run 'dvc remove ${addressOf(stage, session.show)}' and then 'dvc add ${parent}'`,
        data: { path },
      });
    }
    if (stage.file.startsWith(`${path}/`)) {
      throw new Problem(problems.dvc_overlap, {
        message: `The file '${session.show(stage.file)}' lies within '${parent}', which is to be tracked as data.`,
        data: { path },
      });
    }
  }
}

function refuseLinkedFolder({ repository }: Session, place: string): void {
  for (let folder = dirname(place); folder.length >= repository.root.length; folder = dirname(folder)) {
    const isLink = lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    if (isLink && folder !== repository.root)
      throw refused("Cannot add files inside symlinked directories to DVC.", place);
    if (folder === repository.root) break;
  }
  const own = lstatSync(place, { throwIfNoEntry: false });
  if (own?.isSymbolicLink() === true && statSync(place, { throwIfNoEntry: false })?.isDirectory() === true)
    throw refused("Cannot add files inside symlinked directories to DVC.", place);
}

function refused(message: string, path: string): Problem {
  return new Problem(problems.dvc_path_refused, { message, data: { path } });
}
