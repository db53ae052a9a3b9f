import { isAbsolute, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { flatten } from "../formats/python-text.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import type { YamlValue } from "../formats/yaml-value.ts";
import { loadProject } from "../repository/project.ts";
import { pathFromRoot } from "../repository/repository.ts";
import { revisionTree } from "../repository/source-tree.ts";
import type { Session } from "../session.ts";
import { isSame } from "./changes.ts";
import { gitOf, namedRevisions } from "./revisions.ts";
import type { RevisionOptions } from "./revisions.ts";
import { absence, expandFolder, readTracked, readValues } from "./tracked-files.ts";
import type { Snapshot } from "./tracked-files.ts";

/** The values of files, by path from the root; a file that cannot be read tells why. */
export type Measures = Readonly<Record<string, MeasuredFile>>;
export type MeasuredFile =
  | { readonly data: YamlValue }
  | { readonly error: { readonly type: string; readonly msg: string } };

/** The change of a value: `diff` for numbers only. */
export interface Change {
  readonly old: YamlValue;
  readonly new: YamlValue;
  readonly diff?: YamlValue;
}

export async function openSnapshot(session: Session, revision: string | undefined): Promise<Snapshot> {
  if (revision === undefined || revision === "workspace")
    return { tree: session.tree, project: await session.loadProject() };
  const tree = revisionTree(session.repository, gitOf(session), revision);
  return { tree, project: await loadProject(tree, session) };
}

/**
 * Metrics by revision, named by its branches and tags. The work tree is `""` where no revision is asked for, as in
 * DVC, and left out where it says what the branch says that is checked out.
 */
export async function showMetrics(
  session: Session,
  targets: readonly string[],
  options: RevisionOptions,
): Promise<Readonly<Record<string, { readonly data: Measures }>>> {
  const isHistory = [options.allBranches, options.allTags, options.allCommits].includes(true);
  const shown = new Map<string, { readonly data: Measures }>();
  const workspace = { data: await metricsOf(session, undefined, targets) };
  shown.set(isHistory ? "workspace" : "", workspace);
  for (const [commit, names] of namedRevisions(session, options)) {
    shown.set(names.join(","), { data: await metricsOf(session, commit, targets) });
  }
  const branch = isHistory ? session.repository.git?.activeBranch() : undefined;
  if (branch !== undefined && isDeepStrictEqual(shown.get(branch), workspace)) shown.delete("workspace");
  return Object.fromEntries(shown);
}

export async function metricsOf(
  session: Session,
  revision: string | undefined,
  targets: readonly string[],
): Promise<Measures> {
  const snapshot = await openSnapshot(session, revision);
  const paths =
    targets.length > 0
      ? targetPaths(session, targets)
      : [
          ...snapshot.project.stages.flatMap(({ outs }) =>
            outs.filter(({ kind }) => kind === "metrics").map(({ path }) => path),
          ),
          ...snapshot.project.pipelines.flatMap(({ metrics }) => metrics),
        ];
  return readFiles(session, snapshot, paths, (value) => metricValue(value) ?? {});
}

export async function parametersOf(
  session: Session,
  revision: string | undefined,
  targets: readonly string[],
  options: { readonly isOnlyOfStages: boolean },
): Promise<Measures> {
  const snapshot = await openSnapshot(session, revision);
  const keys = new Map<string, readonly string[] | null>();
  const add = (file: string, more: readonly string[] | null): void => {
    const known = keys.get(file);
    const isWhole = more === null || more.length === 0 || known === null;
    keys.set(file, isWhole ? null : [...(known ?? []), ...more]);
  };
  if (targets.length > 0) for (const path of targetPaths(session, targets)) add(path, null);
  else {
    for (const { parameters } of snapshot.project.stages)
      for (const one of parameters) add(one.file, one.keys);
    if (!options.isOnlyOfStages) {
      for (const { params } of snapshot.project.pipelines) for (const file of params) add(file, null);
      if (snapshot.tree.readText("params.yaml") !== undefined) add("params.yaml", null);
    }
  }
  return readFiles(session, snapshot, [...keys.keys()], (value, path) =>
    selectKeys(value, keys.get(path) ?? null),
  );
}

/** How two snapshots differ, path by path and key by key; `withUnchanged` also tells what is the same. */
export function diffMeasures(
  old: Measures,
  now: Measures,
  withUnchanged: boolean,
): Readonly<Record<string, Readonly<Record<string, Change>>>> {
  const result: [string, Readonly<Record<string, Change>>][] = [];
  for (const path of [...new Set([...Object.keys(old), ...Object.keys(now)])].toSorted()) {
    const [before, after] = [flatten(dataOf(old[path])), flatten(dataOf(now[path]))];
    const changes: [string, Change][] = [];
    for (const key of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
      const change = changeOf(before.get(key) ?? null, after.get(key) ?? null, withUnchanged);
      if (change !== undefined) changes.push([key, change]);
    }
    if (changes.length > 0) result.push([path, Object.fromEntries(changes)]);
  }
  return Object.fromEntries(result);
}

function changeOf(old: YamlValue, now: YamlValue, withUnchanged: boolean): Change | undefined {
  if (!withUnchanged && isSame(old, now)) return undefined;
  const [before, after] = [numberOf(old), numberOf(now)];
  if (before === undefined || after === undefined) return { old, new: now };
  if (typeof before === "bigint" && typeof after === "bigint") return { old, new: now, diff: after - before };
  return { old, new: now, diff: Number(after) - Number(before) };
}

/** To Python, true is one and false is nought. */
function numberOf(value: YamlValue): number | bigint | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "number" || typeof value === "bigint" ? value : undefined;
}

