import { posix } from "node:path";

import { connect, defaultSettings, readPipeline } from "#pipelines/definition";
import type { FlagStyle, Pipeline, Stage } from "#pipelines/definition";
import { Problem } from "#kernel/errors";

import { readEntries } from "../formats/entries.ts";
import { readDvcFile } from "../formats/dvc-file.ts";
import { readLockFile } from "../formats/lock-file.ts";
import type { LockFile } from "../formats/lock-file.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-reader.ts";
import type { YamlMapping } from "../formats/yaml-reader.ts";
import { problems } from "../problems.ts";
import type { SourceTree } from "./source-tree.ts";
import { isRepositoryImport, resolvePath, trackedPath, writtenFrom } from "./stages.ts";
import type { TrackedOut, TrackedStage } from "./stages.ts";

/** Everything a repository tracks, in the order of its files. */
export interface Project {
  readonly stages: readonly TrackedStage[];
  readonly pipelines: readonly Pipeline[];
  /** The lock file of each `dvc.yaml`, by the path of the latter. */
  readonly locks: ReadonlyMap<string, LockFile>;
}

export interface ProjectOptions {
  readonly flags?: FlagStyle;
}

/** Reads every `.dvc` and `dvc.yaml` of a tree. Throws the problems of either. */
export async function loadProject(tree: SourceTree, { flags }: ProjectOptions = {}): Promise<Project> {
  const stages: TrackedStage[] = [];
  const pipelines: Pipeline[] = [];
  const locks = new Map<string, LockFile>();
  const data = new Set<string>();
  const add = (read: readonly TrackedStage[]): void => {
    stages.push(...read);
    for (const stage of read) for (const out of stage.outs) data.add(out.path);
  };
  await tree.listDvcFiles(
    (folder) => data.has(folder),
    async (file) => {
      if (file.endsWith(".dvc")) return add([readSingleStage(file, tree.readText(file) ?? "")]);
      const { pipeline, lock, stages: read } = await readPipelineFile(tree, file, flags);
      pipelines.push(pipeline);
      locks.set(file, lock);
      add(read);
    },
  );
  return { stages, pipelines, locks };
}

/** Reads one `dvc.yaml` with its lock file. */
export async function readPipelineFile(
  tree: SourceTree,
  file: string,
  flags?: FlagStyle,
): Promise<{ pipeline: Pipeline; lock: LockFile; stages: readonly TrackedStage[] }> {
  const files = { readText: async (path: string) => tree.readText(path) };
  const pipeline = await readPipeline({
    files,
    file,
    outside: "kept",
    ...(flags === undefined ? {} : { flags }),
  });
  const lockPath = file.replace(/\.yaml$/, ".lock");
  const lock = readLockFile(lockPath, tree.readText(lockPath));
  const stages = pipeline.stages.map((stage) => trackedStage(file, stage, lock));
  return { pipeline, lock, stages };
}

/** Throws when two stages claim a path or a ring of them depends on itself. */
export function refuseConflicts(project: Project): void {
  connect(graphStages(project.stages));
}

/** Stages as the graph knows them: by the file and name that tell them apart. */
export function graphStages(stages: readonly TrackedStage[]): readonly Stage[] {
  return stages.map((stage) => ({
    name: keyOf(stage),
    commands: [],
    cmd: "",
    wdir: stage.wdir,
    // What is imported lies at a path of another repository.
    deps: isRepositoryImport(stage) ? [] : stage.dependencies.map(({ path }) => path),
    params: stage.parameters.map(({ file, keys }) => ({ file, keys })),
    outs: stage.outs.map(({ path, kind, isCached, persists }) => ({
      path,
      kind,
      cache: isCached,
      persist: persists,
      annotations: {},
    })),
    frozen: stage.isFrozen,
    alwaysChanged: stage.alwaysChanged,
    description: null,
    meta: null,
    settings: defaultSettings,
    position: stage.position,
  }));
}

export function keyOf(stage: TrackedStage): string {
  return stage.name === undefined ? stage.file : `${stage.file}:${stage.name}`;
}

