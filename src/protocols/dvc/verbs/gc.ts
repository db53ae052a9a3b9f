import { rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { Problem } from "#kernel/errors";

import { removeAbandoned, removeHalfWritten } from "../files/half-written.ts";
import { problems } from "../problems.ts";
import { openPacks } from "../remotes/packs.ts";
import { presentIn } from "../remotes/presence.ts";
import { openRemote } from "../remotes/remote.ts";
import { objectName, usedOuts } from "../remotes/used-objects.ts";
import type { UsedObject } from "../remotes/used-objects.ts";
import { loadProject } from "../repository/project.ts";
import { revisionTree } from "../repository/source-tree.ts";
import type { Session } from "../session.ts";
import { withSession } from "../session.ts";
import { distinct } from "./push.ts";
import { gitOf, revisionsOf } from "./revisions.ts";
import type { RevisionOptions } from "./revisions.ts";

export interface GcOptions extends RevisionOptions {
  readonly keepsWorkspace: boolean;
  readonly revision?: string | undefined;
  /** How many commits back from `revision` or each branch. */
  readonly count?: number | undefined;
  /** Also in the remote. */
  readonly isCloud?: boolean;
  readonly remote?: string | undefined;
  readonly jobs?: number | undefined;
  /** Other repositories that share the cache. */
  readonly repositories?: readonly string[];
  /** Only what the remote has, too, goes. */
  readonly isOnlyWhatRemoteHas?: boolean;
  readonly isDry?: boolean;
}

export interface GcResult {
  readonly local: number;
  readonly legacy: number;
  readonly remote: number | undefined;
}

/**
 * Removes objects that nothing in use is made of. What is in use is looked at as a whole first: a file that
 * cannot be read ends the command before anything is removed.
 */
export async function collectGarbage(session: Session, options: GcOptions): Promise<GcResult> {
  refuseNothingKept(options);
  const used = [...(await usedIn(session, options))];
  for (const other of options.repositories ?? []) {
    used.push(
      ...(await withSession(
        { here: resolve(session.repository.here, other), voice: session.voice },
        async (their) => await usedIn(their, options),
      )),
    );
  }
  const kept = new Set(used.map(({ digest }) => objectName(digest)));
  if (options.isOnlyWhatRemoteHas === true) {
    for (const name of await absentFromRemote(session, options)) kept.add(name);
  }
  const [local, legacy] = [false, true].map((isLegacy) =>
    removeUnused(session, kept, isLegacy, options.isDry ?? false),
  );
  const remote = options.isCloud === true ? await removeFromRemote(session, kept, options) : undefined;
  return { local: local ?? 0, legacy: legacy ?? 0, remote };
}

function refuseNothingKept(options: GcOptions): void {
  const { keepsWorkspace, allBranches, allTags, allCommits, revision } = options;
  if (
    keepsWorkspace ||
    allBranches === true ||
    allTags === true ||
    allCommits === true ||
    revision !== undefined
  )
    return;
  throw new Problem(problems.dvc_call_invalid, {
    message:
      "Either of `-w|--workspace`, `-a|--all-branches`, `-T|--all-tags` `--all-experiments`, `--all-commits`, `--date` or `--rev` needs to be set.",
  });
}

/** What the work tree and the revisions that are asked for are made of. */
async function usedIn(session: Session, options: GcOptions): Promise<readonly UsedObject[]> {
  const projects = [await session.loadProject()];
  const revisions = new Set(revisionsOf(session, options));
  if (options.revision !== undefined) {
    for (const commit of lastCommits(session, options.revision, options.count ?? 1)) revisions.add(commit);
  }
  for (const revision of revisions) {
    projects.push(await loadProject(revisionTree(session.repository, gitOf(session), revision), session));
  }
  return distinct(
    projects.flatMap(({ stages }) =>
      usedOuts(
        session,
        stages.map((stage) => ({ stage, within: undefined })),
      ).flatMap(({ own, files }) => {
        if (files === undefined && session.cache.list(own.digest.isLegacy).length > 0)
          warnOfUnknown(session, own);
        return [own, ...(files ?? [])];
      }),
    ),
  );
}

function lastCommits(session: Session, revision: string, count: number): readonly string[] {
  const git = gitOf(session);
  const first = git.resolve(revision);
  return Array.from({ length: count }, (_, back) => (back === 0 ? first : `${first}~${back}`)).filter(
    (commit) => {
      try {
        git.resolve(commit);
        return true;
      } catch {
        return false;
      }
    },
  );
}

function warnOfUnknown({ voice }: Session, { path, digest }: UsedObject): void {
  voice.warn(
    `The listing ${digest.md5} of '${path}' is not in the cache, so its files cannot be told from garbage.`,
  );
}

async function absentFromRemote(session: Session, options: GcOptions): Promise<readonly string[]> {
  const remote = await openRemote(session.repository, options.remote, options.jobs);
  try {
    const packs = await openPacks(remote, join(session.repository.temporaryFolder, "gyre", "packs"));
    const objects = [false, true].flatMap((isLegacy) =>
      session.cache
        .list(isLegacy)
        .map((md5) => ({ digest: { md5, isLegacy }, path: md5, remote: undefined })),
    );
    const present = await presentIn(remote, packs, objects);
    return objects.map(({ digest }) => objectName(digest)).filter((name) => !present.has(name));
  } finally {
    await remote.close();
  }
}

function removeUnused(
  session: Session,
  kept: ReadonlySet<string>,
  isLegacy: boolean,
  isDry: boolean,
): number {
  const { cache } = session;
  const unused = cache.list(isLegacy).filter((md5) => !kept.has(objectName({ md5, isLegacy })));
  if (isDry) return unused.length;
  for (const md5 of unused) rmSync(cache.placeOf({ md5, isLegacy }), { force: true });
  if (!isLegacy) {
    removeAbandoned(cache.objects);
    removeHalfWritten(cache.objects);
  }
  cache.forget();
  return unused.length;
}

async function removeFromRemote(
  session: Session,
  kept: ReadonlySet<string>,
  { remote: name, jobs, isDry = false }: GcOptions,
): Promise<number> {
  const remote = await openRemote(session.repository, name, jobs);
  try {
    const listed = await remote.list("files/md5/");
    const unused = listed
      .map(({ key }) => key)
      .filter((key) => {
        const [, prefix, rest] = /^files\/md5\/([0-9a-f]{2})\/([0-9a-f]{30}(?:\.dir)?)$/.exec(key) ?? [];
        return prefix !== undefined && !kept.has(`${prefix}${rest ?? ""}`);
      });
    // A listing goes first: while it is there, its files must be.
    if (!isDry)
      await remote.remove(unused.toSorted((a, b) => Number(b.endsWith(".dir")) - Number(a.endsWith(".dir"))));
    return unused.length;
  } finally {
    await remote.close();
  }
}
