import { resolve } from "node:path";

import { Problem } from "#kernel/errors";

import { isFolderDigest } from "../formats/listing.ts";
import { problems } from "../problems.ts";
import { loadProject } from "../repository/project.ts";
import type { Project } from "../repository/project.ts";
import { pathFromRoot } from "../repository/repository.ts";
import { revisionTree } from "../repository/source-tree.ts";
import type { Session } from "../session.ts";
import { gitOf } from "./revisions.ts";

/** What `dvc diff --json --show-hash` prints. */
export interface Diff {
  readonly added: readonly DiffEntry[];
  readonly deleted: readonly DiffEntry[];
  readonly modified: readonly DiffEntry[];
  readonly renamed: readonly DiffEntry[];
  readonly "not in cache": readonly DiffEntry[];
}

type Pair<Value> = { readonly old: Value; readonly new: Value };

export interface DiffEntry {
  readonly path: string | Pair<string>;
  readonly hash: string | null | Pair<string | null>;
}

export interface DiffOptions {
  readonly before: string;
  /** Undefined for the work tree. */
  readonly after: string | undefined;
  readonly targets: readonly string[];
}

/** A tracked path: its digest where one is known, and whether it is a folder. */
interface Node {
  readonly md5: string | null;
  readonly isFolder: boolean;
  readonly isLegacy: boolean;
  /** Of a folder whose listing is in no cache: nobody knows its files. */
  readonly isUnknown?: boolean;
}
type Nodes = ReadonlyMap<string, Node>;

/**
 * Tracked data of two revisions, or of one and the work tree, file by file; undefined when they are the
 * same revision or nothing differs. Throws `dvc_git_failed`, `dvc_target_unknown`.
 */
export async function diff(session: Session, options: DiffOptions): Promise<Diff | undefined> {
  const { before, after } = options;
  const git = gitOf(session);
  if (after !== undefined && git.resolve(before) === git.resolve(after)) return undefined;
  const old = ofRevision(session, await revisionProject(session, before));
  const now =
    after === undefined
      ? await ofWorkTree(session, await session.loadProject())
      : ofRevision(session, await revisionProject(session, after));
  const found = compare(
    session,
    limit(session, old, options),
    limit(session, now, options),
    after === undefined,
  );
  refuseUnknownTargets(session, options, old, now);
  return Object.values(found).some((entries) => entries.length > 0) ? found : undefined;
}

async function revisionProject(session: Session, revision: string): Promise<Project> {
  return await loadProject(revisionTree(session.repository, gitOf(session), revision), session);
}

function ofRevision(session: Session, project: Project): Nodes {
  const nodes = new Map<string, Node>();
  for (const { outs } of project.stages) {
    for (const { path, digest, isCached } of outs) {
      if (!isCached) continue;
      const isLegacy = digest?.isLegacy ?? false;
      const isFolder = digest !== undefined && isFolderDigest(digest.md5);
      const listing = isFolder ? session.cache.listing(digest) : undefined;
      const isUnknown = isFolder && listing === undefined;
      nodes.set(path, { md5: digest?.md5 ?? null, isFolder, isLegacy, isUnknown });
      for (const file of listing ?? [])
        nodes.set(`${path}/${file.path}`, { md5: file.md5, isFolder: false, isLegacy });
    }
  }
  return nodes;
}

async function ofWorkTree(session: Session, project: Project): Promise<Nodes> {
  const nodes = new Map<string, Node>();
  for (const { outs } of project.stages) {
    for (const { path, digest, isCached } of outs) {
      if (!isCached) continue;
      const isLegacy = digest?.isLegacy ?? false;
      const found = await session.look(path, { isLegacy });
      if (found === undefined) continue;
      nodes.set(path, { md5: found.md5, isFolder: found.files !== undefined, isLegacy });
      for (const file of found.listing?.files ?? [])
        nodes.set(`${path}/${file.path}`, { md5: file.md5, isFolder: false, isLegacy });
    }
  }
  return nodes;
}

function limit(session: Session, nodes: Nodes, { targets }: DiffOptions): Nodes {
  if (targets.length === 0) return nodes;
  const paths = targets.map((target) => targetPath(session, target));
  return new Map(
    [...nodes].filter(([path]) => paths.some((one) => path === one || path.startsWith(`${one}/`))),
  );
}

function refuseUnknownTargets(session: Session, { targets }: DiffOptions, old: Nodes, now: Nodes): void {
  for (const target of targets) {
    const path = targetPath(session, target);
    if (
      [old, now].some((nodes) => [...nodes.keys()].some((one) => one === path || one.startsWith(`${path}/`)))
    )
      continue;
    throw new Problem(problems.dvc_target_unknown, {
      message: `[Errno 2] No such file or directory: '${target}'`,
      data: { target },
    });
  }
}

function targetPath({ repository }: Session, target: string): string {
  return pathFromRoot(repository, resolve(repository.here, target)).replace(/\.dvc$/, "");
}

function compare(session: Session, old: Nodes, now: Nodes, withMissing: boolean): Diff {
  const added = new Map<string, Node>();
  const deleted = new Map<string, Node>();
  const modified: DiffEntry[] = [];
  const renamed: DiffEntry[] = [];
  const missing: DiffEntry[] = [];
  const unknown = [...old, ...now].flatMap(([path, { isUnknown }]) =>
    isUnknown === true ? [`${path}/`] : [],
  );
  for (const path of [...new Set([...old.keys(), ...now.keys()])].toSorted()) {
    // Files that one side has may be in the other as well: the folder alone is told.
    if (unknown.some((folder) => path.startsWith(folder))) continue;
    const [before, after] = [old.get(path), now.get(path)];
    if (before === undefined && after !== undefined) added.set(path, after);
    else if (before !== undefined && after === undefined) deleted.set(path, before);
    else if (before !== undefined && after !== undefined && before.md5 !== after.md5)
      modified.push({ path: shownPath(path, before), hash: { old: before.md5, new: after.md5 } });
    if (
      withMissing &&
      before?.md5 !== null &&
      before !== undefined &&
      !session.cache.has({ md5: before.md5, isLegacy: before.isLegacy })
    )
      missing.push({ path: shownPath(path, before), hash: before.md5 });
  }
  for (const [path, node] of added) {
    const twin = node.md5 === null ? undefined : [...deleted].find(([, other]) => other.md5 === node.md5);
    if (twin === undefined) continue;
    added.delete(path);
    deleted.delete(twin[0]);
    renamed.push({
      path: { old: shownPath(twin[0], twin[1]), new: shownPath(path, node) },
      hash: node.md5,
    });
  }
  const entries = (nodes: ReadonlyMap<string, Node>): readonly DiffEntry[] =>
    [...nodes].map(([path, node]) => ({ path: shownPath(path, node), hash: node.md5 }));
  return {
    added: sorted(entries(added)),
    deleted: sorted(entries(deleted)),
    modified: sorted(modified),
    renamed: sorted(renamed),
    "not in cache": sorted(missing),
  };
}

function shownPath(path: string, { isFolder }: Node): string {
  return isFolder ? `${path}/` : path;
}

function sorted(entries: readonly DiffEntry[]): readonly DiffEntry[] {
  const keyOf = ({ path }: DiffEntry): string => (typeof path === "string" ? path : path.old);
  return entries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
