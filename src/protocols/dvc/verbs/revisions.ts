import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { loadProject } from "../repository/project.ts";
import { revisionTree } from "../repository/source-tree.ts";
import type { Session } from "../session.ts";
import { chooseStages } from "./targets.ts";
import type { Chosen, TargetOptions } from "./targets.ts";

export interface RevisionOptions {
  readonly allBranches?: boolean;
  readonly allTags?: boolean;
  readonly allCommits?: boolean;
}

/** The stages targets name in the work tree, and in the revisions that are asked for. */
export async function chooseEverywhere(
  session: Session,
  options: TargetOptions & RevisionOptions,
): Promise<readonly Chosen[]> {
  const chosen = [...(await chooseStages(session, await session.loadProject(), options))];
  for (const revision of revisionsOf(session, options)) {
    const project = await loadProject(revisionTree(session.repository, gitOf(session), revision), session);
    const named = await chooseStages(session, project, options).catch(() => []);
    chosen.push(...named);
  }
  return chosen;
}

/** The commits that are asked for, each once. */
export function revisionsOf(session: Session, options: RevisionOptions): readonly string[] {
  return [...namedRevisions(session, options).keys()];
}

/**
 * The commits that are asked for, each with the names of the branches and tags that led to it; without those in which
 * the repository's folder is not there yet.
 */
export function namedRevisions(
  session: Session,
  options: RevisionOptions,
): ReadonlyMap<string, readonly string[]> {
  const kinds: readonly ("commits" | "branches" | "tags")[] =
    options.allCommits === true
      ? ["commits"]
      : [
          ...(options.allBranches === true ? (["branches"] as const) : []),
          ...(options.allTags === true ? (["tags"] as const) : []),
        ];
  const names = new Map<string, readonly string[]>();
  // Without version control there is only the work tree, as in DVC.
  const { git, root } = session.repository;
  if (git === undefined) return names;
  for (const { commit, name } of kinds.flatMap((kind) => git.revisions(kind)))
    names.set(commit, [...new Set([...(names.get(commit) ?? []), name])]);
  if (git.root === root) return names;
  return new Map([...names].filter(([commit]) => git.listFiles(commit, root).length > 0));
}

export function gitOf({
  repository,
}: Pick<Session, "repository">): NonNullable<Session["repository"]["git"]> {
  if (repository.git !== undefined) return repository.git;
  throw new Problem(problems.dvc_git_failed, {
    message: "Earlier states are asked for, but the repository is under no version control.",
  });
}
