import { posix } from "node:path";

import type { SourcePosition } from "#kernel/errors";

import type { PathDigest, PathEntry } from "../formats/entries.ts";
import type { YamlMapping } from "../formats/yaml-value.ts";

interface TrackedPath {
  /** From the repository's root; absolute, or an address, when it lies outside. */
  readonly path: string;
  /** As the files have it, from the folder of the stage. */
  readonly written: string;
  /** What the last run or `add` found there; all undefined before the first. */
  readonly digest: PathDigest | undefined;
  readonly sizeBytes: number | undefined;
  readonly files: number | undefined;
  readonly isExecutable: boolean;
  readonly raw: YamlMapping;
}

export type TrackedDependency = TrackedPath;

export interface TrackedOut extends TrackedPath {
  readonly kind: "out" | "metrics" | "plots";
  /** False: its bytes are for Git, not for the cache. */
  readonly isCached: boolean;
  readonly persists: boolean;
  /** False: its bytes are never sent to a remote. */
  readonly isPushed: boolean;
  /** A remote of its own. */
  readonly remote: string | undefined;
  readonly annotations: Readonly<Record<string, unknown>>;
}

export interface TrackedParameters {
  readonly file: string;
  readonly written: string;
  /** Null for the whole file. */
  readonly keys: readonly string[] | null;
  /** The values of the last run. */
  readonly locked: YamlMapping | undefined;
}

/** A `.dvc` file, or a stage of a `dvc.yaml` with what `dvc.lock` says of it. */
export interface TrackedStage {
  /** The file it stands in, from the root. */
  readonly file: string;
  /** Of a stage of a `dvc.yaml`. */
  readonly name: string | undefined;
  /** The folder its paths count from, from the root. */
  readonly wdir: string;
  readonly cmd: string | readonly string[] | undefined;
  /** The command of the last run; undefined when it never ran. */
  readonly lockedCmd: string | readonly string[] | undefined;
  readonly dependencies: readonly TrackedDependency[];
  readonly parameters: readonly TrackedParameters[];
  readonly outs: readonly TrackedOut[];
  readonly isFrozen: boolean;
  readonly alwaysChanged: boolean;
  /** The digest that a `.dvc` file with a command or a source keeps of itself. */
  readonly md5: string | undefined;
  /** The whole `.dvc` file. */
  readonly raw: YamlMapping;
  readonly position: SourcePosition;
}

/** How a stage is named in commands, from a folder of the repository. */
export function addressOf(stage: TrackedStage, show: (path: string) => string): string {
  const file = show(stage.file);
  if (stage.name === undefined) return file;
  return file === "dvc.yaml" ? stage.name : `${file}:${stage.name}`;
}

export function describeStage(stage: TrackedStage, show: (path: string) => string): string {
  return `stage: '${addressOf(stage, show)}'`;
}

/** Data that somebody added, rather than what a command makes or another place holds. */
export function isDataSource(stage: TrackedStage): boolean {
  return stage.cmd === undefined;
}

export function isImport(stage: TrackedStage): boolean {
  return stage.cmd === undefined && stage.dependencies.length === 1 && stage.outs.length === 1;
}

/** Data of another DVC repository, which fetches it. */
export function isRepositoryImport(stage: TrackedStage): boolean {
  return isImport(stage) && stage.dependencies[0]?.raw["repo"] !== undefined;
}

/** A command without dependencies and outs runs every time. */
export function isCallback(stage: TrackedStage): boolean {
  return (
    stage.cmd !== undefined &&
    stage.dependencies.length === 0 &&
    stage.parameters.length === 0 &&
    stage.outs.length === 0
  );
}

/** A path of a file, from the root: `wdir` counts from there; what is absolute or an address stays. */
export function resolvePath(wdir: string, written: string): string {
  if (posix.isAbsolute(written) || /^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return written;
  return posix.normalize(posix.join(wdir, written)).replace(/(?<=.)\/+$/, "");
}

/** The other way: how a stage in `wdir` writes a path from the root. */
export function writtenFrom(wdir: string, path: string): string {
  if (posix.isAbsolute(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return path;
  return posix.relative(wdir, path) || ".";
}

/** What an entry of a file says of a path. */
export function trackedPath(entry: PathEntry | undefined, wdir: string, written: string): TrackedPath {
  return {
    path: resolvePath(wdir, written),
    written,
    digest: entry?.digest,
    sizeBytes: entry?.sizeBytes,
    files: entry?.files,
    isExecutable: entry?.isExecutable ?? false,
    raw: entry?.raw ?? {},
  };
}

/** What tells a stage from all others of its repository. */
export function keyOf(stage: TrackedStage): string {
  return stage.name === undefined ? stage.file : `${stage.file}:${stage.name}`;
}

/** The command of a stage as a file holds it: one, or several lines of one shell. */
export function commandOf(value: unknown): string | readonly string[] | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return value === undefined || value === null ? undefined : String(value);
  return value.map(String);
}