function dataOf(file: MeasuredFile | undefined): YamlValue {
  return file !== undefined && "data" in file ? file.data : {};
}

/** Numbers and texts; what is neither is no metric. */
function metricValue(value: YamlValue): YamlValue | undefined {
  if (isYamlMapping(value)) {
    const members = Object.entries(value).flatMap(([key, member]): [string, YamlValue][] => {
      const kept = metricValue(member);
      return kept === undefined || (isYamlMapping(kept) && Object.keys(kept).length === 0)
        ? []
        : [[key, kept]];
    });
    return Object.fromEntries(members);
  }
  return value === null || isYamlList(value) ? undefined : value;
}

function selectKeys(value: YamlValue, keys: readonly string[] | null): YamlValue {
  if (keys === null || !isYamlMapping(value)) return value;
  const selected: Record<string, YamlValue> = {};
  for (const key of new Set(keys)) {
    const parts = key.split(".");
    let member: YamlValue | undefined = value;
    for (const part of parts) {
      member = isYamlMapping(member) && Object.hasOwn(member, part) ? member[part] : undefined;
    }
    if (member !== undefined) place(selected, parts, member);
  }
  return selected;
}

function place(into: Record<string, YamlValue>, parts: readonly string[], value: YamlValue): void {
  const [first = "", ...rest] = parts;
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const known = into[first];
  const inner: Record<string, YamlValue> = isYamlMapping(known) ? { ...known } : {};
  into[first] = inner;
  place(inner, rest, value);
}

function readFiles(
  session: Session,
  snapshot: Snapshot,
  paths: readonly string[],
  choose: (value: YamlValue, path: string) => YamlValue,
): Measures {
  const files = new Set(paths.flatMap((path) => expandFolder(session, snapshot, path)));
  return Object.fromEntries(
    [...files].map((path): [string, MeasuredFile] => {
      const text = readTracked(session, snapshot, path);
      if (text === undefined) return [path, { error: absence(session, snapshot, path) }];
      try {
        return [path, { data: choose(readValues(path, text), path) }];
      } catch (error) {
        return [
          path,
          { error: { type: "ParseError", msg: error instanceof Error ? error.message : String(error) } },
        ];
      }
    }),
  );
}

function targetPaths({ repository }: Session, targets: readonly string[]): readonly string[] {
  return targets.map((target) => {
    const path = pathFromRoot(repository, resolve(repository.here, target));
    return isAbsolute(path) ? target : path;
  });
}
