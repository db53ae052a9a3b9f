import { readPipeline } from "#pipelines/definition";
import type { FlagStyle, Pipeline, Stage } from "#pipelines/definition";

import { readEntries } from "../formats/entries.ts";
import { readLockFile } from "../formats/lock-file.ts";
import type { LockFile } from "../formats/lock-file.ts";
import { isYamlMapping } from "../formats/yaml-value.ts";
import type { SourceTree } from "./source-tree.ts";
import { commandOf, trackedPath, writtenFrom } from "./stages.ts";
import type { TrackedOut, TrackedStage } from "./stages.ts";

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