function trackedStage(file: string, stage: Stage, lock: LockFile): TrackedStage {
  const entry = lock.stages.get(stage.name);
  const dependencies = new Map(readEntries(lock.file, entry?.["deps"]).map((one) => [one.path, one]));
  const outs = new Map(readEntries(lock.file, entry?.["outs"]).map((one) => [one.path, one]));
  const parameters = isYamlMapping(entry?.["params"]) ? entry["params"] : {};
  const { wdir } = stage;
  const asWritten = (path: string): string => stage.writtenPaths?.[path] ?? writtenFrom(wdir, path);
  return {
    file,
    name: stage.name,
    wdir,
    cmd: stage.cmd,
    lockedCmd: commandOf(entry?.["cmd"]),
    dependencies: stage.deps.map((path) => {
      const written = asWritten(path);
      return trackedPath(dependencies.get(written), wdir, written);
    }),
    parameters: stage.params.map((one) => {
      const written = asWritten(one.file);
      const locked = parameters[written];
      return { file: one.file, written, keys: one.keys, locked: isYamlMapping(locked) ? locked : undefined };
    }),
    outs: stage.outs.map((out): TrackedOut => {
      const written = asWritten(out.path);
      const { push, remote, ...annotations } = out.annotations;
      return {
        ...trackedPath(outs.get(written), wdir, written),
        kind: out.kind,
        isCached: out.cache,
        persists: out.persist,
        isPushed: push !== false,
        remote: typeof remote === "string" ? remote : undefined,
        annotations,
      };
    }),
    isFrozen: stage.frozen,
    alwaysChanged: stage.alwaysChanged,
    md5: undefined,
    raw: {},
    position: stage.position,
  };
}

/** Reads a `.dvc` file: data that was added or imported, or a single stage of the time before `dvc.yaml`. */
export function readSingleStage(file: string, text: string): TrackedStage {
  const raw = readDvcFile(file, text);
  const folder = posix.dirname(file);
  const wdir = typeof raw["wdir"] === "string" ? resolvePath(folder, raw["wdir"]) : folder;
  const parameters = (isYamlList(raw["deps"]) ? raw["deps"] : []).filter(
    (item): item is YamlMapping => isYamlMapping(item) && item["params"] !== undefined,
  );
  const paths = isYamlList(raw["deps"])
    ? raw["deps"].filter((item) => !(isYamlMapping(item) && item["params"] !== undefined))
    : null;
  const cmd = commandOf(raw["cmd"]);
  return {
    file,
    name: undefined,
    wdir,
    cmd,
    lockedCmd: cmd,
    dependencies: readEntries(file, paths).map((entry) => trackedPath(entry, wdir, entry.path)),
    parameters: parameters.map((item) => {
      const written = typeof item["path"] === "string" ? item["path"] : "params.yaml";
      const values = item["params"];
      return {
        file: resolvePath(wdir, written),
        written,
        keys: isYamlMapping(values) ? Object.keys(values) : [],
        locked: isYamlMapping(values) ? values : undefined,
      };
    }),
    outs: readEntries(file, raw["outs"]).map((entry): TrackedOut => {
      const { raw: out } = entry;
      return {
        ...trackedPath(entry, wdir, entry.path),
        kind: isSet(out["metric"]) ? "metrics" : isSet(out["plot"]) ? "plots" : "out",
        isCached: out["cache"] !== false,
        persists: out["persist"] === true,
        isPushed: out["push"] !== false,
        remote: typeof out["remote"] === "string" ? out["remote"] : undefined,
        annotations: {},
      };
    }),
    isFrozen: raw["frozen"] === true || raw["locked"] === true,
    alwaysChanged: raw["always_changed"] === true,
    md5: typeof raw["md5"] === "string" ? raw["md5"] : undefined,
    raw,
    position: { file, line: 1, column: 1 },
  };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== null;
}

function commandOf(value: unknown): string | readonly string[] | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return value === undefined || value === null ? undefined : String(value);
  return value.map(String);
}

export function unknownTarget(target: string): Problem {
  return new Problem(problems.dvc_target_unknown, {
    message: `'${target}' does not exist as an output or a stage name in 'dvc.yaml': no .dvc file, stage or tracked path has this name.`,
    data: { target },
  });
}
