import { defaultSettings } from "#pipelines/definition";
import type { Stage } from "#pipelines/definition";

import { isRepositoryImport, keyOf } from "./stages.ts";
import type { TrackedStage } from "./stages.ts";

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
